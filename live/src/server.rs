//! A running server: how it is started, supervised and ended.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::http::{self, Reply};
use crate::system::System;
use crate::template;
use crate::unavailable::Unavailable;

/// Several times what the slowest start took on a busy machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// Waits until its input ends, which is when the process that started it has dropped the server or has ended, in
/// whatever way. Then it kills the server with all its workers, and removes the folder. The server is in a session of
/// its own: no signal of a terminal reaches it, and all its processes have one group.
///
/// All of them hold one end of `alive`, so that its other end tells when the last of them is gone.
const SUPERVISE: &str = r#"
mkfifo alive
setsid sh -ec 'trap "echo \$? >ended" EXIT; . ./up.sh' >server.log 2>&1 </dev/null 3>alive &
exec 4<alive
while read -r line; do :; done
# By its own id too: it may not have come to its session yet.
kill -s KILL "$!" 2>/dev/null
kill -s KILL -- "-$!" 2>/dev/null
cat <&4
cd /
rm -rf "$LIVE_FOLDER"
"#;

const PROGRAMS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A user of a server.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// The name to log in with.
    pub name: String,
    /// The password.
    pub password: SecretString,
    /// The token or key for the API.
    pub token: SecretString,
}

/// A running server. It ends when this is dropped, and also when the process ends without that.
#[derive(Debug)]
pub struct Server {
    address: String,
    url: String,
    folder: PathBuf,
    database: PathBuf,
    authorization: (&'static str, &'static str),
    started_in: Duration,
    supervisor: Child,
}

impl Server {
    /// Its address, as `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its database, which can be read at any time: see [`rows`](Self::rows).
    pub fn sqlite_path(&self) -> &Path {
        &self.database
    }

    /// How long it took until the server answered.
    pub fn started_in(&self) -> Duration {
        self.started_in
    }

