//! The report of a job that left tickets undone, and of one that had nothing to do.

use serde_json::json;

use super::job::{Story, options};
use super::{json_of, report, rows};

#[tokio::test]
async fn tickets_that_a_cancelled_job_left_are_not_changed_although_something_was_sent_about_them()
{
    let files = report(&Story::cancelled().await, &options()).await;
    let told = json_of(&files);
    assert_eq!(told["partial"], false);
    let outcomes = json!({"deleted": 1, "unattempted": 5, "unknown": 1});
    assert_eq!(told["outcomes"], outcomes);
    let said = &told["not_proven"].to_string();
    for sentence in [
        "1 ticket may or may not be deleted: no answer and no read proves it.",
        "5 tickets not attempted, or not again after a passing failure: not changed.",
    ] {
        assert!(said.contains(sentence), "{said}");
    }
    let rows = rows(&files);
    let evidence = [2, 5].map(|place: usize| &*rows[place]["evidence"]);
    let of_a_read = "get answered; the job ended before a change of it was carried out";
    assert_eq!(evidence, [of_a_read, "nothing was sent"]);
    let page = &files["report.html"];
    assert!(page.contains("<h1>1 of 7 tickets deleted</h1>"));
    let verdict =
        "6 tickets are not proven to be deleted: 5 for the reasons below, and of 1 nobody knows.";
    assert!(page.contains(verdict));
}

#[tokio::test]
async fn job_without_tickets_is_not_said_to_have_deleted_every_one() {
    let files = report(&Story::empty().await, &options()).await;
    let told = json_of(&files);
    assert_eq!(told["tickets"]["distinct"], 0);
    assert_eq!(
        (&told["outcomes"], &told["not_proven"]),
        (&json!({}), &json!([]))
    );
    let page = &files["report.html"];
    assert!(
        page.contains("<h1>0 tickets deleted</h1>") && page.contains("The list names no ticket.")
    );
    assert!(!page.contains("Every ticket is deleted"));
}
