//! The page: one file without scripts, which needs no other one. `maud` escapes all texts, and [`text`] makes visible what
//! could mislead a reader.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use ticket_core::model::bounded;
use ticket_core::{Change, Error, ErrorKind, Outcome};

use super::charts::{self, Span, minute, second};
use super::groups::{NAMED, severity};
use super::model::{AccountFacts, Act, Exception, Mode, Report};
use super::proof::{counted, grouped};
use crate::model::{Guards, JobState, MaxFailures};

const STYLE: &str = include_str!("style.css");

/// The longest text of somebody else.
const LONGEST: usize = 300;

/// A text of somebody else: its direction does not change that of its neighbours, what cannot be seen is made visible, and
/// what is too long is cut.
pub(super) fn text(words: &str) -> Markup {
    html! { bdi { (bounded(words, LONGEST)) } }
}

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
                    (outcomes(report))
                    (not_proven(report))
                    (exceptions(report))
                    (accounts(report))
                    (over_time(report))
                    (people(report))
                    (check(report, is_signed))
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

/// An outcome of this report's change: its class, which does not depend on the change, and its word.
fn classes(change: &Change) -> [(&'static str, String); 8] {
    let none = || Error::new(ErrorKind::Cancelled, "");
    let word = |outcome: Outcome| change.word(&outcome).to_owned();
    [
        ("done", word(Outcome::Done)),
        ("already", word(Outcome::AlreadyDone)),
        ("not_found", word(Outcome::NotFound(none()))),
        ("failed", word(Outcome::Failed(none()))),
        ("unknown", word(Outcome::Unknown(none()))),
        ("in_doubt", "in_doubt".to_owned()),
        ("unattempted", word(Outcome::Unattempted(none()))),
        ("open", "open".to_owned()),
    ]
}

fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
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
    let word = change.word(&Outcome::Done);
    let done = report.outcomes.get(word).copied().unwrap_or(0);
    if done == all {
        return format!("{} {word}", counted(all, "ticket"));
    }
    format!("{} of {} {word}", grouped(done), counted(all, "ticket"))
}

