//! PostgreSQL 15 or newer.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::server::Server;
use crate::system::System;
use crate::unavailable::Unavailable;

pub(crate) const SYSTEM: System = System {
    name: "PostgreSQL",
    needs: &["postgres", "initdb", "psql", "setpriv"],
    install: "apt-get install postgresql",
    // No database is kept: it takes no time to make.
    version: "",
    files: &[
        ("up.sh", include_str!("postgres/up.sh")),
        ("postgresql.conf", include_str!("postgres/postgresql.conf")),
        ("pg_hba.conf", include_str!("postgres/pg_hba.conf")),
        ("server.key", KEY),
        ("server.pem", CERTIFICATE),
    ],
    database: "data",
    authorization: ("", ""),
};

/// The certificate of the server, for `localhost` and 127.0.0.1; the one that the tests of ticket-http use too.
const CERTIFICATE: &str =
    include_str!("../../crates/ticket-http/tests/http/certificates/localhost.pem");
const KEY: &str = include_str!("../../crates/ticket-http/tests/http/certificates/localhost.key");

/// Where Debian's packages keep what is not in `PATH`: `initdb` and the server.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Several times what the slowest start took on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A private PostgreSQL. The user `postgres` may do everything, from loopback, without a password. It is started again if it
/// crashes.
#[derive(Debug)]
pub struct Postgres {
    /// The server.
    pub server: Server,
    /// Its version, such as `15.18`.
    pub version: String,
    databases: AtomicUsize,
}

#[derive(Deserialize)]
struct Seeded {
    version: String,
}

impl Postgres {
    /// The file with the certificate of the authority that signed the server's.
    pub const AUTHORITY: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../crates/ticket-http/tests/http/certificates/authority.pem"
    );

    /// Starts one.
    ///
    /// # Errors
    ///
    /// If it is not installed, or does not start.
    pub fn start() -> Result<Self, Unavailable> {
        let (server, seeded) = Server::start_with::<Seeded>(&SYSTEM, &debian())?;
        let postgres = Self {
            server,
            version: seeded.version,
            databases: AtomicUsize::new(0),
        };
        let ready = postgres.wait_until_ready();
        ready
            .map_err(|error| Unavailable::Failed(format!("PostgreSQL does not answer: {error}")))?;
        Ok(postgres)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> &str {
        self.server.url().rsplit(':').next().unwrap_or_default()
    }

    /// The URL of a database, for the user `postgres`.
    pub fn url(&self, database: &str) -> String {
        self.url_of("postgres", database)
    }

    /// The URL of a database, for this user.
    pub fn url_of(&self, user: &str, database: &str) -> String {
        format!(
            "postgres://{user}@127.0.0.1:{}/{database}?sslmode=disable",
            self.port()
        )
    }

    /// Creates an empty database. Returns its name.
    ///
    /// # Errors
    ///
    /// If it cannot be created; with what `psql` says.
    pub fn create_database(&self) -> io::Result<String> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("ledger_{number}");
        self.psql("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(name)
    }

    /// Runs statements in a database, as `postgres`. Returns the rows, with `|` between their columns.
    ///
    /// # Errors
    ///
    /// If a statement is wrong or the server does not answer; with what `psql` says.
    pub fn psql(&self, database: &str, sql: &str) -> io::Result<String> {
        let output = Command::new("psql")
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--dbname", &self.url(database)])
            .args(["--command", sql])
            .output()?;
        if output.status.success() {
            let rows = String::from_utf8_lossy(&output.stdout);
            return Ok(rows.trim_end().to_owned());
        }
        let words = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(words.trim().to_owned()))
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.server.sqlite_path().join("new")
    }

    /// The process of the server, the parent of all its others.
    ///
    /// # Errors
    ///
    /// If it does not run.
    pub fn process(&self) -> io::Result<u32> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid"))?;
        let first = text.lines().next().unwrap_or_default();
        first.parse().map_err(io::Error::other)
    }

    /// Kills it without a chance to write anything, and waits until it is up again.
    ///
    /// # Errors
    ///
    /// If it does not run, or does not come up.
    pub fn crash(&self) -> io::Result<()> {
        let status = Command::new("kill")
            .args(["-s", "KILL", &self.process()?.to_string()])
            .status()?;
        if !status.success() {
            return Err(io::Error::other("the server cannot be killed"));
        }
        self.wait_until_ready()
    }

    /// Waits until it answers.
    ///
    /// # Errors
    ///
    /// If it does not, for a long time.
    #[expect(
        clippy::disallowed_methods,
        reason = "a process of its own is waited for on the real clock"
    )]
    pub fn wait_until_ready(&self) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            match self.psql("postgres", "SELECT 1") {
                Ok(_) => return Ok(()),
                Err(error) if begun.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

/// The newest of Debian's.
fn debian() -> Vec<PathBuf> {
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let version = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?;
        name.parse::<u32>().ok()
    };
    let paths = versions.map(|entry| entry.path());
    let newest = paths.max_by_key(version);
    newest.map(|path| path.join("bin")).into_iter().collect()
}
