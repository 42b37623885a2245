//! `tickets archive`: shows, verifies and prunes an archive of tickets.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use ticket_jobs::archive::{Archive, Contradiction, Entry, Found, Removed};
use tickets::TicketRef;

use crate::args;
use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::output::{Output, shown};
use crate::record::Record;
use crate::status::say;
use crate::terminal;
use crate::text::{self, counted, grouped};

pub(super) fn run(asked: &args::Archive, output: &Output) -> Result<Exit, Failure> {
    match asked {
        args::Archive::Show(asked) => match &asked.ticket {
            None => list(&asked.archive.dir, output),
            Some(ticket) => show(&asked.archive.dir, ticket, output),
        },
        args::Archive::Verify(asked) => verify(&asked.dir, output),
        args::Archive::Prune(asked) => prune(asked, output),
    }
}

/// A ticket in an archive.
#[derive(Serialize)]
struct Row {
    ticket: TicketRef,
    archived_at: Timestamp,
    entry: Entry,
}

impl Row {
    fn new(found: Found) -> Self {
        Self {
            ticket: TicketRef::new(&found.entry.account, &found.entry.id),
            archived_at: found.written_at,
            entry: found.entry,
        }
    }

    fn lacks(&self) -> String {
        let lacks = self.entry.lacks.iter();
        let lacks: Vec<_> = lacks
            .map(|lack| format!("{}: {}", lack.what, lack.why))
            .collect();
        lacks.join("; ")
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &[
        "ticket",
        "archived_at",
        "provider",
        "host",
        "subject",
        "status",
        "updated_at",
        "messages",
        "attachments",
        "lacks",
    ];
    const TABLE_COLUMNS: &'static [&'static str] = &[
        "ticket", "subject", "status", "archived", "messages", "files", "lacks",
    ];
    const CUT: Option<usize> = Some(1);

    fn cells(&self) -> Vec<String> {
        let entry = &self.entry;
        vec![
            self.ticket.to_string(),
            self.archived_at.to_string(),
            entry.provider.clone(),
            shown(entry.host.as_ref()),
            shown(entry.ticket.subject.as_ref()),
            shown(entry.ticket.status.as_ref()),
            shown(entry.ticket.updated_at),
            shown(entry.messages),
            shown(entry.attachments.as_ref().map(Vec::len)),
            self.lacks(),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        let entry = &self.entry;
        let lacks: Vec<_> = entry.lacks.iter().map(|lack| lack.what.as_str()).collect();
        vec![
            self.ticket.to_string(),
            shown(entry.ticket.subject.as_ref()),
            shown(entry.ticket.status.as_ref()),
            text::minute(&self.archived_at.to_string()),
            shown(entry.messages),
            shown(entry.attachments.as_ref().map(Vec::len)),
            lacks.join(", "),
        ]
    }
}

/// One ticket, with everything in a table too.
#[derive(Serialize)]
#[serde(transparent)]
struct One(Row);

impl Record for One {
    const COLUMNS: &'static [&'static str] = Row::COLUMNS;

    fn cells(&self) -> Vec<String> {
        self.0.cells()
    }
}

fn list(dir: &Path, output: &Output) -> Result<Exit, Failure> {
    let archive = Archive::read(dir)?;
    let mut writer = output.writer();
    let mut count = 0_usize;
    let mut failures = Vec::new();
    for found in archive.entries() {
        match found {
            Ok(found) => {
                count += 1;
                let written = writer.push(Row::new(found));
                written.map_err(|error| Failure::output(&error))?;
            }
            Err(error) => failures.push(Failure::local(error.message())),
        }
    }
    writer.finish().map_err(|error| Failure::output(&error))?;
    if count == 0 && failures.is_empty() && output.format == OutputFormat::Table {
        say("There are no tickets in this archive.");
    }
    if failures.is_empty() {
        return Ok(Exit::Done);
    }
    for failure in failures {
        failure.print(output.format);
    }
    Ok(Exit::Failed)
}

