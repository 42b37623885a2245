//! Completion in real shells, and the man pages. A shell that is not there is skipped with a word, except in CI.

#![cfg(unix)]
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use crate::common::{command, execute};

/// What is typed, the words of it, and what the shell offers for the last of them.
const LINES: &[(&[&str], &[&str])] = &[
    (&["vie"], &["view"]),
    (&["job", "co"], &["confirm"]),
    (&["delete", "--dry"], &["--dry-run"]),
    (&["get", "--outp"], &["--output"]),
    (&["get", "--output", "n"], &["ndjson"]),
    (&["list", "support"], &["support-eu", "support-us"]),
    (&["find", "--account", "support-u"], &["support-us"]),
    (&["view", "support-e"], &["support-eu:"]),
    (&["delete", "support-eu:7", "support-u"], &["support-us:"]),
    (&["view", "nobody"], &[]),
];

/// Offers for the words after `tickets`, in bash: its function is called as bash calls it.
const BASH: &str = r#"
source <(tickets completions bash)
COMP_WORDS=(tickets "$@"); COMP_CWORD=$#; COMP_TYPE=9
_clap_complete_tickets tickets "${!#}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// The same in zsh, whose `_describe` shows what it is given.
const ZSH: &str = r#"
compdef() { :; }
_describe() { local name="${@[-1]}"; [[ "$name" == -* ]] && name="$3"; print -rl -- "${(@P)name}"; }
source <(tickets completions zsh)
words=(tickets "$@"); CURRENT=$#words
_clap_dynamic_completer_tickets
"#;

/// The same in fish, which can say what it would offer.
const FISH: &str = "tickets completions fish | source; complete -C \"tickets $argv\"";

#[test]
fn bash_completes_commands_options_values_and_accounts() {
    completes("bash", &["--norc", "-c", BASH, "bash"], |offer| {
        offer.to_owned()
    });
}

#[test]
fn zsh_completes_commands_options_values_and_accounts() {
    completes("zsh", &["-f", "-c", ZSH, "zsh"], |offer| {
        // A description follows behind a colon that is not escaped.
        let offer = offer.replace("\\:", "\u{0}");
        offer.split(':').next().unwrap().replace('\u{0}', ":")
    });
}

#[test]
fn fish_completes_commands_options_values_and_accounts() {
    completes("fish", &["--no-config", "-c", FISH], |offer| {
        offer.split('\t').next().unwrap().to_owned()
    });
}

/// Types each line in this shell.
fn completes(shell: &str, arguments: &[&str], value: fn(&str) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let accounts = "[accounts.support-eu]\nprovider = \"sweeppea\"\n[accounts.support-us]\nprovider = \"sweeppea\"\n";
    std::fs::write(&config, accounts).unwrap();
    let tickets = Path::new(env!("CARGO_BIN_EXE_tickets"));
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", tickets.parent().unwrap().display());
    for (words, expected) in LINES {
        let mut command = Command::new(shell);
        command.args(arguments).args(*words).env_clear();
        command.env("PATH", &path).env("HOME", folder.path());
        command.env("TICKETS_CONFIG", &config);
        let output = match command.output() {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                assert!(std::env::var_os("CI").is_none(), "{shell} is missing");
                return println!("skipped: there is no {shell}");
            }
            output => output.unwrap(),
        };
        let offers = String::from_utf8(output.stdout).unwrap();
        let offers: Vec<_> = offers
            .lines()
            .filter(|line| !line.is_empty())
            .map(value)
            .collect();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(offers, *expected, "{shell}: {words:?}: {errors}");
        assert_eq!(errors, "", "{shell}: {words:?}");
    }
}

#[test]
fn completion_with_a_broken_configuration_offers_no_accounts_and_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[accounts").unwrap();
    let mut asked = command(&["--", "tickets", "list", ""]);
    asked
        .env("TICKETS_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "2");
    let run = execute(asked.env("TICKETS_CONFIG", &config));
    assert_eq!(run.stderr, "");
    assert!(!run.stdout.contains("accounts"), "{run:?}");
}

#[test]
fn unknown_shell_is_refused_by_the_ones_that_are_known() {
    let run = execute(&mut command(&["completions", "tcsh"]));
    assert_eq!((run.code, &*run.stdout), (2, ""));
    assert!(run.stderr.contains("bash, zsh, fish"), "{run:?}");
}

#[test]
fn man_page_of_each_command_is_written_with_options_and_examples() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("man1");
    let run = execute(&mut command(&["man", "--to", to.to_str().unwrap()]));
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (0, "", ""));
    let page = |name: &str| std::fs::read_to_string(to.join(name)).unwrap();
    let top = page("tickets.1");
    assert!(
        top.contains("\\-\\-max\\-attempts") && top.contains("Exit codes:"),
        "{top}"
    );
    // Options that the short help leaves out are described.
    assert!(top.contains("Time limit of one request"), "{top}");
    let delete = page("tickets-delete.1");
    assert!(
        delete.contains("\\-\\-from") && delete.contains("\n.nf\n  tickets delete"),
        "{delete}"
    );
    assert!(page("tickets-job-run.1").contains("tickets job run 7f3a"));
    // Terminals are told apart by the reader of the page.
    assert!(!top.contains('\u{1b}') && !delete.contains('\u{1b}'));
}
