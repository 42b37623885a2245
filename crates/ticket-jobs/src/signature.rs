//! Signatures of files, made and checked by OpenSSH's `ssh-keygen -Y`.
//!
//! So keys in an agent, on a security key and with a passphrase work as people know them, and a signature can be checked
//! without this program. It needs OpenSSH 8.2 or newer. Which keys may sign tells an
//! [allowed-signers file](https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS), a line for each:
//!
//! ```text
//! bob@example.com namespaces="tickets-approval" ssh-ed25519 AAAAC3Nza…
//! ```
//!
//! OpenSSH 8.8 and newer take `valid-after` and `valid-before` there as well; older ones refuse a key with these. 8.7
//! crashes when a signature is checked, so no signature is accepted there.

mod armor;

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use tempfile::TempDir;
use ticket_core::{Error, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use self::armor::Armored;

/// The tool.
const TOOL: &str = "ssh-keygen";

/// What a signature is for. A signature for one purpose is refused for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Namespace {
    /// The approval of a plan.
    Approval,
    /// A report.
    Report,
}

impl Namespace {
    /// The namespace's name: `tickets-approval` or `tickets-report`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approval => "tickets-approval",
            Self::Report => "tickets-report",
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose signature it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signer {
    /// Who it is, by the allowed-signers file.
    pub principal: String,
    /// The fingerprint of the key, such as `SHA256:9/6lUBnQ…`.
    pub fingerprint: String,
}

/// Signs bytes. Returns the signature as text.
///
/// `key` is the file of a private key, or of a public key whose private key an agent has. A passphrase and a PIN are asked
/// for at the terminal, by `ssh-keygen`. `tell` is called with what a person must do meanwhile: touch a security key.
///
/// # Errors
///
/// `Config` if there is no `ssh-keygen`, no such key, or it cannot sign.
pub async fn sign(
    namespace: Namespace,
    bytes: &[u8],
    key: &Path,
    tell: impl Fn(&str),
) -> Result<String> {
    if !key.exists() {
        let key = key.display();
        return Err(Error::config(format!("there is no signing key {key}")));
    }
    // An absolute path is never an option.
    let key = std::path::absolute(key).map_err(|error| local(&error))?;
    let folder = folder()?;
    let file = folder.path().join("statement");
    fs::write(&file, bytes).map_err(|error| local(&error))?;
    let mut command = tool(["-q", "-Y", "sign", "-n", namespace.as_str()]);
    command.arg("-f").arg(&key).arg(&file);
    // ssh-keygen asks at the terminal only if its standard input is one.
    command.stdin(terminal().map_or_else(Stdio::null, Stdio::from));
    let ran = run(command, &[], tell).await?;
    let signature = fs::read_to_string(folder.path().join("statement.sig"));
    let signature = signature.ok().as_deref().and_then(Armored::parse);
    match signature {
        Some(signature) if ran.status.success() && signature.namespace == namespace.as_str() => {
            Ok(signature.to_text())
        }
        _ => {
            let key = key.display();
            Err(Error::config(format!(
                "cannot sign with {key}{}",
                ran.words()
            )))
        }
    }
}

/// Checks a signature of these bytes. Returns whose it is by the allowed-signers file.
///
/// # Errors
///
/// `InvalidInput` if it is no signature, one for another purpose, of other bytes, or of a key that the file does not
/// allow now. `Config` if there is no `ssh-keygen` or no such file.
pub async fn verify(
    namespace: Namespace,
    bytes: &[u8],
    signature: &str,
    allowed_signers: &Path,
) -> Result<Signer> {
    let Some(signature) = Armored::parse(signature) else {
        return Err(Error::invalid_input("this is no SSH signature"));
    };
    if signature.namespace != namespace.as_str() {
        let message = format!(
            "the signature is for \"{}\", not for \"{namespace}\"",
            signature.namespace.escape_debug()
        );
        return Err(Error::invalid_input(message));
    }
    let shown = allowed_signers.display();
    File::open(allowed_signers).map_err(|error| {
        Error::config(format!("cannot read the allowed signers {shown}: {error}"))
    })?;
    let allowed_signers = std::path::absolute(allowed_signers).map_err(|error| local(&error))?;
    let folder = folder()?;
    let file = folder.path().join("signature");
    fs::write(&file, signature.to_text()).map_err(|error| local(&error))?;

    let mut command = tool(["-Y", "find-principals", "-s"]);
    command.arg(&file).arg("-f").arg(&allowed_signers);
    let found = run(command, &[], |_| {}).await?;
    let mut refused = found.refusal(&signature, &shown);
    if !found.status.success() {
        return Err(refused);
    }
    // A line can name several, and forbid some.
    let principals = found.stdout.split(['\n', ',']).map(str::trim);
    for principal in principals.filter(|name| !name.is_empty() && !name.starts_with('!')) {
        let mut command = tool([
            "-Y",
            "verify",
            "-n",
            namespace.as_str(),
            "-I",
            principal,
            "-s",
        ]);
        command.arg(&file).arg("-f").arg(&allowed_signers);
        let verified = run(command, bytes, |_| {}).await?;
        if verified.status.success() {
            let fingerprint = verified
                .stdout
                .trim()
                .rsplit(' ')
                .next()
                .unwrap_or_default();
            return Ok(Signer {
                principal: principal.to_owned(),
                fingerprint: fingerprint.to_owned(),
            });
        }
        refused = verified.refusal(&signature, &shown);
    }
    Err(refused)
}

/// The signature's text, as OpenSSH writes it; `None` if it is no signature.
pub(crate) fn as_written(signature: &str) -> Option<String> {
    Armored::parse(signature).map(|signature| signature.to_text())
}

/// A run of the tool that ended.
#[derive(Debug)]
struct Ran {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Ran {
    /// What the tool says of its failure, to follow a sentence.
    fn words(&self) -> String {
        let lines = self.stderr.lines().map(str::trim);
        // These add nothing.
        let mut said = lines.filter(|line| !line.is_empty() && *line != "No principal matched.");
        match said.next_back() {
            Some(line) => format!("; {TOOL} says: \"{line}\""),
            None => format!("; {TOOL}: {}", self.status),
        }
    }

