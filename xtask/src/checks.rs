//! `cargo xtask check`: what must hold across crates and no compiler sees.
//!
//! A check is a function of the workspace that returns what is wrong; it prints nothing and mends
//! nothing. To add one, write the function in a module of its own, with a test that plants its
//! violation, and give it a row in [`CHECKS`]. The same table runs as a unit test, so `cargo test`
//! fails on a violation as well. What needs a build or another program belongs to `ci`.

mod arrows;
mod budget;
mod clock;
mod foreign;
mod http_client;
mod metadata;
mod rust_text;
mod shared_folder;
mod sources;
mod tables;
mod vendor_words;
mod versions;
mod wiring;
mod workflow;

use std::fmt;

use crate::workspace::Workspace;
use crate::{Result, Verdict};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    /// The file, relative to the root, with the line where that helps.
    place: String,
    /// What is wrong.
    what: String,
    /// What to do about it.
    mend: String,
}

impl Problem {
    fn new(place: impl Into<String>, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, what, mend } = self;
        write!(f, "{place}: {what}\n    mend: {mend}")
    }
}

/// A check and what it promises.
struct Check {
    name: &'static str,
    promise: &'static str,
    run: fn(&Workspace) -> Vec<Problem>,
}

/// Every check, in the order they are run.
const CHECKS: &[Check] = &[
    Check {
        name: "arrows",
        promise: "crates depend on each other only as the design's arrows allow",
        run: arrows::check,
    },
    Check {
        name: "reqwest",
        promise: "no crate but ticket-http and what measures against it names reqwest",
        run: http_client::check,
    },
    Check {
        name: "wiring",
        promise: "every provider is wired into the facade, the sandbox and the documents",
        run: wiring::check,
    },
    Check {
        name: "metadata",
        promise: "every crate inherits the workspace's metadata and lints",
        run: metadata::check,
    },
    Check {
        name: "versions",
        promise: "the workspace's crates ask for each other in the version they have",
        run: versions::check,
    },
    Check {
        name: "budget",
        promise: "no crate names more dependencies than are written down",
        run: budget::check,
    },
    Check {
        name: "foreign",
        promise: "public APIs show types of other crates only where that was decided",
        run: foreign::check,
    },
    Check {
        name: "tables",
        promise: "every generated table has a test that generates it",
        run: tables::check,
    },
    Check {
        name: "sources",
        promise: "every public item of a provider's client says where its facts come from",
        run: sources::check,
    },
    Check {
        name: "words",
        promise: "vendors' words stay in their crates and the sandbox",
        run: vendor_words::check,
    },
    Check {
        name: "clock",
        promise: "clippy's list of clocks that nobody reads is whole",
        run: clock::check,
    },
    Check {
        name: "workflow",
        promise: "the workflow runs what contributors run, and what only it can",
        run: workflow::check,
    },
    Check {
        name: "shared",
        promise: "nothing reads the folder beside the repository",
        run: shared_folder::check,
    },
];

/// Runs all checks, or those named, or lists them.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    if arguments.iter().any(|argument| argument == "--list") {
        for check in CHECKS {
            println!("{:<10} {}", check.name, check.promise);
        }
        return Ok(Verdict::Clean);
    }
    for argument in arguments {
        if !CHECKS.iter().any(|check| check.name == argument) {
            return Err(
                format!("there is no check `{argument}`; see `cargo xtask check --list`").into(),
            );
        }
    }
    let mut verdict = Verdict::Clean;
    for check in CHECKS {
        if !arguments.is_empty() && !arguments.iter().any(|argument| argument == check.name) {
            continue;
        }
        let problems = (check.run)(ws);
        if problems.is_empty() {
            println!("{:<10} ok", check.name);
        } else {
            verdict = Verdict::Faulty;
            println!("{:<10} {} to mend", check.name, problems.len());
            for problem in problems {
                println!("  {problem}");
            }
        }
    }
    Ok(verdict)
}

/// Everything that is wrong, as text.
#[cfg(test)]
pub(crate) fn problems(ws: &Workspace) -> Vec<String> {
    let problems = CHECKS.iter().flat_map(|check| (check.run)(ws));
    problems.map(|problem| problem.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;
    use crate::workspace;

    #[test]
    fn checks_hold_for_this_workspace() {
        let problems = problems(&workspace::load(&workspace::root()).unwrap());
        assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
    }

    #[test]
    fn checks_hold_for_the_specimen() {
        let ws = Specimen::new().load();
        for check in CHECKS {
            assert_eq!((check.run)(&ws), [], "{}", check.name);
        }
    }

    #[test]
    fn an_example_is_wired_nowhere_and_nobody_asks_for_it() {
        assert_eq!(problems(&Specimen::with_example().load()), [""; 0]);
    }

    #[test]
    fn checks_hold_for_a_specimen_that_is_measured() {
        assert_eq!(problems(&Specimen::with_bench().load()), [""; 0]);
    }

    #[test]
    fn one_problem_makes_the_verdict_faulty() {
        let specimen = Specimen::new();
        assert_eq!(command(&specimen.load(), &[]).unwrap(), Verdict::Clean);
        specimen.replace("README.md", "`ticket-acme`", "acme");
        assert_eq!(command(&specimen.load(), &[]).unwrap(), Verdict::Faulty);
    }

    #[test]
    fn only_the_checks_that_are_named_run() {
        let specimen = Specimen::new();
        specimen.replace("README.md", "`ticket-acme`", "acme");
        let only = |name: &str| command(&specimen.load(), &[name.to_owned()]);
        assert_eq!(only("arrows").unwrap(), Verdict::Clean);
        assert_eq!(only("wiring").unwrap(), Verdict::Faulty);
        let error = only("wirings").unwrap_err().to_string();
        assert!(error.contains("`wirings`"), "{error}");
    }

    #[test]
    fn a_problem_says_where_what_and_how_to_mend_it() {
        let problem = Problem::new("a/b.rs:3", "is wrong", "right it");
        assert_eq!(
            problem.to_string(),
            "a/b.rs:3: is wrong\n    mend: right it"
        );
    }
}
