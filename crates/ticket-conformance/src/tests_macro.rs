//! A macro that creates one test per case. An unexpected skip fails, so that it is not mistaken for a pass.

use std::fmt;
use std::future::Future;

use crate::fixture::Fixture;
use crate::report::Outcome;
use crate::suite::Suite;

/// Creates one `#[tokio::test]` per case, with the name of the case.
///
/// The first argument is a function without arguments that returns a future of the fixture. `skips` lists the cases
/// that this fixture cannot run. A case that is skipped but not listed fails, and so does a case that is listed but
/// runs. `differs` lists the cases that fail because of the vendor, with the reason: they run, and the tests print the
/// difference ([`Suite::differs`](crate::Suite::differs)); one that passes fails. Needs `tokio` with the features `macros` and `rt` among the dev-dependencies.
///
/// ```
/// # use std::sync::Arc;
/// # use ticket_conformance::Fixture;
/// # use ticket_core::{Operation, TicketProvider};
/// # struct Desk;
/// # impl Desk { async fn start() -> Self { Self } }
/// # impl Fixture for Desk {
/// #     fn provider(&self) -> Arc<dyn TicketProvider> { unimplemented!() }
/// #     fn expected_operations(&self) -> &'static [Operation] { &[] }
/// # }
/// ticket_conformance::tests!(
///     Desk::start,
///     skips: [no_answer_is_a_timeout, unmentioned_ids_are_unknown],
///     differs: [created_tickets_read_back: "the vendor adds a number to the subject"],
/// );
/// ```
#[macro_export]
macro_rules! tests {
    (
        $start:expr
        $(, skips: [$($skip:ident),* $(,)?])?
        $(, differs: [$($differs:ident: $reason:literal),* $(,)?])?
        $(,)?
    ) => {
        $crate::__cases! { __tests [$start] { [$($($skip)*)?] [$($($differs $reason)*)?] } }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ([$start:expr] $expected:tt $($module:ident $name:ident [$($need:ident)*] $promise:literal;)*) => {
        $(
            #[doc = $promise]
            #[tokio::test]
            async fn $name() -> ::core::result::Result<(), $crate::__TestFailure> {
                $crate::__test($start, stringify!($name), &$crate::__expected!($expected)).await
            }
        )*

        /// Every name in `skips` and `differs` is the name of a case, and none is in both.
        #[test]
        fn skips_name_existing_cases() {
            $crate::__check_expected(&$crate::__expected!($expected));
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __expected {
    ({ [$($skip:ident)*] [$($differs:ident $reason:literal)*] }) => {
        $crate::__Expected {
            skips: &[$(stringify!($skip)),*],
            differs: &[$((stringify!($differs), $reason)),*],
        }
    };
}

/// The cases that do not pass.
#[doc(hidden)]
#[derive(Debug)]
pub struct __Expected<'a> {
    pub skips: &'a [&'a str],
    /// With the reason.
    pub differs: &'a [(&'a str, &'a str)],
}

/// Why a test failed. It is an error and not a panic, so that no backtrace hides the message.
#[doc(hidden)]
pub struct __TestFailure(String);

impl fmt::Debug for __TestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n", self.0)
    }
}

/// Fails unless the case passes, or is skipped or differs as expected.
#[doc(hidden)]
#[expect(clippy::print_stderr, reason = "so a test says why it did nothing")]
pub async fn __test<M, R, F>(
    make: M,
    name: &str,
    expected: &__Expected<'_>,
) -> Result<(), __TestFailure>
where
    M: Fn() -> R,
    R: Future<Output = F>,
    F: Fixture,
{
    let mut suite = Suite::new(make);
    for (case, reason) in expected.differs {
        suite = suite.differs(case, *reason);
    }
    let Some(report) = suite.run_case(name).await else {
        return Err(__TestFailure(format!("there is no case `{name}`")));
    };
    let why = match (&report.outcome, expected.skips.contains(&name)) {
        (Outcome::Passed, false) => return Ok(()),
        (Outcome::Skipped { reason }, true) => {
            eprintln!("{name}: skipped, because {reason}");
            return Ok(());
        }
        (Outcome::Differs { .. }, _) => {
            eprintln!("{report}");
            return Ok(());
        }
        (Outcome::Skipped { reason }, false) => format!(
            "{name} was skipped, because {reason}\n\
             help: provide what it needs in the fixture; if the vendor does not support it, add this line to `skips`\n    \
             {name}, // {reason}"
        ),
        (Outcome::Passed, true) => format!("{name} passes\nhelp: remove it from `skips`"),
        (Outcome::Failed { .. }, _) => report.to_string(),
    };
    Err(__TestFailure(why))
}

#[doc(hidden)]
pub fn __check_expected(expected: &__Expected<'_>) {
    let differs = expected.differs.iter().map(|(name, _)| name);
    for name in differs.clone().chain(expected.skips) {
        let is_case = crate::Case::named(name).is_some();
        assert!(
            is_case,
            "\n`{name}` is not a case\nhelp: remove it from `skips` or `differs`\n"
        );
    }
    for name in differs {
        let is_skipped = expected.skips.contains(name);
        assert!(!is_skipped, "\n`{name}` is in `skips` and in `differs`\n");
    }
}
