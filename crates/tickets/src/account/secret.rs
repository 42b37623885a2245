//! Secrets that are not in the configuration file: those in a file of their own (`NAME_file`), and those that a command
//! prints (`NAME_command`), such as that of a password manager. They are read when the account is connected.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::provider::{Setting, Settings};
use ticket_core::{Error, Result};

use crate::file_mode::FileMode;

/// How long a command may take: long enough to type a passphrase.
const LIMIT: Duration = Duration::from_secs(60);

/// How often a command whose output is complete is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);

/// The longest secret that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// How much a command may print behind its first line, in bytes. It is read, since a command fails whose output nobody reads.
const MOST: u64 = 1024 * 1024;

/// Where the secrets of an account are that its settings name only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    /// The configuration file, whose folder is where a path that is relative begins.
    pub(crate) config: Option<PathBuf>,
    /// The commands by the names of their settings, without `_command`.
    pub(crate) commands: BTreeMap<String, SecretCommand>,
}

/// Whether secrets are read, or only that there are some is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Secrets,
    /// No file is read and no command is run. A secret has a text that is not the secret.
    Nothing,
}

impl Secrets {
    /// The settings with the secrets of files and commands.
    pub(crate) fn resolve(
        &self,
        given: &Settings,
        known: &[Setting],
        read: Read,
    ) -> Result<Settings> {
        self.refuse_two_ways(given, known)?;
        let mut settings = Settings::new();
        let mut files = Vec::new();
        for name in given.names() {
            let setting = name
                .strip_suffix("_file")
                .and_then(|name| secret(name, known));
            match (setting, given.get(name)) {
                (Some(setting), Some(path)) => files.push((setting, path)),
                (None, Some(value)) => settings = settings.with(name, value.clone()),
                (_, None) => {}
            }
        }
        for (setting, path) in files {
            let name = format!("{setting}_file");
            let value = match read {
                Read::Secrets => read_file(&name, &self.path(path.expose_secret()))?,
                Read::Nothing => SecretString::from(name),
            };
            settings = settings.with(setting, value);
        }
        for (setting, command) in &self.commands {
            let name = format!("{setting}_command");
            let Some(setting) = secret(setting, known) else {
                // The provider says that it has no such setting, and which it has.
                settings = settings.with(name, String::new());
                continue;
            };
            let value = match read {
                Read::Secrets => {
                    self.refuse_foreign_commands(&name)?;
                    command.secret(&name)?
                }
                Read::Nothing => SecretString::from(name),
            };
            settings = settings.with(setting, value);
        }
        Ok(settings)
    }

    /// Whoever gives a secret in two ways means one of them.
    fn refuse_two_ways(&self, given: &Settings, known: &[Setting]) -> Result<()> {
        for secret in known.iter().filter(|setting| setting.secret) {
            let name = secret.name;
            let ways = ["", "_env", "_file"].map(|suffix| format!("{name}{suffix}"));
            let mut ways = ways
                .into_iter()
                .filter(|way| given.get(way).is_some())
                .chain(
                    self.commands
                        .contains_key(name)
                        .then(|| format!("{name}_command")),
                );
            if let (Some(one), Some(other)) = (ways.next(), ways.next()) {
                return Err(Error::config(format!(
                    "`{one}` and `{other}` are both given"
                )));
            }
        }
        Ok(())
    }

    /// A path of the configuration file.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        let folder = self.config.as_deref().and_then(Path::parent);
        folder.unwrap_or(Path::new("")).join(path)
    }

    /// Whoever can write the configuration file could run anything.
    fn refuse_foreign_commands(&self, name: &str) -> Result<()> {
        let Some(file) = self.config.as_deref() else {
            return Ok(());
        };
        let folder = file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = FileMode::public(folder.unwrap_or(Path::new(".")));
        for mode in [FileMode::public(file), folder] {
            if let Some(remedy) = mode.remedy {
                let path = mode.path.display();
                let message = format!(
                    "`{name}` is not run, because other users can write {path}; run: {remedy}"
                );
                return Err(Error::config(message));
            }
        }
        Ok(())
    }

    /// The files of the secrets that these settings name.
    pub(crate) fn files(
        &self,
        given: &Settings,
        known: &[Setting],
    ) -> impl Iterator<Item = PathBuf> {
        let secrets = known.iter().filter(|setting| setting.secret);
        let paths = secrets.filter_map(|setting| given.get(&format!("{}_file", setting.name)));
        paths.map(|path| self.path(path.expose_secret()))
    }
}

