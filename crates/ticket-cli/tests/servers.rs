//! Servers that do not behave as documented: what the command prints and how it exits, held against what the server
//! saw and what is left there.
//!
//! Each kind of fault and the test that holds it. A test without a file name is in this folder.
//!
//! | Kind | Test |
//! |---|---|
//! | 202 or 203 in place of the documented 200 | `answers::delete_that_is_only_accepted_is_unknown` |
//! | 408 after the call was carried out | `answers::delete_answered_with_408_after_effect_is_not_told_as_failed` |
//! | compressed answer that nobody asked for | `answers::compressed_answer_is_named_as_such` |
//! | deleted ids that nobody asked for | `answers::id_that_nobody_asked_for_is_named_and_exits_1`, `answers::id_that_nobody_asked_for_is_named_by_its_job_and_the_report_later`, `erase.rs`: `erasure_that_took_a_ticket_along_exits_1_and_names_it_now_and_later` |
//! | another user's ticket | `answers::missing_ticket_after_a_lost_answer_is_unknown_where_it_may_belong_to_another_user` |
//! | reads that lag behind a delete | `answers::stale_read_after_a_lost_answer_proves_nothing` |
//! | fresh token called expired | `answers::fresh_token_refused_as_expired_is_tried_again` |
//! | batch refused for some of its tickets (400, 409, 423) | `batches::batch_refused_for_one_ticket_deletes_the_others_in_few_calls`, `batches::sick_tickets_of_several_batches_are_found_and_the_others_deleted` |
//! | batch refused as not found | `batches::batch_not_found_in_the_vendors_words_is_sent_in_parts` |
//! | batch of sick tickets only | `batches::batches_of_sick_tickets_only_cost_at_most_two_calls_each` |
//! | batch refused whatever it names | `batches::batch_refused_whatever_it_names_ends_the_account` |
//! | 404 of a gateway | `hopeless::single_delete_behind_a_gateway_without_a_route_is_not_told_as_gone`, `hopeless::list_behind_a_gateway_without_a_route_is_not_sent_through` |
//! | sign-in page, firewall, redirect for every call | `hopeless::list_for_which_nothing_can_work_is_left_to_do` |
//! | connection closed after each reply | `passing::connections_closed_after_each_reply_leave_nothing_unknown` |
//! | outage in the middle of a list | `passing::outage_in_the_middle_of_a_list_is_waited_for` |
//! | outage without end | `hopeless::outage_longer_than_give_up_after_leaves_the_rest_to_do` |
//! | pause without a length (`Retry-After`) | `passing::pause_without_a_length_ends_with_every_ticket_deleted` |
//! | tickets with an error of their own | `passing::sick_tickets_do_not_hold_back_the_healthy_ones`, `passing::tickets_that_are_always_refused_stay_and_the_others_are_deleted` |
//! | list that changes between its pages | `lists::list_that_shrinks_between_pages_exits_4` |
//! | wrong totals | `lists::wrong_total_costs_no_ticket_and_exits_4` |
//! | row that comes twice | `lists::row_that_comes_twice_exits_4` |
//! | half of a surrogate pair | `lists::half_a_surrogate_pair_costs_no_ticket` |
//! | dates that cannot be read | `lists::odd_date_costs_no_ticket` |
//! | ids that the provider cannot have | `asked::impossible_id_is_refused_alike_by_dry_run_plan_and_run` |
//! | ids as spreadsheets leave them | `asked::spreadsheet_cells_are_refused_and_nothing_is_sent` |
//! | file name beyond ASCII | `asked::file_name_beyond_ascii_is_sent_as_utf8_only` |
//! | lists of Windows programs | `lists.rs`: `other_files_are_named_and_nothing_is_sent`, `lists_of_windows_editors_are_read` |
//! | killed in the middle | `remaining.rs`: `a_killed_run_leaves_no_file_or_the_list_as_it_was` |
//! | full disk | `remaining.rs`: `a_list_that_does_not_fit_on_the_disk_is_kept_elsewhere_and_its_place_refused` |
//! | long pause of the vendor | `waits.rs`: `a_long_pause_of_the_vendor_is_said_by_every_command` |
//! | narrow terminal | `terminal.rs`: `nothing_is_wider_than_the_terminal` |
//! | empty environment variable | `config.rs`: `an_empty_variable_is_no_variable` |
//! | formula in a cell of CSV | `src/output.rs`: `csv_cell_that_looks_like_a_formula_is_escaped` |
//! | private certificate authority | `ticket-http`: `tests/http/certificates.rs` |

mod answers;
mod asked;
mod batches;
mod hopeless;
mod lists;
mod passing;

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::{Run, at, execute};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Exchange, Sandbox, Vendor};

/// A sandbox without quotas whose only tickets are this many of one vendor, and their names.
async fn vendor_with(vendor: Vendor, tickets: usize) -> (Sandbox, Vec<String>) {
    let builder = Sandbox::builder().seed_tickets(false);
    let builder = builder.sweeppea_quota(None).leadsquared_quota(None);
    let sandbox = builder.start().await.unwrap();
    sandbox.add_tickets(vendor, tickets);
    let ids = sandbox.ticket_ids(vendor).into_iter();
    let names = ids.map(|id| name(vendor, &id)).collect();
    (sandbox, names)
}

fn name(vendor: Vendor, id: &str) -> String {
    format!("{}:{id}", vendor.prefix())
}

fn id(name: &str) -> &str {
    name.split_once(':').unwrap().1
}

/// Deletes with one line of JSON per ticket, at a rate that makes nothing wait.
async fn delete(sandbox: &Sandbox, options: &[&str], tickets: &[String]) -> Run {
    let mut command = at(sandbox, &["delete", "--yes", "--output", "ndjson"]);
    command.args(["--rate", "1000/1"]).args(options);
    command.args(tickets);
    let run = tokio::task::spawn_blocking(move || execute(&mut command));
    run.await.unwrap()
}

/// Runs the cases of a test at once, since each of them waits.
async fn at_once<C>(cases: impl IntoIterator<Item = C>)
where
    C: Future<Output = ()> + Send + 'static,
{
    let running: Vec<_> = cases.into_iter().map(tokio::spawn).collect();
    for case in running {
        case.await.unwrap();
    }
}

/// Deletes with a file for the remaining tickets. Returns its lines too.
async fn delete_with_remaining(
    sandbox: &Sandbox,
    options: &[&str],
    tickets: &[String],
) -> (Run, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("left");
    let remaining = ["--remaining", file.to_str().unwrap()];
    let run = delete(sandbox, &[options, &remaining].concat(), tickets).await;
    (run, lines(&file))
}

fn lines(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// How many tickets had each outcome.
fn counts(run: &Run) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (_, outcome) in run.outcomes() {
        *counts.entry(outcome).or_default() += 1;
    }
    counts
}

/// The only line of a run for one ticket: its outcome and its error.
fn answer(run: &Run) -> (String, Value) {
    let [line] = run.lines().try_into().expect("one line");
    let outcome = line["outcome"].as_str().unwrap().to_owned();
    (outcome, line["error"].clone())
}

fn calls(sandbox: &Sandbox, endpoint: Endpoint) -> Vec<Exchange> {
    let journal = sandbox.journal().into_iter();
    let calls = journal.filter(|call| call.endpoint == Some(endpoint));
    calls.collect()
}
