//! What a report says of tickets that are, or may be, in a vendor's trash.

use ticket_core::provider::VendorJob;
use ticket_core::{Operation, Outcome};
use ticket_jobs::Ended;

use super::job::{LOST, NOT_FOUND, Story, options, outcome};
use super::{json_of, report, rows};

#[tokio::test]
async fn deleted_ticket_is_restorable_for_as_long_as_the_trash_of_its_account_keeps_it() {
    let files = report(&Story::ended().await, &options()).await;
    let rows = rows(&files);
    let of = |place: usize| [&*rows[place]["mode"], &*rows[place]["restorable_until"]];
    // Counted from when the call was recorded, before it was sent.
    assert_eq!(of(0), ["trash", "2026-12-28T22:00:00Z"]);
    assert_eq!(of(6), ["permanent", ""]);
    // Nobody knows when, or whether.
    assert_eq!(of(4), ["trash", ""]);
    assert!(files["report.html"].contains("can be restored for 30 days: it is not erased before."));
}

#[tokio::test]
async fn ticket_that_is_gone_after_a_lost_answer_is_said_to_be_perhaps_in_the_trash() {
    let story = Story::begun().await;
    story.call("eu", Operation::Delete, "11", LOST).await;
    story.call("eu", Operation::Get, "11", NOT_FOUND).await;
    story.settle(0, Outcome::AlreadyDone).await;
    let told = json_of(&report(&story, &options().partial(true)).await);
    let said = told["not_proven"].to_string();
    let sentence = "What is gone at eu may be in the vendor's trash and be restored for 30 days: it may not be erased before.";
    assert!(said.contains(sentence), "{said}");
}

#[tokio::test]
async fn time_to_restore_is_counted_from_the_first_delete_that_may_have_been_carried_out() {
    let story = Story::begun().await;
    let accepted = Ended::Accepted {
        job: VendorJob::new("V3-1"),
        status: Some(200),
    };
    // The vendor accepts one delete at 22:00:00, and says hours later that it is carried out.
    story.call("eu", Operation::Delete, "11", accepted).await;
    // The answer to another one, at 22:00:01, is lost. One at 22:00:02 certainly changes nothing.
    story.call("eu", Operation::Delete, "13", LOST).await;
    story.call("eu", Operation::Delete, "15", NOT_FOUND).await;
    story.wait(6 * 60).await;
    story
        .call("eu", Operation::Job, "11", Ended::Answered)
        .await;
    for id in ["13", "15"] {
        story
            .call("eu", Operation::Delete, id, Ended::Answered)
            .await;
    }
    // No delete of this one is recorded.
    story
        .call("eu", Operation::Get, "16", Ended::Answered)
        .await;
    for seq in [0, 2, 4, 5] {
        story.settle(seq, Outcome::Done).await;
    }
    let rows = rows(&report(&story, &options().partial(true)).await);
    let until = [0, 2, 4, 5].map(|place: usize| &*rows[place]["restorable_until"]);
    let expected = [
        "2026-12-28T22:00:00Z",
        "2026-12-28T22:00:01Z",
        "2026-12-29T04:00:05Z",
        "",
    ];
    assert_eq!(until, expected);
}

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