/// The name of the secret setting that is called so.
fn secret(name: &str, known: &[Setting]) -> Option<&'static str> {
    let mut known = known.iter().filter(|setting| setting.secret);
    known
        .find(|setting| setting.name == name)
        .map(|setting| setting.name)
}

fn read_file(name: &str, path: &Path) -> Result<SecretString> {
    let wrong = |why: &str| Error::config(format!("`{name}` names {}, {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => wrong("which does not exist"),
        _ => wrong(&format!("which cannot be read: {error}")),
    })?;
    let line =
        first_line(file).map_err(|error| wrong(&format!("which cannot be read: {error}")))?;
    line.ok_or_else(|| wrong("whose first line is blank"))
}

/// The first line without surrounding white space; `None` if it is blank.
fn first_line(input: impl io::Read) -> io::Result<Option<SecretString>> {
    let mut line = String::new();
    let read = BufReader::new(input.take(LONGEST)).read_line(&mut line)?;
    if u64::try_from(read).is_ok_and(|read| read >= LONGEST) {
        return Err(io::Error::other("its first line is longer than 64 KiB"));
    }
    let secret = line.trim();
    Ok((!secret.is_empty()).then(|| SecretString::from(secret)))
}

/// A command that prints a secret: its words, and the secret once it was run. Clones share it.
#[derive(Clone)]
pub(crate) struct SecretCommand {
    words: Arc<[String]>,
    secret: Arc<Mutex<Option<SecretString>>>,
}

impl SecretCommand {
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        Self {
            words: words.into_iter().collect(),
            secret: Arc::default(),
        }
    }

    /// The program.
    pub(crate) fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }

    /// The first line that it prints. It is run once.
    fn secret(&self, name: &str) -> Result<SecretString> {
        let known = self.secret.lock();
        let mut known = known.unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = &*known {
            return Ok(secret.clone());
        }
        let secret = self
            .run(LIMIT)
            .map_err(|why| Error::config(format!("`{}` of `{name}` {why}", self.program())))?;
        Ok(known.insert(secret).clone())
    }

    /// Its words are not passed to a shell. Its input is empty, since ours may be a list of tickets, and what it says on
    /// its error output is for the user.
    fn run(&self, limit: Duration) -> std::result::Result<SecretString, String> {
        let program = Path::new(self.program());
        // The folder in which this runs is anybody's.
        if program.components().count() > 1 && !program.is_absolute() {
            return Err("must be a program of the PATH, or a whole path".to_owned());
        }
        let mut child = Command::new(program)
            .args(self.words.iter().skip(1))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot be run: {error}"))?;
        let Some(output) = child.stdout.take() else {
            return Err("has no output".to_owned());
        };
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let line = first_line(&mut output);
            let rest = io::copy(&mut (&mut output).take(MOST), &mut io::sink());
            let is_too_much = rest.is_ok_and(|rest| rest >= MOST);
            let _ = tell.send((line, is_too_much));
        });
        let ended = wait(&mut child, &told, limit);
        let stopped = |mut child: Child| {
            let _ = child.kill();
            let _ = child.wait();
        };
        let (status, line) = match ended {
            Ended::InTime(status, line) => (status, line),
            Ended::TooMuch => {
                stopped(child);
                return Err(format!(
                    "prints more than {} MiB, so it was ended",
                    MOST >> 20
                ));
            }
            Ended::Late => {
                stopped(child);
                return Err(format!(
                    "did not end within {} s, so it was ended",
                    limit.as_secs_f64()
                ));
            }
        };
        if !status.success() {
            return Err(match status.code() {
                Some(code) => format!("failed with exit status {code}"),
                None => "was ended by a signal".to_owned(),
            });
        }
        match line {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => Err("printed no secret on its first line".to_owned()),
            Err(error) if error.kind() == io::ErrorKind::Other => {
                Err(format!("printed no secret: {error}"))
            }
            Err(_) => Err("printed what cannot be read as text".to_owned()),
        }
    }
}

