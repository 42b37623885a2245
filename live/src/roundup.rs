//! Roundup 2.6.

use std::io;

use serde::Deserialize;

use crate::server::{Server, User};
use crate::system::System;
use crate::unavailable::Unavailable;

pub(crate) const SYSTEM: System = System {
    name: "Roundup 2.6",
    needs: &["roundup-admin", "roundup-server", "/usr/bin/sqlite3"],
    install: "pip install roundup==2.6.0 && apt-get install sqlite3",
    // No database is kept: it takes no time to make.
    version: "",
    files: &[
        ("up.sh", include_str!("roundup/up.sh")),
        ("interfaces.py", include_str!("roundup/interfaces.py")),
    ],
    database: "open/db/db",
    authorization: ("Authorization", "Basic "),
};

/// A private Roundup: one process with two trackers, at `/open` and `/limited`. Both are empty, and have the usual states and
/// priorities.
#[derive(Debug)]
pub struct Roundup {
    /// The server. Its database is that of `open`.
    pub server: Server,
    /// Its version, such as `2.6.0`.
    pub version: String,
    /// May do everything in both trackers.
    pub admin: User,
}

#[derive(Deserialize)]
struct Seeded {
    version: String,
    admin: User,
}

impl Roundup {
    /// How many requests of a user `limited` takes within [`SECONDS`](Self::SECONDS) before it refuses them with 429.
    pub const REQUESTS: u32 = 40;

    /// See [`REQUESTS`](Self::REQUESTS).
    pub const SECONDS: u64 = 4;

    /// Starts one.
    ///
    /// # Errors
    ///
    /// If it is not installed, or does not start.
    pub fn start() -> Result<Self, Unavailable> {
        let (server, seeded) = Server::start::<Seeded>(&SYSTEM)?;
        Ok(Self {
            server,
            version: seeded.version,
            admin: seeded.admin,
        })
    }

    /// Files this many issues in `open` at once, past the server. Returns their ids.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn file_many(&self, issues: usize) -> io::Result<Vec<u64>> {
        let rows = self.server.execute(&format!(
            "WITH RECURSIVE copies (n) AS (SELECT 1 WHERE {issues} > 0 UNION ALL SELECT n + 1 FROM copies WHERE n < {issues}),
                 now (now) AS (SELECT strftime('%Y%m%d%H%M%f'))
             INSERT INTO _issue (_title, _status, _creator, _actor, _creation, _activity)
                 SELECT 'One of many', 1, 1, 1, now, now FROM copies, now WHERE true RETURNING id;
             UPDATE ids SET num = (SELECT max(id) + 1 FROM _issue) WHERE name = 'issue';"
        ))?;
        Ok(rows
            .iter()
            .filter_map(|row| row.get("id")?.as_u64())
            .collect())
    }

    /// Retires all issues of `open` at once, past the server.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn clear(&self) -> io::Result<()> {
        let sql = "UPDATE _issue SET __retired__ = id";
        self.server.execute(sql).map(drop)
    }
}
