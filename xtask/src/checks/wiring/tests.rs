//! Each test takes one wire away and sees that very one named.

use super::*;
use crate::specimen::Specimen;

const FACADE: &str = "crates/tickets/Cargo.toml";
const FACADE_SOURCE: &str = "crates/tickets/src/lib.rs";

fn only_problem(specimen: &Specimen) -> (String, String) {
    let mut found = check(&specimen.load());
    assert_eq!(found.len(), 1, "{found:?}");
    let Problem { place, what, mend } = found.remove(0);
    assert!(!mend.is_empty());
    (place, what)
}

fn after_replacing(path: &str, from: &str, to: &str) -> (String, String) {
    let specimen = Specimen::new();
    specimen.replace(path, from, to);
    only_problem(&specimen)
}

const SUITE: &str = "ticket_conformance::tests!(start, skips: []);\n";

#[test]
fn each_missing_file_of_a_provider_is_found() {
    for file in FILES {
        let specimen = Specimen::new();
        let path = format!("crates/ticket-acme/{file}");
        // Or else cargo would find no target when the library is the file that is gone.
        specimen.append(
            "crates/ticket-acme/Cargo.toml",
            "[lib]\npath = \"src/wire.rs\"\n",
        );
        if *file == "src/wire.rs" {
            specimen.replace("crates/ticket-acme/Cargo.toml", "src/wire.rs", "src/lib.rs");
        }
        specimen.remove(&path);
        assert_eq!(only_problem(&specimen), (path, "is missing".into()));
    }
}

#[test]
fn a_provider_without_exchanges_is_found() {
    let specimen = Specimen::new();
    specimen.remove("crates/ticket-acme/tests/contract/get.json");
    assert_eq!(
        only_problem(&specimen),
        (
            "crates/ticket-acme/tests/contract".into(),
            "holds no exchange".into()
        )
    );
}

#[test]
fn the_conformance_test_is_wanted_once_the_suite_exists() {
    let specimen = Specimen::new();
    specimen.copy_crate("ticket-sandbox", "ticket-conformance");
    let path = "crates/ticket-acme/tests/conformance.rs";
    assert_eq!(only_problem(&specimen), (path.into(), "is missing".into()));
    specimen.write(path, SUITE);
    assert_eq!(check(&specimen.load()), []);
}

#[test]
fn a_file_of_tests_without_any_is_found() {
    for (file, left) in [
        ("contract.rs", "//! Exchanges: `#[test]`.\n"),
        (
            "conformance.rs",
            "// ticket_conformance::tests!(start, skips: []);\n",
        ),
    ] {
        let specimen = Specimen::new();
        specimen.copy_crate("ticket-sandbox", "ticket-conformance");
        specimen.write("crates/ticket-acme/tests/conformance.rs", SUITE);
        let path = format!("crates/ticket-acme/tests/{file}");
        specimen.write(&path, left);
        assert_eq!(only_problem(&specimen), (path, "tests nothing".into()));
    }
}

#[test]
fn each_missing_line_of_the_facades_manifest_is_found() {
    for (from, to, what) in [
        (
            "acme = [\"dep:ticket-acme\"]",
            "acme = [\"ticket-acme\"]",
            "the feature `acme` lacks `dep:ticket-acme`",
        ),
        (
            "all = [\"acme\"]",
            "all = []",
            "the feature `all` lacks `acme`",
        ),
        (
            "rustls = [\"ticket-acme?/rustls\"]",
            "rustls = []",
            "the feature `rustls` lacks `ticket-acme?/rustls`",
        ),
        (
            "native-tls = [\"ticket-acme?/native-tls\"]",
            "native-tls = []",
            "the feature `native-tls` lacks `ticket-acme?/native-tls`",
        ),
    ] {
        assert_eq!(
            after_replacing(FACADE, from, to),
            (FACADE.into(), what.into())
        );
    }
}