/// Its first line.
type Line = io::Result<Option<SecretString>>;

/// How a command ended.
enum Ended {
    InTime(ExitStatus, Line),
    /// It is running, or somebody holds its output.
    Late,
    /// It may go on printing for ever.
    TooMuch,
}

/// Waits until the command and its output have ended, for so long in all.
#[allow(
    clippy::disallowed_methods,
    reason = "a process runs on the system's clock, and no runtime is needed to connect an account"
)]
fn wait(child: &mut Child, told: &mpsc::Receiver<(Line, bool)>, limit: Duration) -> Ended {
    let begun = Instant::now();
    let line = match told.recv_timeout(limit) {
        Ok((_, true)) => return Ended::TooMuch,
        Ok((line, false)) => line,
        Err(_) => return Ended::Late,
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ended::InTime(status, line),
            Ok(None) if begun.elapsed() < limit => std::thread::sleep(POLL),
            Ok(None) | Err(_) => return Ended::Late,
        }
    }
}

impl fmt::Debug for SecretCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SecretCommand")
            .field(&self.program())
            .finish()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(script: &str, limit: Duration) -> std::result::Result<String, String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        let secret = SecretCommand::new(words).run(limit);
        secret.map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn command_whose_first_line_is_a_secret_gives_it() {
        for script in [
            "echo ' s3cret'; echo more",
            "printf s3cret",
            "printf 's3cret\\r\\n'",
        ] {
            assert_eq!(run(script, LIMIT).as_deref(), Ok("s3cret"), "{script}");
        }
        // More than a pipe holds.
        let long = "echo s3cret; head -c 1000000 /dev/zero";
        assert_eq!(run(long, LIMIT).as_deref(), Ok("s3cret"));
    }

    #[test]
    fn command_that_fails_is_told_without_its_output() {
        for (script, why) in [
            ("echo s3cret; exit 3", "failed with exit status 3"),
            ("echo s3cret; kill -9 $$", "was ended by a signal"),
            ("echo; echo s3cret", "printed no secret on its first line"),
            (
                "printf '\\377s3cret'",
                "printed what cannot be read as text",
            ),
        ] {
            assert_eq!(run(script, LIMIT), Err(why.to_owned()), "{script}");
        }
        let relative = SecretCommand::new(["bin/secret".to_owned()]).run(LIMIT);
        assert!(relative.unwrap_err().contains("a whole path"));
    }

    #[test]
    fn command_that_does_not_end_is_killed() {
        for script in ["exec sleep 600", "echo s3cret; exec sleep 600"] {
            let late = run(script, Duration::from_millis(1));
            assert_eq!(
                late,
                Err("did not end within 0.001 s, so it was ended".to_owned()),
                "{script}"
            );
        }
    }

    #[test]
    fn command_that_goes_on_printing_is_ended_and_a_line_without_an_end_is_no_secret() {
        for (script, why) in [
            (
                "echo s3cret; exec yes",
                "prints more than 1 MiB, so it was ended",
            ),
            (
                "exec cat /dev/zero",
                "prints more than 1 MiB, so it was ended",
            ),
            (
                "head -c 70000 /dev/zero | tr '\\0' x",
                "printed no secret: its first line is longer than 64 KiB",
            ),
        ] {
            assert_eq!(run(script, LIMIT), Err(why.to_owned()), "{script}");
        }
    }
}
