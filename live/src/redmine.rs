//! Redmine 5.

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;

use crate::server::{Server, User};
use crate::system::System;
use crate::unavailable::Unavailable;

pub(crate) const SYSTEM: System = System {
    name: "Redmine 5",
    needs: &[
        "/usr/share/redmine/config/environment.rb",
        "/usr/bin/sqlite3",
    ],
    // Debian 12.
    install: "apt-get install --no-install-recommends redmine redmine-sqlite",
    version: "/usr/share/redmine/lib/redmine/version.rb",
    files: &[
        ("up.sh", include_str!("redmine/up.sh")),
        ("Gemfile", include_str!("redmine/Gemfile")),
        ("serve.rb", include_str!("redmine/serve.rb")),
    ],
    database: "redmine.db",
    authorization: ("X-Redmine-API-Key", ""),
};

/// A private Redmine. Everything has the id that is found here by its name.
#[derive(Debug)]
pub struct Redmine {
    /// The server.
    pub server: Server,
    /// Its version, such as `5.0.4`.
    pub version: String,
    /// May do everything.
    pub admin: User,
    /// May see, create, change and comment on issues of `Support`, and cannot delete them. Cannot see `Vault`.
    pub agent: User,
    /// A user without any right.
    pub stranger: User,
    /// What is there, by kind and name.
    pub ids: Ids,
}

/// The ids of what is there, by name.
#[derive(Clone, Debug, Deserialize)]
pub struct Ids {
    /// `Support`, which is public, and `Vault`, which is private. Their identifiers are `support` and `vault`.
    pub projects: BTreeMap<String, u64>,
    /// The default ones. In `Support` the workflow forbids that an issue in `Feedback` becomes `Resolved`.
    pub trackers: BTreeMap<String, u64>,
    /// The default ones.
    pub statuses: BTreeMap<String, u64>,
    /// The default ones.
    pub priorities: BTreeMap<String, u64>,
    /// `Billing`, of the project `Support`.
    pub categories: BTreeMap<String, u64>,
    /// `Order`, which has one value, and `Labels`, which has any number of `vip` and `late`. Of all issues.
    pub fields: BTreeMap<String, u64>,
    /// The default ones, for logged time.
    pub activities: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Seeded {
    version: String,
    admin: User,
    agent: User,
    stranger: User,
    #[serde(flatten)]
    ids: Ids,
}

impl Redmine {
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
            agent: seeded.agent,
            stranger: seeded.stranger,
            ids: seeded.ids,
        })
    }

    /// Files this many issues in `Support` at once, past the server: copies of one that it has filed itself. Returns their
    /// ids.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn file_many(&self, issues: usize) -> io::Result<Vec<u64>> {
        const COPIED: &str = "tracker_id, project_id, subject, description, status_id, priority_id, author_id, \
                              created_on, updated_on, lft, rgt, done_ratio, is_private";
        let rows = self.server.execute(&format!(
            "WITH RECURSIVE copies (n) AS (SELECT 1 WHERE {issues} > 0 UNION ALL SELECT n + 1 FROM copies WHERE n < {issues})
             INSERT INTO issues ({COPIED}) SELECT {COPIED} FROM model, copies WHERE true RETURNING id;
             UPDATE issues SET root_id = id, created_on = datetime('now'), updated_on = datetime('now')
                 WHERE root_id IS NULL;"
        ))?;
        Ok(rows
            .iter()
            .filter_map(|row| row.get("id")?.as_u64())
            .collect())
    }

    /// Deletes all issues at once, past the server, with all that belongs to them.
    ///
    /// # Errors
    ///
    /// If the database cannot be written.
    pub fn clear(&self) -> io::Result<()> {
        let sql = "
            DELETE FROM issues; DELETE FROM issue_relations; DELETE FROM journals; DELETE FROM journal_details;
            DELETE FROM time_entries; DELETE FROM attachments;
            DELETE FROM custom_values WHERE customized_type = 'Issue';
            DELETE FROM watchers WHERE watchable_type = 'Issue';";
        self.server.execute(sql).map(drop)
    }
}
