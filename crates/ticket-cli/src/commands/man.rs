//! `tickets man`: writes the man pages, one for each command.

use std::fs;
use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use crate::args;
use crate::failure::{Exit, Failure};

pub(super) fn run(to: &Path) -> Result<Exit, Failure> {
    let mut command = with_all_options(args::command()).disable_help_subcommand(true);
    // Gives each command its whole name.
    command.build();
    let written = fs::create_dir_all(to).and_then(|()| write(&command, to));
    let place = to.display().to_string();
    written.map_err(|error| {
        Failure::local(format!("cannot write the man pages: {error}")).at(place)
    })?;
    Ok(Exit::Done)
}

/// A page describes what `-h` leaves out too.
fn with_all_options(command: Command) -> Command {
    command
        .mut_args(|argument| argument.hide_short_help(false))
        .mut_subcommands(with_all_options)
}

/// Writes the page of a command and those of the commands below it.
fn write(command: &Command, to: &Path) -> io::Result<()> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render(&mut page)?;
    let page = with_examples_as_they_are(&String::from_utf8_lossy(&page));
    fs::write(to.join(man.get_filename()), page)?;
    let mut below = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    below.try_for_each(|sub| write(sub, to))
}

/// Keeps lines that are set in as they are: examples and tables.
fn with_examples_as_they_are(page: &str) -> String {
    let mut text = String::new();
    let mut is_kept = false;
    for line in page.lines() {
        let keep = line.starts_with("  ");
        if keep != is_kept {
            text.push_str(if keep { ".nf\n" } else { ".fi\n" });
        }
        is_kept = keep;
        text.push_str(if line == ".SH EXTRA" {
            ".SH NOTES"
        } else {
            line
        });
        text.push('\n');
    }
    text
}
