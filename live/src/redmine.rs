//! Redmine 5.

use std::collections::BTreeMap;
use std::io;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::server::{Server, System, User};
use crate::unavailable::Unavailable;

pub(crate) const SYSTEM: System = System {
    name: "Redmine 5",
    needs: &[
        "/usr/share/redmine/config/environment.rb",
        "/usr/bin/sqlite3",
    ],
    packages: "redmine redmine-sqlite",
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

    /// Files this many issues in `Support` at once, past the server: each a copy of one that it files itself.
    ///
    /// # Errors
    ///
    /// If the server does not file the first one, or the database cannot be written.
    pub fn file_many(&self, issues: usize) -> io::Result<()> {
        const COPIED: &str = "tracker_id, project_id, subject, description, status_id, priority_id, author_id, \
                              created_on, updated_on, lft, rgt, done_ratio, is_private";
        let Some(copies) = issues.checked_sub(1) else {
            return Ok(());
        };
        let issue = json!({ "project_id": "support", "subject": "One of many" });
        let body = json!({ "issue": issue });
        let send = |body| self.server.send(&self.admin, "POST", "/issues.json", body);
        let filed = send(Some(&body))?.json();
        let Some(first) = filed.pointer("/issue/id").and_then(Value::as_u64) else {
            return Err(io::Error::other(filed.to_string()));
        };
        self.server.execute(&format!(
            "WITH RECURSIVE copies (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {copies})
             INSERT INTO issues ({COPIED}) SELECT {COPIED} FROM issues, copies WHERE id = {first} AND {copies} > 0;
             UPDATE issues SET root_id = id WHERE root_id IS NULL;"
        ))
    }
}
