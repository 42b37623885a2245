//! The sections of the page that show details: exceptions, accounts, charts.

use maud::{Markup, html};

use super::words::{capital, classes, spaced, text};
use crate::report::charts::{self, Span};
use crate::report::groups::{NAMED, severity};
use crate::report::model::{AccountFacts, Exception, Mode, Report};
use crate::report::numbers::{counted, grouped};

pub(super) fn exceptions(report: &Report) -> Markup {
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

pub(super) fn accounts(report: &Report) -> Markup {
    let is_delete = report.job.change.is_delete();
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
                            @if is_delete { th scope="col" { "Delete is" } }
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
        (Mode::Permanent, _) => "permanent".to_owned(),
        (Mode::Trash, Some(seconds)) => {
            format!("trash, {}", counted(seconds.div_ceil(86_400), "day"))
        }
        (Mode::Trash, None) => "trash, no limit of time".to_owned(),
        (Mode::Undocumented, _) => "not documented".to_owned(),
    }
}

pub(super) fn over_time(report: &Report) -> Markup {
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
