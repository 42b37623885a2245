//! Request Tracker 5.

use serde::Deserialize;

use crate::server::{Server, User};
use crate::system::System;
use crate::unavailable::Unavailable;

/// The queues. In the second one the workflow forbids that a `stalled` ticket becomes `resolved`.
pub const QUEUES: [&str; 2] = ["General", "Support"];

/// A custom field of all queues with one value.
pub const ORDER: &str = "Order";

/// A custom field of all queues with any number of values.
pub const LABELS: &str = "Labels";

pub(crate) const SYSTEM: System = System {
    name: "Request Tracker 5",
    needs: &[
        "/usr/share/request-tracker5/libexec/rt-server",
        "/usr/share/perl5/Starlet.pm",
        "/usr/bin/sqlite3",
    ],
    // Debian 12. Some mail transfer agent must be there; this is the smallest one.
    install: "apt-get install --no-install-recommends request-tracker5 rt5-standalone rt5-db-sqlite msmtp-mta",
    version: "/usr/share/request-tracker5/lib/RT/Generated.pm",
    files: &[
        ("up.sh", include_str!("rt/up.sh")),
        ("site_config.pm", include_str!("rt/site_config.pm")),
        ("seed.pl", include_str!("rt/seed.pl")),
    ],
    database: "rt.db",
    authorization: ("Authorization", "token "),
};

/// A private Request Tracker. Its API is below `/REST/2.0`.
#[derive(Debug)]
pub struct Rt {
    /// The server.
    pub server: Server,
    /// Its version, such as `5.0.3`.
    pub version: String,
    /// May do everything.
    pub root: User,
    /// May see, create, change and comment on tickets, and cannot delete them.
    pub agent: User,
    /// A user without any right.
    pub stranger: User,
}

#[derive(Deserialize)]
struct Seeded {
    version: String,
    root: User,
    agent: User,
    stranger: User,
}

impl Rt {
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
            root: seeded.root,
            agent: seeded.agent,
            stranger: seeded.stranger,
        })
    }
}
