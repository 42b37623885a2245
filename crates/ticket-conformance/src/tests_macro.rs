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
/// runs. Needs `tokio` with the features `macros` and `rt` among the dev-dependencies.
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
/// ticket_conformance::tests!(Desk::start, skips: [no_answer_is_a_timeout, unmentioned_ids_are_unknown]);
/// ```
#[macro_export]
macro_rules! tests {
    ($start:expr $(, skips: [$($skip:ident),* $(,)?])? $(,)?) => {
        $crate::__cases! { __tests [$start] [$($($skip)*)?] }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ([$start:expr] $skips:tt $($module:ident $name:ident [$($need:ident)*] $promise:literal;)*) => {
        $(
            #[doc = $promise]
            #[tokio::test]
            async fn $name() -> ::core::result::Result<(), $crate::__TestFailure> {
                $crate::__test($start, stringify!($name), $crate::__names!($skips)).await
            }
        )*

        /// Every name in `skips` is the name of a case.
        #[test]
        fn skips_name_existing_cases() {
            $crate::__check_skips($crate::__names!($skips));
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __names {
    ([$($name:ident)*]) => { &[$(stringify!($name)),*] };
}

/// Why a test failed. It is an error and not a panic, so that no backtrace hides the message.
#[doc(hidden)]
pub struct __TestFailure(String);

impl fmt::Debug for __TestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n", self.0)
    }
}

/// Fails unless the case passes, or is skipped as expected.
#[doc(hidden)]
#[expect(clippy::print_stderr, reason = "so a test says why it did nothing")]
pub async fn __test<M, R, F>(make: M, name: &str, skips: &[&str]) -> Result<(), __TestFailure>
where
    M: Fn() -> R,
    R: Future<Output = F>,
    F: Fixture,
{
    let Some(report) = Suite::new(make).run_case(name).await else {
        return Err(__TestFailure(format!("there is no case `{name}`")));
    };
    let why = match (&report.outcome, skips.contains(&name)) {
        (Outcome::Passed, false) => return Ok(()),
        (Outcome::Skipped { reason }, true) => {
            eprintln!("{name}: skipped, because {reason}");
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
pub fn __check_skips(skips: &[&str]) {
    for skip in skips {
        let is_case = crate::Case::named(skip).is_some();
        assert!(
            is_case,
            "\n`{skip}` is not a case\nhelp: remove it from `skips`\n"
        );
    }
}