fn show(dir: &Path, ticket: &str, output: &Output) -> Result<Exit, Failure> {
    let ticket: TicketRef = ticket.parse()?;
    let archive = Archive::read(dir)?;
    let found = archive.find(&ticket.account, &ticket.id)?;
    let Some(found) = found else {
        return Err(Failure::local("this ticket is not in the archive").at(ticket.to_string()));
    };
    output
        .one(&One(Row::new(found)))
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

impl Record for Contradiction {
    const COLUMNS: &'static [&'static str] = &["path", "what"];

    fn cells(&self) -> Vec<String> {
        vec![self.path.clone(), self.what.clone()]
    }
}

fn verify(dir: &Path, output: &Output) -> Result<Exit, Failure> {
    let archive = Archive::read(dir)?;
    let mut writer = output.writer();
    let mut written = Ok(());
    let counts = archive.verify(|contradiction| {
        if written.is_ok() {
            written = writer.push(contradiction);
        }
    })?;
    written
        .and_then(|()| writer.finish())
        .map_err(|error| Failure::output(&error))?;
    if !output.format.is_json() {
        let entries = number(counts.entries, "ticket");
        let files = number(counts.files, "attached file");
        let wrong = match counts.contradictions {
            0 => "no contradictions".to_owned(),
            wrong => number(wrong, "contradiction"),
        };
        let unused = match counts.unused {
            0 => String::new(),
            unused => format!(
                "; {} no ticket uses any more, which `tickets archive prune` removes",
                if unused == 1 {
                    "1 file that".to_owned()
                } else {
                    format!("{} files that", grouped(unused))
                }
            ),
        };
        say(&format!("{entries} and {files} verified: {wrong}{unused}."));
    }
    Ok(if counts.contradictions == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn number(count: u64, what: &str) -> String {
    if count == 1 {
        return counted(1, what);
    }
    format!("{} {what}s", grouped(count))
}

/// What was removed.
#[derive(Serialize)]
struct RemovedRow {
    removed: &'static str,
    name: String,
}

impl Record for RemovedRow {
    const COLUMNS: &'static [&'static str] = &["removed", "name"];

    fn cells(&self) -> Vec<String> {
        vec![self.removed.to_owned(), self.name.clone()]
    }
}

fn prune(asked: &args::ArchivePrune, output: &Output) -> Result<Exit, Failure> {
    let before = asked.older_than;
    let (mut old, mut all) = (0, 0);
    for found in Archive::read(&asked.archive.dir)?.entries() {
        all += 1;
        old += u64::from(found?.written_at < before);
    }
    if !asked.yes {
        confirm(old, all, output)?;
    }
    let archive = Archive::open(&asked.archive.dir)?;
    let mut writer = output.writer();
    let mut written = Ok(());
    let pruned = archive.prune(before, |removed| {
        let row = match removed {
            Removed::Entry(ticket) => RemovedRow {
                removed: "ticket",
                name: ticket.to_string(),
            },
            Removed::File(sha256) => RemovedRow {
                removed: "file",
                name: sha256,
            },
            _ => return,
        };
        if written.is_ok() {
            written = writer.push(row);
        }
    })?;
    written
        .and_then(|()| writer.finish())
        .map_err(|error| Failure::output(&error).after_a_change())?;
    if !output.format.is_json() {
        let (entries, files) = (
            number(pruned.entries, "ticket"),
            number(pruned.files, "attached file"),
        );
        say(&format!("{entries} and {files} removed."));
    }
    Ok(Exit::Done)
}

/// Asks on the terminal.
fn confirm(old: u64, all: u64, output: &Output) -> Result<(), Failure> {
    if io::stderr().is_terminal() || !output.format.is_json() {
        let old = number(old, "ticket");
        say(&format!(
            "{old} of {} would be removed from the archive, for good.",
            grouped(all)
        ));
    }
    let answer = terminal::ask("Remove them? [y/N]").map_err(|error| {
        Failure::refused(format!(
            "no answer can be read ({error}); nothing was removed"
        ))
    })?;
    match answer.map(|answer| answer.to_lowercase()).as_deref() {
        Some("y" | "yes") => Ok(()),
        Some(_) => Err(Failure::refused("not confirmed; nothing was removed")),
        None => Err(
            Failure::refused("there is no terminal to ask on; nothing was removed")
                .hinting("--yes removes without asking".to_owned()),
        ),
    }
}
