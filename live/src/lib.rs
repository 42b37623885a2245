//! Private servers of real ticket systems, for tests and for trying the command: Request Tracker 5 and Redmine 5, from
//! Debian's packages, and Roundup 2.6, from Python's; and PostgreSQL, for the ledger of jobs.
//!
//! A server runs on a free port of loopback, in a temporary folder, with a database of its own. Nothing is
//! installed, and nothing in `/etc` or `/var` is read or changed. It ends, and its folder goes, when its [`Server`] is
//! dropped or the process that started it ends in whatever way.
//!
//! Tests share one server per process and system:
//!
//! ```no_run
//! #[test]
//! fn tickets_are_found() {
//!     let Some(rt) = ticket_live::rt() else { return };
//!     let reply = rt.server.send(&rt.root, "GET", "/REST/2.0/ticket/1", None).unwrap();
//!     assert_eq!(reply.status, 404);
//! }
//! ```

mod http;
mod postgres;
mod redmine;
mod roundup;
mod rt;
mod server;
mod system;
mod template;
mod unavailable;

use std::sync::OnceLock;

pub use http::Reply;
pub use postgres::Postgres;
pub use redmine::{Ids, Redmine};
pub use roundup::Roundup;
pub use rt::{LABELS, ORDER, QUEUES, Rt};
pub use server::{Server, User};
pub use unavailable::{Unavailable, or_skip};

/// The Request Tracker that the tests of this process share, started by the first of them; `None` where the test is to
/// be skipped: see [`or_skip`].
pub fn rt() -> Option<&'static Rt> {
    static SHARED: OnceLock<Result<Rt, Unavailable>> = OnceLock::new();
    or_skip(SHARED.get_or_init(Rt::start).as_ref())
}

/// The Redmine that the tests of this process share, started by the first of them; `None` where the test is to be
/// skipped: see [`or_skip`].
pub fn redmine() -> Option<&'static Redmine> {
    static SHARED: OnceLock<Result<Redmine, Unavailable>> = OnceLock::new();
    or_skip(SHARED.get_or_init(Redmine::start).as_ref())
}

/// The PostgreSQL that the tests of this process share, started by the first of them; `None` where the test is to be
/// skipped: see [`or_skip`].
pub fn postgres() -> Option<&'static Postgres> {
    static SHARED: OnceLock<Result<Postgres, Unavailable>> = OnceLock::new();
    or_skip(SHARED.get_or_init(Postgres::start).as_ref())
}

#[cfg(test)]
mod tests {
    #[test]
    fn ci_installs_the_packages_of_all_systems() {
        let ci = include_str!("../../.ci/run");
        let systems = [
            crate::rt::SYSTEM,
            crate::redmine::SYSTEM,
            crate::roundup::SYSTEM,
            crate::postgres::SYSTEM,
        ];
        for system in systems {
            let words = system.install.split(' ');
            let is_command = |word: &&str| ["apt-get", "pip", "install", "&&"].contains(word);
            for package in words.filter(|word| !is_command(word)) {
                let is_there = ci.split(char::is_whitespace).any(|word| {
                    word.trim_matches(|c: char| "()+=".contains(c))
                        .ends_with(package)
                });
                assert!(is_there, "{package}");
            }
        }
    }
}
