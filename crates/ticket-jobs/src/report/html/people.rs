//! The last sections of the page: who did it, and how the report is checked.

use maud::{Markup, html};

use super::words::{capital, spaced, text};
use crate::model::{Guards, JobState, MaxFailures};
use crate::report::charts::{length, second};
use crate::report::model::{Act, Report};
use crate::report::numbers::{counted, grouped};

pub(super) fn people(report: &Report) -> Markup {
    let job = &report.job;
    html! {
        section aria-labelledby="people" {
            h2 id="people" { "Who planned, approved, confirmed and ran it" }
            div.scroll tabindex="0" role="region" aria-label="Who did what" {
                table.people {
                    thead {
                        tr {
                            th scope="col" { "What" }
                            th scope="col" { "Who" }
                            th scope="col" { "With" }
                            th scope="col" { "When" }
                        }
                    }
                    tbody { @for act in &report.people { (person(act)) } }
                }
            }
            @if !report.people.iter().any(|act| act.what == "confirmed") {
                p.muted {
                    @if job.state == JobState::AwaitingConfirmation {
                        "Nobody has confirmed it yet."
                    } @else {
                        "No confirmation is recorded: the job was not made to wait for one."
                    }
                }
            }
            dl {
                dt { "Digest of the plan" }
                dd {
                    @match &job.digest {
                        Some(digest) => code { (text(digest)) },
                        None => "none: the job was not made to wait for a confirmation",
                    }
                }
                dt { "Guards" }
                dd { (guards(&job.guards)) }
                @if job.guards.archive.is_some() {
                    dt { "Archived" }
                    dd { (counted(report.tickets.archived, "ticket")) }
                }
            }
        }
    }
}

fn person(act: &Act) -> Markup {
    html! {
        tr {
            th scope="row" { (capital(&spaced(&act.what))) }
            td {
                @match &act.by { Some(by) => (text(by)), None => span.muted { "not recorded" } }
                @if let Some(detail) = &act.detail { br; span.muted { (text(detail)) } }
            }
            td { @match &act.with { Some(with) => (text(with)), None => span.muted { "not recorded" } } }
            td {
                (second(act.at))
                @if act.times > 1 { " (first of " (grouped(act.times)) ")" }
            }
        }
    }
}

/// The guards of a job, in words.
fn guards(guards: &Guards) -> Markup {
    let mut words = Vec::new();
    if let Some(state) = guards.only_state {
        words.push(format!("only {} tickets", state.as_str()));
    }
    if guards.if_unchanged {
        words.push("only tickets that are as they were planned".to_owned());
    }
    if let Some(most) = guards.max_failures {
        let most = match most {
            MaxFailures::Tickets(most) => counted(most, "failure"),
            MaxFailures::Percent(share) => format!("{share} failures"),
        };
        words.push(format!("stop after more than {most}"));
    }
    if let Some(first) = guards.canary {
        words.push(format!("stop to look after {}", counted(first, "ticket")));
    }
    if let Some(archive) = &guards.archive {
        let missing = if archive.missing_ok {
            ", even if messages or attachments are missing"
        } else {
            ""
        };
        words.push(format!("archive to {} first{missing}", archive.folder));
    }
    if let Some(time) = guards.retry_for {
        let time = match time.as_secs() {
            0 => "no temporary failure again".to_owned(),
            time => format!("temporary failures again for {}", length(time)),
        };
        words.push(format!("workers try {time}"));
    }
    if words.is_empty() {
        words.push("none".to_owned());
    }
    text(&words.join("; "))
}

pub(super) fn check(report: &Report, is_signed: bool) -> Markup {
    html! {
        section aria-labelledby="check" {
            h2 id="check" { "How to check this report" }
            dl {
                dt { "That its files are as they were written" }
                dd {
                    pre { code { "sha256sum -c SHA256SUMS" } }
                    @if is_signed {
                        pre { code { "ssh-keygen -Y verify -n tickets-report -f ALLOWED_SIGNERS -I SIGNER \\\n  -s SHA256SUMS.sig < SHA256SUMS" } }
                    }
                }
                dt { "That its numbers are those of its rows" }
                dd { "Count the rows of " code { "outcomes.csv" } " whose column " code { "repeats" } " is empty, by their outcome." }
                dt { "That it is what the ledger holds" }
                dd { pre { code { "tickets job verify " (report.job.id) } } }
                dt { "What the vendors say today" }
                dd { pre { code { "tickets verify ." } } }
            }
            table {
                thead { tr { th scope="col" { "File" } th scope="col" { "What it holds" } } }
                tbody {
                    tr { th scope="row" { code { "outcomes.csv" } } td { "each ticket with its outcome and evidence, for spreadsheets" } }
                    tr { th scope="row" { code { "outcomes.ndjson" } } td { "the same, a JSON object a line" } }
                    tr { th scope="row" { code { "calls.ndjson" } } td { (grouped(report.calls.recorded)) " recorded calls, with their times and answers" } }
                    tr { th scope="row" { code { "report.json" } } td { "this page, for programs" } }
                }
            }
        }
    }
}