/// The class and the words of what it came to, on the whole.
fn verdict(report: &Report) -> (&'static str, String) {
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
    let (class, words) = match (missing, unknown) {
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
                "Asked: " strong { (capital(job.change.operation().as_str())) " " (counted(report.tickets.distinct, "ticket")) }
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

fn exceptions(report: &Report) -> Markup {
    html! {
        section aria-labelledby="exceptions" {
            h2 id="exceptions" { "Exceptions, by reason" }
            @if report.exceptions.is_empty() {
                p { "None." }
            }
            @for group in &report.exceptions { (exception(report, group)) }
        }
    }
}

fn exception(report: &Report, group: &Exception) -> Markup {
    let named = u64::try_from(group.first.len()).unwrap_or(0);
    let has_subjects = group.first.iter().any(|ticket| ticket.subject.is_some());
    let classes = classes(&report.job.change);
    let class = classes.iter().find(|(_, word)| *word == group.outcome);
    html! {
        // The gravest reasons are open, and print shows them.
        details open[severity(&group.outcome) < 4 && group.count <= 10] {
            summary {
                span.line {
                    (charts::swatch(class.map_or("open", |(class, _)| *class)))
                    strong { (grouped(group.count)) " " (spaced(&group.outcome)) }
                    " at " (text(&group.account))
                    @if let Some(kind) = group.kind { " " span.kind { (kind) } }
                }
                span.why {
                    @match &group.message {
                        Some(message) => (text(message)),
                        None => "further reasons, counted together",
                    }
                    @if let Some(words) = &group.vendor_message {
                        span.vendor { "The vendor says: “" (text(words)) "”" }
                    }
                }
            }
            div.scroll tabindex="0" role="region" aria-label="Tickets of this reason" {
                table {
                    thead {
                        tr {
                            th scope="col" { "Line" }
                            th scope="col" { "Ticket" }
                            @if has_subjects { th scope="col" { "Subject as seen" } }
                        }
                    }
                    tbody {
                        @for ticket in &group.first {
                            tr {
                                td.number { (grouped(ticket.place)) }
                                td { code { (text(&ticket.ticket)) } }
                                @if has_subjects {
                                    td { @if let Some(subject) = &ticket.subject { (text(subject)) } }
                                }
                            }
                        }
                    }
                }
            }
            @if group.count > named {
                p.rest {
                    "These are the first " (NAMED) "; the other " (grouped(group.count - named)) " are in "
                    code { "outcomes.csv" } "."
                }
            }
        }
    }
}

fn accounts(report: &Report) -> Markup {
    let is_delete = report.job.change == Change::Delete;
    let classes = classes(&report.job.change);
    let used = classes
        .iter()
        .filter(|(_, word)| report.outcomes.contains_key(word));
    let used: Vec<_> = used.collect();
    html! {
        section aria-labelledby="accounts" {
            h2 id="accounts" { "Accounts" }
            div.scroll tabindex="0" role="region" aria-label="Accounts" {
                table.wide {
                    thead {
                        tr {
                            th scope="col" { "Account" }
                            th scope="col" { "Provider and host" }
                            @if is_delete { th scope="col" { "A delete" } }
                            th.number scope="col" { "Tickets" }
                            @for (class, word) in &used {
                                th.number scope="col" { (charts::swatch(class)) (capital(&spaced(word))) }
                            }
                            th.number scope="col" { "Calls" }
                        }
                    }
                    tbody {
                        @for account in &report.accounts {
                            tr {
                                th scope="row" { (text(&account.name)) }
                                td {
                                    (text(&account.provider)) br;
                                    @match &account.host {
                                        Some(host) => code { (text(host)) },
                                        None => span.muted { "host not recorded" },
                                    }
                                }
                                @if is_delete { td { (removal(account)) } }
                                td.number { (grouped(account.tickets)) }
                                @for (_, word) in &used {
                                    td.number { (grouped(account.outcomes.get(word).copied().unwrap_or(0))) }
                                }
                                td.number { (grouped(account.calls)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a delete does at an account, in words.
fn removal(account: &AccountFacts) -> String {
    match (account.mode, account.restorable_for_s) {
        (Mode::Permanent, _) => "is permanent".to_owned(),
        (Mode::Trash, Some(seconds)) => {
            format!(
                "moves to a trash for {}",
                counted(seconds.div_ceil(86_400), "day")
            )
        }
        (Mode::Trash, None) => "moves to a trash without a limit of time".to_owned(),
        (Mode::Undocumented, _) => "may be restorable: not documented".to_owned(),
    }
}

fn over_time(report: &Report) -> Markup {
    let classes = classes(&report.job.change);
    let used = classes
        .into_iter()
        .filter(|(_, word)| report.outcomes.contains_key(word));
    let used: Vec<_> = used.collect();
    html! {
        section aria-labelledby="time" {
            h2 id="time" { "Over time" }
            @if let Some(span) = Span::of(report) {
                @let [from, to] = span.words();
                p.muted { (from) " to " (to) "." }
                figure {
                    figcaption { "Tickets decided in each " (charts::length(report.outcomes_over_time.bucket_s)) }
                    (charts::outcomes(report, span, &used))
                    p.legend {
                        @for (class, word) in &used {
                            span { (charts::swatch(class)) (capital(&spaced(word))) } " "
                        }
                    }
                }
                @for account in &report.accounts {
                    @if account.calls > 0 { (calls(account, span)) }
                }
            } @else {
                p { "Nothing has happened yet." }
            }
        }
    }
}

fn calls(account: &AccountFacts, span: Span) -> Markup {
    html! {
        figure {
            figcaption {
                "Calls of " (text(&account.name)) " in each " (charts::length(account.calls_over_time.bucket_s))
                ": " (grouped(account.calls)) " in all"
            }
            (charts::calls(account, span))
            @if account.limits.is_empty() {
                p.muted { "No limit of this account is known, so the use of its quota is not shown." }
            } @else {
                p.caption { "Use of the quota: the largest share of a limit that counted at once" }
                (charts::quota(account, span))
                ul.limits {
                    @for limit in &account.limits {
                        li {
                            "Limit " strong { (limit.limit) } ": at most "
                            strong { (grouped(limit.most)) " of " (grouped(limit.allowed)) }
                            " counted at once"
                            @if limit.most > limit.allowed { ", which is more than the limit of today" }
                            "."
                        }
                    }
                }
                p.muted { "Calls of this job alone; limits as they are configured now." }
            }
        }
    }
}

fn people(report: &Report) -> Markup {
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
    if words.is_empty() {
        words.push("none".to_owned());
    }
    text(&words.join("; "))
}

fn check(report: &Report, is_signed: bool) -> Markup {
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
                dd { "Count the rows of " code { "outcomes.csv" } " whose last column is empty, by their outcome." }
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