    /// Why the signature is refused.
    fn refusal(&self, signature: &Armored, allowed_signers: &dyn fmt::Display) -> Error {
        let key = signature.fingerprint();
        let says = |words: &str| self.stderr.contains(words);
        if says("Unsupported operation for -Y") {
            let message = format!("this {TOOL} is too old: signatures need OpenSSH 8.2 or newer");
            return Error::config(message);
        }
        let why = if says("key has expired") {
            format!("{allowed_signers} allowed the key {key} until a time that is past")
        } else if says("key is not yet valid") {
            format!("{allowed_signers} allows the key {key} from a later time on")
        } else if says("not permitted for use in signature namespace") {
            let namespace = &signature.namespace;
            format!("{allowed_signers} allows the key {key}, but not to sign for \"{namespace}\"")
        } else if says("incorrect signature") {
            "the signature does not match: something else was signed".to_owned()
        } else {
            format!("the key {key} is not among the allowed signers of {allowed_signers}")
        };
        Error::invalid_input(why + &self.words())
    }
}

/// The tool with these arguments, and the words of its own language.
fn tool<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(TOOL);
    command.args(arguments.map(OsStr::new)).env("LC_ALL", "C");
    command.stdin(Stdio::piped()).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the tool with this input, unless it has another one. `tell` gets what a person must do.
async fn run(mut command: Command, input: &[u8], tell: impl Fn(&str)) -> Result<Ran> {
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            let message = format!("there is no {TOOL}: signatures need OpenSSH 8.2 or newer");
            Error::config(message)
        }
        _ => local(&error),
    })?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A tool that refuses the signature may not read what was signed.
            let _ = stdin.write_all(input).await;
        }
    };
    let read = async {
        let mut bytes = Vec::new();
        if let Some(mut stdout) = stdout {
            stdout.read_to_end(&mut bytes).await?;
        }
        io::Result::Ok(bytes)
    };
    let listen = async {
        let mut all = Vec::new();
        if let Some(stderr) = stderr {
            let mut stderr = BufReader::new(stderr);
            let mut begin = 0;
            while stderr.read_until(b'\n', &mut all).await? > 0 {
                let line =
                    String::from_utf8_lossy(all.get(begin..).unwrap_or_default()).into_owned();
                if line.starts_with("Confirm user presence") {
                    tell(line.trim());
                }
                begin = all.len();
            }
        }
        io::Result::Ok(all)
    };
    let ((), stdout, stderr) = tokio::join!(write, read, listen);
    let status = child.wait().await.map_err(|error| local(&error))?;
    let text = |bytes: io::Result<Vec<u8>>| {
        let bytes = bytes.map_err(|error| local(&error))?;
        Ok::<_, Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(Ran {
        status,
        stdout: text(stdout)?,
        stderr: text(stderr)?,
    })
}

/// A folder that only this user can read, which is removed in the end. Its path is absolute, so that it is never an
/// option.
fn folder() -> Result<TempDir> {
    let parent = std::path::absolute(std::env::temp_dir());
    parent
        .and_then(|parent| tempfile::Builder::new().tempdir_in(parent))
        .map_err(|error| local(&error))
}

/// The terminal of this process, if it has one.
fn terminal() -> Option<File> {
    let path = if cfg!(windows) { "CONIN$" } else { "/dev/tty" };
    File::options().read(true).write(true).open(path).ok()
}

fn local(error: &io::Error) -> Error {
    Error::config(format!("cannot run {TOOL}: {error}"))
}
