//! The arrows between the workspace's crates: they point down only.
//!
//! `ticket-cli → tickets → providers → ticket-http → ticket-core`. The sandbox depends on no other
//! crate, or a vendor's page that was misread would be misread twice and its tests would pass.

use super::Problem;
use crate::workspace::{Crate, Place, Workspace};

/// Refuses every dependency between members that the table below does not list.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for krate in &ws.crates {
        let Some(allowed) = arrows(krate.place) else {
            problems.push(Problem::new(
                krate.manifest_path(),
                format!("`{}` has no place in the workspace", krate.name),
                "a provider is crates/ticket-NAME with the package name ticket-NAME, an example of one \
                 crates/ticket-conformance/examples/ticket-NAME; \
                 for anything else give the crate a place in xtask's `Place` and arrows in `arrows`",
            ));
            continue;
        };
        for dependency in &krate.dependencies {
            let Some(target) = ws
                .crates
                .iter()
                .find(|member| member.name == dependency.name)
            else {
                continue;
            };
            // On itself, to switch its own features on in its tests.
            let on_itself = dependency.dev && target.name == krate.name;
            let in_tests = dependency.dev && allowed.in_tests.contains(&target.place);
            if on_itself || allowed.always.contains(&target.place) || in_tests {
                continue;
            }
            problems.push(forbidden(krate, target, dependency.dev, &allowed));
        }
    }
    problems
}

/// Where a crate's arrows may point.
struct Arrows {
    always: &'static [Place],
    /// For dev-dependencies, beside those.
    in_tests: &'static [Place],
}

fn arrows(place: Place) -> Option<Arrows> {
    use Place::{Conformance, Core, Facade, Http, Provider, Sandbox, Testkit};

    let (always, in_tests): (&[Place], &[Place]) = match place {
        // The testkit's writer and windows, which know no other crate: see its features.
        Place::Core => (&[], &[Testkit]),
        Place::Http => (&[Core], &[Testkit]),
        Place::Conformance => (&[Core], &[]),
        Place::Testkit => (&[Core, Conformance, Sandbox], &[]),
        Place::Provider => (&[Core, Http], &[Sandbox, Conformance, Testkit]),
        // What somebody else's crate has: no sandbox, which plays the house's vendors only.
        Place::Example => (&[Core, Http], &[Conformance, Testkit]),
        Place::Facade => (&[Core, Provider], &[Sandbox, Conformance, Testkit]),
        Place::Sandbox | Place::Xtask => (&[], &[]),
        Place::Cli => (&[Facade, Sandbox], &[]),
        // A provider is measured by itself too, beside the facade.
        Place::Bench => (&[Core, Provider, Facade], &[]),
        Place::Unknown => return None,
    };
    Some(Arrows { always, in_tests })
}

fn forbidden(krate: &Crate, target: &Crate, dev: bool, allowed: &Arrows) -> Problem {
    let kind = if dev { "dev-dependency" } else { "dependency" };
    let mut places: Vec<&str> = allowed.always.iter().copied().map(title).collect();
    if dev {
        places.extend(allowed.in_tests.iter().copied().map(title));
    }
    let list = if places.is_empty() {
        "nothing in the workspace".to_owned()
    } else {
        places.join(", ")
    };
    Problem::new(
        krate.manifest_path(),
        format!("`{}` has the {kind} `{}`", krate.name, target.name),
        format!("remove it, or move what both need further down; allowed here: {list}"),
    )
}

