//! How the command explains itself: `-h` fits on a screen, `--help` tells everything and has examples. Commands are
//! shown in groups, and the options of every command only once, in `tickets --help`.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;
use super::examples::EXAMPLES;

/// The groups of commands in the help, and what is in them. Others are in the last group.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Read tickets",
        &["list", "find", "view", "get", "messages", "attachments"],
    ),
    ("Write tickets", &["create", "update", "comment"]),
    ("Many tickets", &["delete", "resolve", "restore", "erase"]),
    (
        "Jobs and archives",
        &["job", "worker", "verify", "export", "archive"],
    ),
    ("Try it", &["demo", "sandbox"]),
    (LAST, &[]),
];

/// The group of all commands that no other group names.
const LAST: &str = "Setup";

/// How the help of commands with subcommands begins.
const BEGINNING: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n";

const POINTER: &str =
    "See `tickets COMMAND -h` for a command, and `tickets --help` for everything.";

/// What `tickets --help` says beyond commands, options and examples.
const NOTES: &str = "\
Tickets are named ACCOUNT:ID, e.g. onecloud:121. ACCOUNT is a name from the configuration file, or a provider: \
the settings of a provider come from environment variables, which `tickets providers` lists.

The configuration file has a section for each account:

  [accounts.support-eu]
  provider = \"sweeppea\"
  api_key_env = \"SUPPORT_EU_KEY\"

A setting whose name ends in _env names the environment variable that holds the value; _file names a file with it, and \
_command a command that prints it. So the configuration file need not contain secrets. Each account may also set timeout_s, \
max_attempts, rate, concurrency and page_size, and for safety read_only = true (nothing is changed) and max_delete = N (no \
job deletes more tickets of this account). An unknown name is rejected, and the error lists the known ones.

Three settings stand above the accounts: default_account = \"NAME\" is the account of `tickets list` and `tickets create` \
if none is given. approvers = \"FILE\" names the people who may approve plans, in OpenSSH's format for \
allowed signers. signing_key = \"FILE\" is the key that signs approvals and reports.

Exit codes:
  0    everything was done
  1    something failed, was not found or is unknown
  2    wrong usage or input, or not confirmed; nothing was changed
  3    configuration or credentials are missing; nothing was sent
  4    a list or search may be incomplete, or not everything was erased
  129  stopped by SIGHUP, 130 by Ctrl-C, 143 by SIGTERM; a job can be continued

Environment variables:
  TICKETS_ACCOUNT  account of `tickets list` and `tickets create` if none is given
  TICKETS_OUTPUT   default of --output
  TICKETS_CONFIG   default of --config
  TICKETS_LEDGER   default of --ledger
  TICKETS_PAGER    pager of conversations; without it, PAGER is used
  VISUAL, EDITOR   editor of texts
  NO_COLOR         no colours if it is not empty";

/// The outcomes of `tickets delete`.
pub(super) const OUTCOMES: &str = "\
Outcomes:
  deleted       the vendor confirmed it
  already_gone  the reply to an earlier attempt was lost, and the ticket is gone
  not_found     the vendor says that there is no such ticket
  failed        the ticket was not deleted
  unknown       it may or may not be deleted; check before deleting it again
  unattempted   not tried: the run stopped, or its account failed first";

/// What the short help of `update` and `comment` leaves out.
const LONG_ONLY: [&str; 6] = [
    "dry_run",
    "max",
    "until",
    "max_failures",
    "canary",
    "archive",
];

/// The parser of the command line, with all of its help.
pub(crate) fn command() -> Command {
    let command = Cli::command();
    let command = command
        .mut_subcommand("update", brief)
        .mut_subcommand("comment", brief);
    let hidden: Vec<Arg> = command
        .get_arguments()
        .filter(|argument| argument.is_global_set())
        .map(|argument| argument.clone().hide(true))
        .collect();
    // clap gives each of them to the subcommands that do not have it yet.
    let command = command.mut_subcommands(|sub| explained(sub.args(&hidden), "tickets"));
    let examples = section(&command, "Examples", of("tickets"));
    let groups = (names_in_groups(&command), groups(&command));
    let options = section(&command, "Options", "{options}");
    command
        .help_template(format!("{BEGINNING}{{before-help}}{options}{{after-help}}"))
        .before_help(groups.0)
        .before_long_help(groups.1)
        .after_help(POINTER)
        .after_long_help(format!("{NOTES}\n\n{examples}"))
}

/// Leaves what only many tickets need out of the short help of a command that is mostly used for one.
fn brief(command: Command) -> Command {
    command.mut_args(|argument| {
        let is_long = LONG_ONLY.contains(&argument.get_id().as_str());
        if is_long {
            argument.hide_short_help(true)
        } else {
            argument
        }
    })
}

