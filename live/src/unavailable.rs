//! Why there is no server, and what that means for a test.

use std::borrow::Borrow;
use std::fmt;
use std::io::Write as _;

/// Why a server could not be started.
#[derive(Clone, Debug)]
pub enum Unavailable {
    /// Its packages are not installed.
    Missing {
        /// Its name.
        system: &'static str,
        /// The command that installs it.
        install: &'static str,
    },
    /// It did not start; with the end of its log.
    Failed(String),
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { system, install } => {
                write!(f, "{system} is not installed; install it by `{install}`")
            }
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Unavailable {}

/// The server, or `None` where the test is to be skipped. The only place that decides this: a server that is not
/// installed skips a test with a word, except in CI.
///
/// # Panics
///
/// If the server is not installed and the variable `CI` is `true`, or if it is installed and does not start.
pub fn or_skip<T, E: Borrow<Unavailable>>(started: Result<T, E>) -> Option<T> {
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    or_skip_outside_ci(started, in_ci)
}

#[expect(clippy::panic, reason = "a test without a server has failed")]
fn or_skip_outside_ci<T, E: Borrow<Unavailable>>(started: Result<T, E>, in_ci: bool) -> Option<T> {
    let unavailable = match started {
        Ok(server) => return Some(server),
        Err(unavailable) => unavailable,
    };
    match unavailable.borrow() {
        missing @ Unavailable::Missing { .. } if !in_ci => {
            // Not `eprintln!`, which the tests' runner hides if the test passes.
            let _ = writeln!(std::io::stderr(), "skipped: {missing}");
        }
        unavailable => panic!("{unavailable}"),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_server_skips_a_test_except_in_ci() {
        let missing = || Unavailable::Missing {
            system: "Desk",
            install: "apt-get install desk",
        };
        let run = |in_ci, why: Unavailable| {
            std::panic::catch_unwind(|| or_skip_outside_ci(Err::<(), _>(why), in_ci))
        };
        assert!(run(false, missing()).is_ok_and(|server| server.is_none()));
        let panic = run(true, missing()).unwrap_err();
        let words = panic.downcast_ref::<String>().unwrap();
        assert!(words.contains("`apt-get install desk`"), "{words}");
        let failed = || Unavailable::Failed("Desk did not start".to_owned());
        for in_ci in [false, true] {
            assert!(run(in_ci, failed()).is_err());
        }
        assert_eq!(or_skip_outside_ci(Ok::<_, Unavailable>(1), true), Some(1));
    }
}
