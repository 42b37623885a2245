//! `tickets delete` and `tickets resolve`: reads what is asked, shows it, asks, does it, and answers for every
//! single ticket.
//!
//! Here is the way from the question to the exit code. What the two commands differ in is `deed.rs`, what is
//! asked is `plan.rs`, the work itself is `work.rs`, what is printed is `report.rs`.

mod deed;
mod plan;
mod report;
mod work;

use std::io::{self, IsTerminal as _, Write as _};

use crate::accounts::Accounts;
use crate::args::{Global, Many};
use crate::failure::{Exit, Failure};
use crate::interrupt::Stop;
use crate::output::{Output, say};
use deed::Answer;
pub(super) use deed::Deed;
use plan::Plan;
use report::Report;

pub(super) async fn run(
    deed: Deed,
    many: &Many,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let asked = plan::read(many)?;
    let accounts = Accounts::open(global).await?;
    let plan = Plan::new(deed, asked, &accounts)?;

    if many.dry_run {
        let mut report = Report::new(&plan, output);
        for ticket in &plan.asked {
            if !report.has(ticket) {
                report.take(ticket.clone(), Answer::Would);
            }
        }
        report.finish().map_err(|error| Failure::output(&error))?;
        if !output.form.is_json() {
            say(&plan.summary(true));
            say("Dry run: nothing was sent.");
        }
        return Ok(Exit::Done);
    }

    if !many.yes {
        ask(&plan, many, output)?;
    } else if !output.form.is_json() {
        say(&plan.summary(false));
    }
    let stop = Stop::on_ctrl_c()?;
    work::run(&plan, output, &stop, global.verbose > 0).await
}

/// Goes on if a person at a terminal says yes.
fn ask(plan: &Plan, many: &Many, output: &Output) -> Result<(), Failure> {
    let terminal = io::stderr().is_terminal() && io::stdin().is_terminal();
    if terminal || !output.form.is_json() {
        say(&plan.summary(false));
    }
    if !terminal {
        let reason = if plan::from_stdin(many) {
            "standard input gave the tickets, so it cannot give the answer to \"are you sure?\""
        } else {
            "there is no terminal to ask on"
        };
        return Err(
            Failure::refused(format!("{reason}; nothing was sent")).hinting(format!(
                "--yes {}s without asking, --dry-run only shows",
                plan.deed.verb()
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
    Ok(answer)
}
