//! What the command says about itself.

use std::process::Command;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/HELP.md");

/// What the page of the command begins with that not every build has.
const OPTIONAL: &str = "\n## `tickets mcp --help`\n";

/// Holds HELP.md against the pages of all commands, or that of `tickets mcp`; or writes them there.
pub(crate) fn compare(usual: Option<&str>, optional: Option<&str>) {
    let file = std::fs::read_to_string(FILE).unwrap_or_default();
    let (first, last) = file.split_at(file.find(OPTIONAL).unwrap_or(file.len()));
    let right = [usual.unwrap_or(first), optional.unwrap_or(last)].concat();
    if std::env::var_os("UPDATE_TABLES").is_some() {
        return std::fs::write(FILE, right).unwrap();
    }
    // The whole of both would fill the screen.
    let differs = file
        .lines()
        .zip(right.lines())
        .find(|(found, right)| found != right);
    assert_eq!(differs, None, "UPDATE_TABLES=1 writes it");
    assert_eq!(file.len(), right.len(), "UPDATE_TABLES=1 writes it");
}

/// The page of a command in HELP.md.
pub(crate) fn page<S: AsRef<str>>(command: &[S]) -> String {
    let words: Vec<_> = command.iter().map(AsRef::as_ref).collect();
    let help = help(command, "--help", 100);
    format!(
        "\n## `{} --help`\n\n```text\n{help}\n```\n",
        words.join(" ")
    )
}

pub(crate) fn help<S: AsRef<str>>(command: &[S], option: &str, columns: usize) -> String {
    let words = command.iter().skip(1).map(AsRef::as_ref);
    run(&words.chain([option]).collect::<Vec<_>>(), columns)
}

/// At a fixed width, and without the values of anybody's environment.
pub(crate) fn run(arguments: &[&str], columns: usize) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickets"));
    // Windows starts no program without it.
    let system = std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root));
    let output = command
        .args(arguments)
        .env_clear()
        .envs(system)
        .env("COLUMNS", columns.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.replace("tickets.exe", "tickets");
    let lines: Vec<&str> = lines.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}
