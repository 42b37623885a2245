//! What the command makes of its arguments, before any command does its work.

use crate::common::{command, execute, json};

#[test]
fn command_alone_shows_its_short_help_and_succeeds() {
    let alone = execute(&mut command(&[]));
    let short = execute(&mut command(&["-h"]));
    assert_eq!((alone.code, &*alone.stderr), (0, ""));
    assert!(alone.stdout.contains("tickets COMMAND -h"), "{alone:?}");
    assert_eq!(alone.stdout, short.stdout);
}

#[test]
fn version_command_prints_the_version_in_every_format() {
    let option = execute(&mut command(&["--version"]));
    let table = execute(&mut command(&["version"]));
    assert_eq!((table.code, &table.stdout), (0, &option.stdout));
    let run = execute(&mut command(&["version", "--output", "json"]));
    let version = json(&run.stdout)["version"].clone();
    assert_eq!(
        format!("tickets {}\n", version.as_str().unwrap()),
        option.stdout
    );
}

#[test]
fn familiar_names_are_the_commands_that_they_name() {
    for (alias, name) in [
        ("ls", "list"),
        ("rm", "delete"),
        ("edit", "update"),
        ("close", "resolve"),
    ] {
        let of = |name| execute(&mut command(&[name, "--help"])).stdout;
        assert!(of(alias).contains("Usage: tickets "), "{}", of(alias));
        assert_eq!(of(alias), of(name), "{alias}");
    }
}

#[test]
fn output_variable_is_the_default_and_the_option_wins() {
    for (variable, option, first) in [
        ("json", None, "{\n"),
        ("csv", None, "version\n"),
        ("", None, "tickets "),
        ("json", Some("csv"), "version\n"),
        ("xml", Some("csv"), "version\n"),
    ] {
        let mut arguments = vec!["version"];
        arguments.extend(option.iter().flat_map(|form| ["--output", form]));
        let run = execute(command(&arguments).env("TICKETS_OUTPUT", variable));
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stdout.starts_with(first), "{variable}: {run:?}");
    }
}

#[test]
fn wrong_output_variable_is_refused_by_name() {
    let run = execute(command(&["version"]).env("TICKETS_OUTPUT", "xml"));
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert_eq!(
        run.stderr,
        "error: TICKETS_OUTPUT: \"xml\" is not an output format; use one of table, json, ndjson, csv\n"
    );
}

#[test]
fn usage_error_has_the_format_of_the_output_variable() {
    let run = execute(command(&["get"]).env("TICKETS_OUTPUT", "json"));
    assert_eq!(run.code, 2);
    assert_eq!(json(&run.stderr)["kind"], "invalid_input");
}

#[test]
fn unknown_option_is_not_advised_to_pass_as_a_ticket() {
    for arguments in [
        &["delete", "--web"][..],
        &["delete", "--form", "x"],
        &["delet"],
    ] {
        let run = execute(&mut command(arguments));
        assert_eq!(run.code, 2);
        assert!(!run.stderr.contains("as a value"), "{run:?}");
    }
    // Tips that help are kept.
    let run = execute(&mut command(&["delete", "--form", "x"]));
    assert!(run.stderr.contains("'--from'"), "{run:?}");
    let run = execute(&mut command(&["delet"]));
    assert!(run.stderr.contains("'delete'"), "{run:?}");
}

#[test]
fn change_without_tickets_names_the_option_for_lists() {
    for change in ["delete", "resolve", "restore"] {
        let run = execute(&mut command(&[change, "--yes"]));
        assert_eq!(run.code, 2);
        assert!(
            run.stderr.contains("REF") && run.stderr.contains("--from"),
            "{run:?}"
        );
    }
}
