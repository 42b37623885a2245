//! The help of all commands. HELP.md is what it says; with `UPDATE_TABLES` set it is written instead of compared:
//! `cargo xtask tables --write`. The page of `tickets mcp`, which not every build has, is its end.

use crate::common::help::{compare, help, page, run};

/// A screen.
const LINES: usize = 24;
const COLUMNS: usize = 80;

#[test]
fn file_is_the_long_help_of_all_commands() {
    let pages = commands().into_iter().map(|command| page(&command));
    let right = format!(
        "# The command `tickets`\n\nWhat it says about itself, written by `cargo xtask tables --write`.\n{}",
        pages.collect::<String>()
    );
    compare(Some(&right), None);
}

#[test]
fn short_help_fits_a_screen_and_points_to_the_long_one() {
    for command in commands() {
        let text = help(&command, "-h", COLUMNS);
        let name = command.join(" ");
        assert!(text.lines().count() <= LINES, "{name}:\n{text}");
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(COLUMNS), "{name}:\n{text}");
        // What goes on from the line above is set in deep.
        let is_wrapped = |line: &str| line.starts_with("          ");
        assert!(!text.lines().any(is_wrapped), "{name}:\n{text}");
        assert!(
            text.contains("-h`") || text.contains("--help`"),
            "{name}:\n{text}"
        );
    }
}

#[test]
fn long_help_has_examples_and_a_pointer_to_the_options_of_every_command() {
    let mut seen = 0;
    for command in commands() {
        let text = help(&command, "--help", COLUMNS);
        let name = command.join(" ");
        let is_first = command.len() == 1;
        // They are explained once.
        assert_eq!(text.contains("--max-attempts <N>"), is_first, "{name}");
        if below(&text).is_empty() {
            assert!(text.contains("\nExamples:\n"), "{name}:\n{text}");
            assert!(text.contains("\n`tickets --help` lists"), "{name}:\n{text}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn help_of_a_command_is_its_long_help() {
    for command in [&["tickets"][..], &["tickets", "delete"]] {
        let found = run(&[&["help"], &command[1..]].concat(), 100);
        assert_eq!(found, help(command, "--help", 100));
    }
}

/// The command and all commands below it.
fn commands() -> Vec<Vec<String>> {
    let mut commands = vec![vec!["tickets".to_owned()]];
    let mut next = 0;
    while let Some(command) = commands.get(next).cloned() {
        next += 1;
        for name in below(&help(&command, "--help", COLUMNS)) {
            commands.push([&command[..], &[name]].concat());
        }
    }
    let deletes = |command: &Vec<String>| *command == ["tickets", "delete"];
    assert!(commands.iter().any(deletes), "{commands:?}");
    commands
}

/// The names of the commands that a help text lists: before the options, set in by two.
fn below(help: &str) -> Vec<String> {
    let lines = help.lines().take_while(|line| *line != "Options:");
    let names = lines.filter_map(|line| line.strip_prefix("  "));
    let names = names.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
    let names = names.filter_map(|line| line.split([' ', ',']).next());
    names.map(str::to_owned).collect()
}