/// Adds examples, and where the options of every command are explained.
fn explained(command: Command, parent: &str) -> Command {
    let name = format!("{parent} {}", command.get_name());
    let all = "`tickets --help` lists the options of every command, such as --output.";
    if command.has_subcommands() {
        let pointer = format!("See `{name} COMMAND -h` for a command.");
        let subcommands = section(&command, "Commands", "{subcommands}");
        return command
            .disable_help_subcommand(true)
            .help_template(format!("{BEGINNING}{subcommands}{{after-help}}"))
            .after_help(pointer)
            .mut_subcommands(|sub| explained(sub, &name));
    }
    let before = command.get_after_long_help();
    let before = before.map(|text| format!("{}\n\n", text.ansi()));
    let examples = section(&command, "Examples", of(&name));
    let long = format!("{}{examples}\n\n{all}", before.unwrap_or_default());
    command
        .after_help(format!(
            "`{name} --help` has examples and explains more.\n{all}"
        ))
        .after_long_help(long)
}

/// The examples of a command.
fn of(name: &str) -> &'static str {
    let found = EXAMPLES.iter().find(|(command, _)| *command == name);
    found.map_or("", |(_, examples)| examples)
}

/// A text below a heading that looks like the others.
fn section(command: &Command, title: &str, text: &str) -> String {
    let style = command.get_styles().get_header();
    format!("{style}{title}:{style:#}\n{text}")
}

/// The subcommands of each group.
fn grouped(command: &Command) -> impl Iterator<Item = (&'static str, Vec<&Command>)> {
    let in_last = |sub: &&Command| {
        let mut named = GROUPS.iter().flat_map(|(_, names)| *names);
        !named.any(|name| *name == sub.get_name()) && !sub.is_hide_set()
    };
    GROUPS.iter().map(move |(title, names)| {
        let subs = if *title == LAST {
            command.get_subcommands().filter(in_last).collect()
        } else {
            names
                .iter()
                .filter_map(|name| command.find_subcommand(name))
                .collect()
        };
        (*title, subs)
    })
}

/// A line for each group, with the names of its commands.
fn names_in_groups(command: &Command) -> String {
    let width = GROUPS.iter().map(|(title, _)| title.len()).max();
    let width = width.unwrap_or_default();
    let lines = grouped(command).map(|(title, subs)| {
        let names: Vec<_> = subs.iter().map(|sub| sub.get_name()).collect();
        format!("  {title:width$}  {}", names.join(", "))
    });
    section(command, "Commands", &lines.collect::<Vec<_>>().join("\n"))
}

/// A line for each command, below the title of its group.
fn groups(command: &Command) -> String {
    let heading = command.get_styles().get_header();
    let literal = command.get_styles().get_literal();
    let name = |sub: &Command| {
        let aliases = sub.get_visible_aliases().map(|alias| format!(", {alias}"));
        format!("{}{}", sub.get_name(), aliases.collect::<String>())
    };
    let width = command.get_subcommands().map(|sub| name(sub).len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for (title, subs) in grouped(command) {
        let _ = writeln!(text, "{heading}{title}:{heading:#}");
        for sub in subs {
            let about = sub.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            let name = name(sub);
            let _ = writeln!(text, "  {literal}{name:width$}{literal:#}  {about}");
        }
        text.push('\n');
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_definitions_are_consistent() {
        command().debug_assert();
    }

    #[test]
    fn each_command_of_a_group_exists_and_no_other_has_examples() {
        let command = command();
        for name in GROUPS.iter().flat_map(|(_, names)| *names) {
            assert!(command.find_subcommand(name).is_some(), "{name}");
        }
        for (name, _) in EXAMPLES {
            let mut path = name.split(' ').skip(1);
            let found = path.try_fold(&command, |command, name| command.find_subcommand(name));
            assert!(
                found.is_some_and(|found| found.get_name() == name.rsplit(' ').next().unwrap()),
                "{name}"
            );
        }
    }

    #[test]
    fn each_example_is_accepted_and_fits_a_narrow_terminal() {
        for (name, examples) in EXAMPLES {
            let whole = examples.replace("\\\n", "");
            let lines: Vec<&str> = whole.lines().map(str::trim).collect();
            assert!(lines.iter().any(|line| line.starts_with(name)), "{name}");
            for line in lines.iter().filter(|line| line.starts_with("tickets")) {
                let words = shlex::split(line).unwrap();
                let end = words
                    .iter()
                    .position(|word| ["|", "<", ">"].contains(&word.as_str()));
                let parsed = command().try_get_matches_from(&words[..end.unwrap_or(words.len())]);
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            }
            for line in examples.lines() {
                assert!(line.starts_with("  ") && line.len() <= 80, "{line}");
            }
        }
    }
}
