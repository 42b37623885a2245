//! `tickets delete` and `tickets resolve`: reads the tickets, shows the plan, asks for confirmation, makes
//! the change and prints the outcome of each ticket.
//!
//! `input.rs` reads the tickets, `list_format.rs` names files that are no lists, `spool.rs` stores them, `dedup.rs` and `duplicate_hashes.rs` find
//! duplicates, and `plan.rs` groups them by account. `work.rs` makes the change, and `report.rs` prints the
//! outcomes. Memory does not grow with the number of tickets.

mod dedup;
mod duplicate_hashes;
mod estimate;
mod input;
mod list_format;
mod notices;
mod plan;
mod progress;
mod remaining;
mod report;
mod spool;
mod words;
mod work;

use std::io::{self, IsTerminal as _, Write as _};

use std::num::NonZeroU32;
use std::time::Duration;

use tickets::Change;
use tickets::bulk::BulkOptions;

use crate::accounts::Accounts;
use crate::args::{Global, Many, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::output::{Output, say};
use crate::stdout;
use plan::Plan;
use progress::Progress;
use remaining::Remaining;
use report::Report;
use work::EarlyEnd;

pub(super) async fn run(
    change: Change,
    many: &Many,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let accounts = Accounts::open(global).await?;
    let plan = Plan::read(change, many, &accounts)?;
    if many.plan {
        return estimate::print(&plan, output);
    }
    if many.dry_run {
        return dry_run(&plan, output);
    }
    if !many.yes {
        ask(&plan, many, output)?;
    } else if !output.format.is_json() {
        say(&plan.summary(false));
    }
    stdout::refuse_unwritable()?;
    let remaining = many.remaining.as_deref();
    let remaining = remaining.map(|path| Remaining::prepare(path, many));
    let report = Report::new(&plan, output, remaining.transpose()?);
    // The progress bar would overwrite an incomplete line of JSON.
    let unfinished = output.is_terminal() && output.format == OutputFormat::Json;
    let progress = Progress::new(&plan, global.verbose > 0 || unfinished);
    let early_end = EarlyEnd {
        stop: interrupt::stop_on_ctrl_c()?,
        deadline: many.deadline,
    };
    let mut options = BulkOptions::default();
    options.concurrency = many.concurrency;
    let no_retries = global.max_attempts == Some(NonZeroU32::MIN);
    let patience = no_retries.then_some(Duration::ZERO);
    if let Some(time) = many.give_up_after.or(patience) {
        options.give_up_after = time;
    }
    work::run(&plan, report, progress, &early_end, &options, output).await
}

/// Prints what would be done to each ticket, in the order of the input.
fn dry_run(plan: &Plan, output: &Output) -> Result<Exit, Failure> {
    let mut report = Report::new(plan, output, None);
    let tickets = plan.in_order();
    for ticket in tickets.map_err(|error| plan::unreadable(&error))? {
        let (group, place, id) = ticket.map_err(|error| plan::unreadable(&error))?;
        report.take(group, place, id, None);
        if report.is_broken() {
            break;
        }
    }
    report.finish().map_err(|error| Failure::output(&error))?;
    if !output.format.is_json() {
        say(&plan.summary(true));
        say("Dry run: nothing was sent.");
    }
    Ok(Exit::Done)
}

/// Asks for confirmation on the terminal.
fn ask(plan: &Plan, many: &Many, output: &Output) -> Result<(), Failure> {
    let terminal = io::stderr().is_terminal() && io::stdin().is_terminal();
    if terminal || !output.format.is_json() {
        say(&plan.summary(false));
    }
    if !terminal {
        let reason = if input::from_stdin(many) {
            "standard input gave the tickets, so it cannot give the answer to \"are you sure?\""
        } else {
            "there is no terminal to ask on"
        };
        return Err(
            Failure::refused(format!("{reason}; nothing was sent")).hinting(format!(
                "--yes {}s without asking; --dry-run only shows what would be done",
                words::verb(&plan.change)
            )),
        );
    }
    let answer = question(&plan.question());
    match answer.as_deref().map(|answer| answer.trim().to_lowercase()) {
        Ok(answer) if answer == "y" || answer == "yes" => Ok(()),
        Ok(_) => Err(Failure::refused("not confirmed; nothing was sent")),
        Err(error) => Err(Failure::refused(format!(
            "no answer can be read ({error}); nothing was sent"
        ))),
    }
}

fn question(question: &str) -> io::Result<String> {
    let mut stderr = anstream::stderr();
    write!(stderr, "{question} ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if !answer.ends_with('\n') {
        // After Ctrl-D the cursor is still on the line of the question.
        writeln!(stderr)?;
    }
    Ok(answer)
}
