//! The page: one file without scripts, which needs no other one. `maud` escapes all texts, and [`text`] makes visible what
//! could mislead a reader.

mod details;
mod erasure;
mod people;
pub(super) mod words;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use ticket_core::Outcome;
use ticket_core::model::bounded;

use self::words::{LONGEST, capital, classes, spaced, text};
use super::charts::{self, minute, second};
use super::model::Report;
use super::numbers::{counted, grouped};
use crate::model::Unasked;

const STYLE: &str = include_str!("style.css");

/// The page of a report.
pub(super) fn page(report: &Report, is_signed: bool) -> String {
    let job = &report.job;
    // No script runs, nothing is loaded, and no other style applies.
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    );
    let partial = if report.partial {
        "Partial report"
    } else {
        "Report"
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content=(bounded(&report.made_with, LONGEST));
                title { (partial) " of job " (job.id) ": " (headline(report)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (charts::patterns())
                main {
                    (header(report, partial))
                    (erasure::erasure(report))
                    (outcomes(report))
                    (not_proven(report))
                    (details::exceptions(report))
                    (details::accounts(report))
                    (details::over_time(report))
                    (people::people(report))
                    (people::check(report, is_signed))
                }
                footer {
                    p {
                        (partial) " of job " (job.id) ", made on " (second(report.made_at)) " by " (text(&report.made_by))
                        " with " (text(&report.made_with)) ". All times are UTC. All numbers are counted from the rows of "
                        "the ledger; tickets that the list names again count once."
                    }
                }
            }
        }
    };
    page.into_string()
}

/// How many tickets are as the change leaves them.
fn done(report: &Report) -> u64 {
    let change = &report.job.change;
    let words = [Outcome::Done, Outcome::AlreadyDone].map(|outcome| change.word(&outcome));
    let counts = words
        .into_iter()
        .filter_map(|word| report.outcomes.get(word));
    counts.sum()
}

fn headline(report: &Report) -> String {
    let change = &report.job.change;
    let all = report.tickets.distinct;
    let deleted = change.word(&Outcome::Done);
    let (word, done) = match &report.erasure {
        Some(erasure) => ("erased", erasure.fates.get("erased")),
        None => (deleted, report.outcomes.get(deleted)),
    };
    let done = done.copied().unwrap_or(0);
    if done == all {
        return format!("{} {word}", counted(all, "ticket"));
    }
    format!("{} of {} {word}", grouped(done), counted(all, "ticket"))
}

/// The class and the words of what it came to, on the whole.
fn verdict(report: &Report) -> (&'static str, String) {
    let (class, words) = of_tickets(report);
    if Unasked::of(&report.events).is_empty() {
        return (class, words);
    }
    let words = format!("{words}; and a vendor changed tickets that nobody asked for");
    ("bad", words)
}

/// The same of the tickets of the job.
fn of_tickets(report: &Report) -> (&'static str, String) {
    let change = &report.job.change;
    let goal = change.word(&Outcome::Done);
    let missing = report.tickets.distinct - done(report);
    let count = |outcome| report.outcomes.get(outcome).copied().unwrap_or(0);
    let unknown = count("unknown") + count("in_doubt");
    if report.partial {
        let open = report.tickets.distinct - report.tickets.decided;
        return (
            "warn",
            format!(
                "The job is not over: {} have no outcome",
                counted(open, "ticket")
            ),
        );
    }
    if let Some(erasure) = &report.erasure {
        let words = if erasure.complete {
            "Each ticket that was found is erased, and each account was searched"
        } else {
            "Not complete, for the reasons below"
        };
        let class = if erasure.complete { "good" } else { "bad" };
        return (class, words.to_owned());
    }
    let (class, words) = match (missing, unknown) {
        _ if report.tickets.distinct == 0 => ("good", "The list names no ticket".to_owned()),
        (0, _) => (
            "good",
            format!("Every ticket is {goal}: an answer or a read proves it"),
        ),
        (_, 0) => (
            "bad",
            format!("{} not {goal}, for the reasons below", tickets_are(missing)),
        ),
        _ => (
            "bad",
            format!(
                "{} not proven to be {goal}: {} for the reasons below, and of {} nobody knows",
                tickets_are(missing),
                grouped(missing - unknown),
                grouped(unknown)
            ),
        ),
    };
    (class, words)
}

fn tickets_are(count: u64) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(count, "ticket"))
}

fn header(report: &Report, partial: &str) -> Markup {
    let job = &report.job;
    let (class, words) = verdict(report);
    let accounts = counted(u64::try_from(report.accounts.len()).unwrap_or(0), "account");
    html! {
        header {
            p.eyebrow { (partial) " of job " code { (job.id) } }
            h1 { (headline(report)) }
            p class=(format!("verdict {class}")) {
                span.mark aria-hidden="true" {
                    @match class { "good" => "✓", "warn" => "…", _ => "!" }
                }
                (words) "."
            }
            p.asked {
                "Asked: " strong { (capital(job.change.verb())) " " (counted(report.tickets.distinct, "ticket")) }
                " of " (accounts)
                @if report.tickets.repeated > 0 { " (" (grouped(report.tickets.repeated)) " named again)" }
                ". "
                @match (job.first_call_at, job.last_outcome_at) {
                    (Some(first), Some(last)) => { "First call " (minute(first)) ", last outcome " (minute(last)) "." }
                    (Some(first), None) => { "First call " (minute(first)) "." }
                    (None, Some(last)) => { "No call is recorded; last outcome " (minute(last)) "." }
                    (None, None) => { "No call is recorded." }
                }
            }
            @let details = job.change.details();
            @if !details.is_empty() {
                ul.findings {
                    @for (name, value) in &details { li { (text(name)) ": " (text(value)) } }
                }
            }
        }
    }
}

fn outcomes(report: &Report) -> Markup {
    let classes = classes(&report.job.change);
    let counted = classes.into_iter().filter_map(|(class, word)| {
        let count = *report.outcomes.get(&word)?;
        Some((class, spaced(&word), count))
    });
    let counted: Vec<_> = counted.collect();
    let all = report.tickets.distinct;
    html! {
        section aria-labelledby="outcomes" {
            h2 id="outcomes" { "Outcomes" }
            @if !counted.is_empty() { (charts::parts(&counted, all)) }
            table.tiles {
                caption.hidden { "Distinct tickets by outcome" }
                thead.hidden { tr { th scope="col" { "Outcome" } th scope="col" { "Tickets" } th scope="col" { "Share" } } }
                tbody {
                    @for (class, word, count) in &counted {
                        tr {
                            th scope="row" { (charts::swatch(class)) (capital(word)) }
                            td.number { (grouped(*count)) }
                            td.share { (percent(*count, all)) }
                        }
                    }
                }
            }
        }
    }
}

/// A share that is 0 % or 100 % only if it is exactly that.
fn percent(part: u64, whole: u64) -> String {
    let tenths = part.saturating_mul(1000) / whole.max(1);
    match tenths {
        0 if part > 0 => "under 0.1 %".to_owned(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

fn not_proven(report: &Report) -> Markup {
    html! {
        section aria-labelledby="missing" {
            h2 id="missing" { "What is missing or not proven" }
            @if report.not_proven.is_empty() {
                p { "Nothing: each ticket has its outcome, each outcome its call, and each call its end." }
            } @else {
                ul.findings { @for sentence in &report.not_proven { li { (text(sentence)) } } }
            }
        }
    }
}
