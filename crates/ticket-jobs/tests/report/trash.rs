//! The report of a permanent delete: a ticket whose delete went well and whose purge failed is not said to be unchanged.

use ticket_core::{Operation, Outcome};
use ticket_jobs::Ended;

use super::job::{NOT_FOUND, Story, options, outcome};
use super::{json_of, report, rows};

#[tokio::test]
async fn ticket_whose_purge_failed_is_not_said_to_be_unchanged() {
    let story = Story::permanent().await;
    let refused = "the credentials do not allow this";
    let in_trash = format!("{refused}; it was deleted before, and may still be in the trash");
    for (id, seq, message) in [("11", 0, &*in_trash), ("13", 2, refused)] {
        let failed = outcome("failed", "forbidden", message, None);
        story
            .call("eu", Operation::Delete, id, Ended::Answered)
            .await;
        story.call("eu", Operation::Purge, id, NOT_FOUND).await;
        story.settle(seq, failed).await;
    }
    story.settle(1, Outcome::Done).await;
    let files = report(&story, &options().partial(true)).await;
    let told = json_of(&files);
    assert_eq!(told["outcomes"]["failed"], 2);
    assert_eq!(told["erasure"]["fates"]["failed"], 2);
    let said: Vec<_> = told["not_proven"].as_array().unwrap().iter().collect();
    for sentence in [
        "1 ticket failed after a delete: not deleted for good, and may still be in the vendor's trash.",
        "1 ticket failed: not deleted for good, and not changed as far as is known.",
    ] {
        assert!(said.iter().any(|one| *one == sentence), "{said:?}");

        assert!(files["report.html"].contains(sentence), "{sentence}");
    }
    let words = "Failed</th><td>not deleted for good, perhaps in the vendor's trash";
    assert!(files["report.html"].contains(words));
    let rows = rows(&files);
    let why = [0, 2].map(|place: usize| &*rows[place]["not_archived"]);
    let moved = "no entry is recorded, although the ticket was moved to the trash";
    assert_eq!(why, [moved, "the ticket was not changed"]);
    assert_eq!(rows[0]["message"], in_trash);
    // What a purge deletes cannot be restored.
    assert_eq!(
        [&*rows[0]["mode"], &*rows[0]["restorable_until"]],
        ["permanent", ""]
    );
}

#[tokio::test]
async fn ticket_that_another_change_failed_for_is_said_to_be_unchanged() {
    let told = json_of(&report(&Story::ended().await, &options()).await);
    let said = told["not_proven"].to_string();
    assert!(said.contains("1 ticket failed: not changed."), "{said}");
}