    /// What the server has written so far.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn log(&self) -> io::Result<String> {
        let log = fs::read(self.folder.join("server.log"))?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Sends a request as this user, without any client: the truth beside what a client says.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub fn send(
        &self,
        user: &User,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> io::Result<Reply> {
        let (header, prefix) = self.authorization;
        let value = format!("{prefix}{}", user.token.expose_secret());
        http::send(&self.address, method, path, (header, &value), body)
    }

    /// The rows that a query gives, by the command `sqlite3`, which the packages bring along. It opens the database for
    /// reading only.
    ///
    /// # Errors
    ///
    /// If the query is wrong or the database cannot be read; with what `sqlite3` says.
    pub fn rows(&self, sql: &str) -> io::Result<Vec<Map<String, Value>>> {
        self.sqlite("-readonly", sql)
    }

    /// Changes the database past the server, for what no request makes: a state that the vendor's own rules forbid, or many
    /// tickets at once. Returns the rows that the statements give (`RETURNING`).
    ///
    /// # Errors
    ///
    /// If the statements are wrong or the database cannot be written; with what `sqlite3` says.
    pub fn execute(&self, sql: &str) -> io::Result<Vec<Map<String, Value>>> {
        self.sqlite("-bail", sql)
    }

    fn sqlite(&self, option: &str, sql: &str) -> io::Result<Vec<Map<String, Value>>> {
        let output = Command::new("sqlite3")
            .args([option, "-json", "-cmd", ".timeout 10000"])
            .arg(&self.database)
            .arg(sql)
            .output()?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(words.trim().to_owned()));
        }
        // Without a row nothing is printed.
        if output.stdout.iter().all(u8::is_ascii_whitespace) {
            return Ok(Vec::new());
        }
        serde_json::from_slice(&output.stdout).map_err(io::Error::other)
    }

    /// Starts a system in a new folder, and waits until it listens. Returns what was seeded too.
    pub(crate) fn start<S: DeserializeOwned>(system: &System) -> Result<(Self, S), Unavailable> {
        Self::start_with(system, &[])
    }

    /// The same, with programs that may be in one of these folders too.
    pub(crate) fn start_with<S: DeserializeOwned>(
        system: &System,
        folders: &[PathBuf],
    ) -> Result<(Self, S), Unavailable> {
        let needs = system.needs.iter();
        let found: Option<Vec<PathBuf>> = needs.map(|need| find(need, folders)).collect();
        let Some(found) = found else {
            return Err(Unavailable::Missing {
                system: system.name,
                install: system.install,
            });
        };
        let failed = |error: io::Error| {
            Unavailable::Failed(format!("{} cannot be started: {error}", system.name))
        };
        let mut server = Self::launch(system, &found).map_err(failed)?;
        let seeded = server.wait(system)?;
        // Without it the next start takes longer, that is all.
        let _ = template::keep(system, &server.folder);
        Ok((server, seeded))
    }

    fn launch(system: &System, found: &[PathBuf]) -> io::Result<Self> {
        let folder = folder()?;
        for (name, text) in system.files {
            fs::write(folder.path().join(name), text)?;
        }
        template::provide(system, folder.path())?;
        let port = free_port()?;
        // Those of the system first: the programs of the user's shell, such as its Ruby and Perl, may be others.
        let mut programs = std::ffi::OsString::from(PROGRAMS);
        for folder in found.iter().filter_map(|path| path.parent()) {
            programs.push(":");
            programs.push(folder);
        }
        let mut command = Command::new("setsid");
        command
            .args(["sh", "-c", SUPERVISE])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", programs)
            .envs([("LANG", "C.UTF-8"), ("TZ", "UTC")])
            .env("HOME", folder.path())
            .env("LIVE_FOLDER", folder.path())
            .env("LIVE_PORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let supervisor = command.spawn()?;
        // From here on the supervisor removes it.
        let folder = folder.keep();
        let address = format!("127.0.0.1:{port}");
        Ok(Self {
            url: format!("http://{address}"),
            address,
            database: folder.join(system.database),
            folder,
            authorization: system.authorization,
            started_in: Duration::ZERO,
            supervisor,
        })
    }

    /// Waits until the server listens.
    #[expect(
        clippy::disallowed_methods,
        reason = "a process of its own is waited for on the real clock"
    )]
    fn wait<S: DeserializeOwned>(&mut self, system: &System) -> Result<S, Unavailable> {
        let started = Instant::now();
        loop {
            let has_ended = self.folder.join("ended").exists();
            if !has_ended && TcpStream::connect(&self.address).is_ok() {
                break;
            }
            let why = if has_ended {
                "ended while it started"
            } else if started.elapsed() > PATIENCE {
                "did not start in time"
            } else {
                std::thread::sleep(Duration::from_millis(20));
                continue;
            };
            return Err(self.failed(system, why));
        }
        self.started_in = started.elapsed();
        let seeded = fs::read(self.folder.join("seeded.json")).ok();
        let seeded = seeded.and_then(|text| serde_json::from_slice(&text).ok());
        // Another process may have taken the port.
        seeded.ok_or_else(|| self.failed(system, "listens, but does not say what was seeded"))
    }

    /// A failure, with the end of the log.
    fn failed(&self, system: &System, why: &str) -> Unavailable {
        let log = self.log().unwrap_or_default();
        let skipped = log.lines().count().saturating_sub(40);
        let tail: Vec<&str> = log.lines().skip(skipped).collect();
        Unavailable::Failed(format!(
            "{} {why}; the end of its log:\n{}",
            system.name,
            tail.join("\n")
        ))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // It ends by itself; there is nobody to tell of a failure.
        let _ = self.supervisor.wait();
    }
}

/// Where a file or a program is: in one of these folders, or in `PATH`.
fn find(need: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // A file's own path stays as it is.
    let folders = folders.iter().cloned().chain(std::env::split_paths(&path));
    let mut places = folders.map(|folder| folder.join(need));
    places.find(|place| place.is_absolute() && place.exists())
}

/// In memory where there is such a place: on a disk, most of the time of a request is waiting for it.
fn folder() -> io::Result<tempfile::TempDir> {
    let mut folder = tempfile::Builder::new();
    folder.prefix("ticket-live-");
    folder.tempdir_in("/dev/shm").or_else(|_| folder.tempdir())
}

/// A port that was free a moment ago.
fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(needs: &'static [&'static str]) -> System {
        System {
            name: "Desk",
            needs,
            install: "apt-get install desk",
            version: "/",
            files: &[("up.sh", "echo 'no such table'; false; echo 'goes on'")],
            database: "desk.db",
            authorization: ("Authorization", ""),
        }
    }

    #[test]
    fn missing_system_says_what_to_install() {
        let missing = Server::start::<()>(&system(&["/", "/no/such/file"])).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "Desk is not installed; install it by `apt-get install desk`"
        );
    }

    #[test]
    fn system_that_does_not_start_shows_the_end_of_its_log() {
        let failed = Server::start::<()>(&system(&["/"])).unwrap_err();
        assert_eq!(
            failed.to_string(),
            "Desk ended while it started; the end of its log:\nno such table"
        );
    }
}