fn title(place: Place) -> &'static str {
    match place {
        Place::Core => "ticket-core",
        Place::Http => "ticket-http",
        Place::Provider => "the providers",
        Place::Facade => "tickets",
        Place::Sandbox => "ticket-sandbox",
        Place::Conformance => "ticket-conformance",
        Place::Testkit => "ticket-testkit",
        Place::Example => "the examples",
        Place::Cli => "ticket-cli",
        Place::Bench => "ticket-bench",
        Place::Xtask => "xtask",
        Place::Unknown => "a crate without a place",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::{BENCH, EXAMPLE, Specimen};

    fn problems_with(manifest: &str, section: &str, dependency: &str) -> Vec<Problem> {
        let specimen = Specimen::new();
        let line = format!("[{section}]\n{dependency}.workspace = true\n");
        specimen.append(manifest, &line);
        check(&specimen.load())
    }

    #[test]
    fn a_provider_never_depends_on_another() {
        let specimen = Specimen::new();
        specimen.copy_crate("ticket-acme", "ticket-other");
        specimen.append(
            "crates/ticket-other/Cargo.toml",
            "[build-dependencies]\nticket-acme = { path = \"../ticket-acme\" }\n",
        );
        assert_eq!(
            check(&specimen.load()),
            [Problem::new(
                "crates/ticket-other/Cargo.toml",
                "`ticket-other` has the dependency `ticket-acme`",
                "remove it, or move what both need further down; allowed here: ticket-core, ticket-http",
            )]
        );
    }

    #[test]
    fn the_sandbox_knows_no_other_crate_not_even_in_its_tests() {
        for section in ["dependencies", "dev-dependencies"] {
            for dependency in ["ticket-core", "ticket-http", "ticket-acme"] {
                let found = problems_with("crates/ticket-sandbox/Cargo.toml", section, dependency);
                assert_eq!(found.len(), 1, "{section} {dependency}: {found:?}");
                assert_eq!(found[0].place, "crates/ticket-sandbox/Cargo.toml");
                assert!(found[0].what.contains(dependency), "{}", found[0]);
                assert!(
                    found[0].mend.ends_with("nothing in the workspace"),
                    "{}",
                    found[0]
                );
            }
        }
    }

    #[test]
    fn the_core_depends_on_nothing_above_it() {
        let found = problems_with(
            "crates/ticket-core/Cargo.toml",
            "dependencies",
            "ticket-http",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].what,
            "`ticket-core` has the dependency `ticket-http`"
        );
    }

    #[test]
    fn the_command_reaches_providers_through_the_facade_only() {
        let specimen = Specimen::new();
        specimen.replace(
            "crates/ticket-cli/Cargo.toml",
            "[dependencies]",
            "[dependencies]\nticket-acme.workspace = true",
        );
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].what,
            "`ticket-cli` has the dependency `ticket-acme`"
        );
    }

    #[test]
    fn what_is_allowed_in_tests_is_refused_elsewhere() {
        let specimen = Specimen::new();
        specimen.replace(
            "crates/ticket-acme/Cargo.toml",
            "[dev-dependencies]",
            "[build-dependencies]",
        );
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            found[0].what,
            "`ticket-acme` has the dependency `ticket-sandbox`"
        );
    }

    #[test]
    fn an_example_has_what_others_have_and_nobody_has_it() {
        for (manifest, dependency, found_there) in [
            (EXAMPLE, "ticket-sandbox", true),
            (EXAMPLE, "ticket-acme", true),
            (EXAMPLE, "tickets", true),
            (EXAMPLE, "ticket-core", false),
            ("crates/tickets/Cargo.toml", "ticket-pear", true),
        ] {
            let specimen = Specimen::with_example();
            assert_eq!(check(&specimen.load()), []);
            let plant = format!("[build-dependencies]\n{dependency}.workspace = true\n");
            specimen.append(manifest, &plant);
            specimen.append(
                "Cargo.toml",
                "[workspace.dependencies.ticket-pear]\npath = \"crates/ticket-conformance/examples/ticket-pear\"\n",
            );
            let found = check(&specimen.load());
            let places: Vec<&str> = found.iter().map(|problem| &*problem.place).collect();
            let expected: &[&str] = if found_there { &[manifest] } else { &[] };
            assert_eq!(places, expected, "{dependency}: {found:?}");
        }
    }

    #[test]
    fn what_measures_has_what_is_measured_and_nobody_has_it() {
        for (manifest, dependency, found_there) in [
            (BENCH, "tickets", false),
            (BENCH, "ticket-acme", false),
            (BENCH, "ticket-core", false),
            (BENCH, "ticket-http", true),
            (BENCH, "ticket-sandbox", true),
            ("crates/tickets/Cargo.toml", "ticket-bench", true),
        ] {
            let specimen = Specimen::with_bench();
            assert_eq!(check(&specimen.load()), []);
            let plant = format!("[build-dependencies]\n{dependency}.workspace = true\n");
            specimen.append(manifest, &plant);
            specimen.append(
                "Cargo.toml",
                "[workspace.dependencies.ticket-bench]\npath = \"bench\"\n",
            );
            let found = check(&specimen.load());
            let places: Vec<&str> = found.iter().map(|problem| &*problem.place).collect();
            let expected: &[&str] = if found_there { &[manifest] } else { &[] };
            assert_eq!(places, expected, "{dependency}: {found:?}");
        }
    }

    #[test]
    fn a_crate_without_a_place_is_refused() {
        let specimen = Specimen::new();
        specimen.copy_crate("ticket-sandbox", "helpers");
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].place, "crates/helpers/Cargo.toml");
        assert_eq!(found[0].what, "`helpers` has no place in the workspace");
    }
}