#[test]
fn a_provider_that_the_facade_always_has_is_found() {
    let specimen = Specimen::new();
    specimen.replace(
        FACADE,
        "ticket-acme = { workspace = true, optional = true }",
        "ticket-acme.workspace = true",
    );
    specimen.replace(FACADE, "[\"dep:ticket-acme\"]", "[]");
    specimen.replace(FACADE, "ticket-acme?/rustls", "ticket-acme/rustls");
    specimen.replace(FACADE, "ticket-acme?/native-tls", "ticket-acme/native-tls");
    let found = check(&specimen.load());
    assert!(
        found
            .iter()
            .any(|problem| problem.what == "has no optional dependency `ticket-acme`"),
        "{found:?}"
    );
}

#[test]
fn a_provider_without_a_row_in_the_table_is_found() {
    let expected = (
        FACADE_SOURCE.to_owned(),
        "PROVIDERS has no row for `ticket-acme`".to_owned(),
    );
    let row = "    #[cfg(feature = \"acme\")]\n    ticket_acme::NAME,\n";
    assert_eq!(after_replacing(FACADE_SOURCE, row, ""), expected);
    let commented = "    // #[cfg(feature = \"acme\")]\n    // ticket_acme::NAME,\n";
    assert_eq!(after_replacing(FACADE_SOURCE, row, commented), expected);
}

#[test]
fn a_provider_that_is_not_re_exported_is_found() {
    for lost in [
        "",
        "pub use ticket_acme_tools;",
        "// pub use ticket_acme as acme;",
    ] {
        let found = after_replacing(FACADE_SOURCE, "pub use ticket_acme as acme;", lost);
        assert_eq!(
            found,
            (
                FACADE_SOURCE.into(),
                "does not re-export `ticket-acme`".into()
            )
        );
    }
}

#[test]
fn a_provider_that_the_sandbox_does_not_play_is_found() {
    let expected = (
        "crates/ticket-sandbox/src".to_owned(),
        "has no module `acme` for `ticket-acme`".to_owned(),
    );
    assert_eq!(
        after_replacing(
            "crates/ticket-sandbox/src/lib.rs",
            "pub mod acme;",
            "// mod acme;"
        ),
        expected
    );
    let specimen = Specimen::new();
    specimen.remove("crates/ticket-sandbox/src/acme.rs");
    assert_eq!(only_problem(&specimen), expected);
}

#[test]
fn a_provider_without_a_row_in_the_readme_is_found() {
    for row in [
        "",
        "Acme is in `ticket-acme`.",
        "| Acme | `ticket-acme-tools` |",
    ] {
        let found = after_replacing("README.md", "| Acme | `ticket-acme` |", row);
        assert_eq!(
            found,
            (
                "README.md".into(),
                "the table of providers has no row for `ticket-acme`".into()
            )
        );
    }
}

#[test]
fn a_provider_that_the_changelog_does_not_mention_is_found() {
    let found = after_replacing("CHANGELOG.md", "ticket-acme", "acme");
    assert_eq!(
        found,
        (
            "CHANGELOG.md".into(),
            "does not mention `ticket-acme`".into()
        )
    );
}

#[test]
fn a_second_provider_has_to_be_wired_as_well() {
    let specimen = Specimen::new();
    specimen.copy_crate("ticket-acme", "ticket-big-desk");
    let found: Vec<String> = check(&specimen.load())
        .into_iter()
        .map(|problem| problem.what)
        .collect();
    assert_eq!(
        found,
        [
            "has no optional dependency `ticket-big-desk`",
            "the feature `big-desk` lacks `dep:ticket-big-desk`",
            "the feature `all` lacks `big-desk`",
            "the feature `rustls` lacks `ticket-big-desk?/rustls`",
            "the feature `native-tls` lacks `ticket-big-desk?/native-tls`",
            "PROVIDERS has no row for `ticket-big-desk`",
            "does not re-export `ticket-big-desk`",
            "has no module `big_desk` for `ticket-big-desk`",
            "the table of providers has no row for `ticket-big-desk`",
            "does not mention `ticket-big-desk`",
        ]
    );
}
