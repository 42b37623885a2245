//! HELP.md is what the command says about itself. With `UPDATE_TABLES` set it is written instead of compared:
//! `cargo xtask tables --write`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::process::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/HELP.md");

#[test]
fn the_help_in_the_file_is_the_commands() {
    let right = pages();
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(FILE, right).unwrap();
        return;
    }
    let found = std::fs::read_to_string(FILE).unwrap_or_default();
    // The whole of both would fill the screen.
    let differs = found
        .lines()
        .zip(right.lines())
        .find(|(found, right)| found != right);
    assert_eq!(differs, None, "`cargo xtask tables --write` mends this");
    assert_eq!(
        found.len(),
        right.len(),
        "`cargo xtask tables --write` mends this"
    );
}

/// The page of the command and of each of its subcommands.
fn pages() -> String {
    let top = help(&[]);
    let mut text = page("tickets help", &top);
    let subcommands = subcommands(&top);
    assert!(subcommands.contains(&"delete".to_owned()), "{top}");
    for subcommand in subcommands.iter().filter(|name| *name != "help") {
        let below = help(&[subcommand]);
        text.push_str(&page(&format!("tickets help {subcommand}"), &below));
        let nested = self::subcommands(&below);
        for inner in nested.iter().filter(|name| *name != "help") {
            let title = format!("tickets help {subcommand} {inner}");
            text.push_str(&page(&title, &help(&[subcommand, inner])));
        }
    }
    format!(
        "# The command `tickets`\n\nWhat it says about itself, written by `cargo xtask tables --write`.\n{text}"
    )
}

fn page(title: &str, help: &str) -> String {
    format!("\n## `{title}`\n\n```text\n{}\n```\n", help.trim_end())
}

/// At a fixed width, and without the values of anybody's environment, which clap would print.
fn help(subcommand: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickets"));
    // Windows starts no program without it.
    let system = std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root));
    let output = command
        .arg("help")
        .args(subcommand)
        .env_clear()
        .envs(system)
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.replace("tickets.exe", "tickets");
    let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// The names below "Commands:".
fn subcommands(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = list.take_while(|line| !line.is_empty()).filter(|line| {
        // A name is set in by two; what goes on from the line above by more.
        line.starts_with("  ") && !line.starts_with("   ")
    });
    names
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}
