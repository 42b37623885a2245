//! The part of a report that is about an erasure.

use serde_json::json;
use ticket_core::Operation;
use ticket_jobs::{
    AccountSearch, Again, Claim, Confirmed, Erasure, JobAccount, Ledger as _, Listed, LookedAgain,
    MemoryLedger, NewJob, PersonHash,
};

use super::job::{MADE_AT, SCRIPT, Story, options};
use super::{files, json_of, report, rows};

#[tokio::test]
async fn erasure_is_reported_with_what_is_still_at_the_vendor_and_what_was_not_searched() {
    let story = Story::erased().await;
    let files = report(&story, &options()).await;
    let told = json_of(&files);
    let erasure = &told["erasure"];
    assert_eq!(erasure["complete"], json!(false));
    let fates = json!({
        "in_trash": 1, "already_gone": 1, "not_looked_at_again": 1, "failed": 1, "unknown": 1, "unattempted": 1, "erased": 1,
    });
    assert_eq!(erasure["fates"], fates);
    let account = |index: usize, field: &str| erasure["accounts"][index][field].clone();
    // In the trash, not looked at again, unknown, and unattempted.
    assert_eq!(account(0, "still_at_vendor"), json!(2));
    let rows = rows(&files);
    let until = &rows[0]["in_trash_until"];
    assert!(until.starts_with("2026-12-28"), "{until}");
    assert_eq!(account(0, "in_trash_until"), json!(until));
    assert_eq!(account(1, "fates")["erased"], json!(1));
    assert_eq!(account(1, "still_at_vendor"), json!(1));
    assert_eq!(account(2, "fates"), json!({}));
    let why = &erasure["accounts"][2]["search"]["not_searched"];
    assert_eq!(why, "the vendor documents no way to list tickets");
    // Of the first person are all tickets, of the second each other one.
    let people = erasure["people"].as_array().unwrap();
    let count = |index: usize| people[index]["fates"].as_object().unwrap().len();
    assert_eq!((people.len(), count(0), count(1)), (2, 7, 3));
    assert_eq!(people[0]["person"], "0a".repeat(32));
    let looked = |name: &str| {
        erasure[name]
            .as_str()
            .unwrap()
            .parse::<jiff::Timestamp>()
            .unwrap()
    };
    let seconds =
        looked("looked_again_until").as_second() - looked("looked_again_from").as_second();
    assert_eq!(seconds, 60);
    let by = looked("prune_archive_by").as_second();
    assert!(
        (MADE_AT + 29 * 86_400..MADE_AT + 31 * 86_400).contains(&by),
        "{by}"
    );
    assert_eq!(erasure["archive"], "/srv/archive");

    let told_of = rows
        .iter()
        .map(|row| (row["fate"].as_str(), row["people"].len()));
    let expected = [
        ("in_trash", 64),
        ("already_gone", 129),
        ("not_looked_at_again", 64),
        ("failed", 129),
        ("unknown", 64),
        ("unattempted", 129),
        ("erased", 64),
        ("in_trash", 64),
    ];
    assert_eq!(told_of.collect::<Vec<_>>(), expected);
    assert!(rows.iter().all(|row| row["subject"].is_empty()));
    let looked = |place: usize| rows[place]["looked_again_at"].is_empty();
    assert_eq!([0, 1, 2, 6].map(looked), [false, false, true, false]);

    let missing: Vec<_> = told["not_proven"].as_array().unwrap().iter().collect();
    for sentence in [
        "1 ticket of eu: nobody knows whose, since they could not be read or the vendor does not tell.",
        "crm was not searched, or not to its end: the vendor documents no way to list tickets.",
        "1 ticket said to be deleted or gone, and not looked at again yet: not erased as far as is known.",
        "1 ticket gone before a delete of this job was confirmed: nobody knows whether for good.",
        "Not looked at: mail that tickets came by or were answered with; backups; the vendors' logs; other systems that \
         tickets were copied to.",
    ] {
        assert!(
            missing.iter().any(|one| *one == sentence),
            "{sentence}: {missing:?}"
        );
    }
    assert!(missing.iter().any(|one| {
        one.as_str()
            .unwrap()
            .starts_with("The archive /srv/archive holds")
    }));
}

#[tokio::test]
async fn page_of_an_erasure_says_whether_it_is_complete_and_runs_nothing() {
    let story = Story::erased().await;
    let page = report(&story, &options()).await["report.html"].clone();
    for words in [
        "1 of 7 tickets erased",
        "Not complete, for the reasons below.",
        "Asked for the tickets of <strong>2 people</strong>, of whom 2 have tickets that were found",
        "each ticket was read with its conversation",
        "900 tickets listed, 900 read, 899 with their conversation",
        "1 in the trash until 2026-12-28",
        "deleted for good, and gone when looked at again",
        "it has to be pruned by",
        "backups; the vendors' logs",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // Of an account that was not searched no counts are told.
    assert_eq!(page.matches(" with their conversation<").count(), 2);
    assert!(!page.contains(SCRIPT) && page.contains("&lt;script&gt;"));
    assert!(!page.contains(&"0a".repeat(32)));
    let other = Story::ended().await;
    let page = report(&other, &options()).await["report.html"].clone();
    assert!(!page.contains("Erasure"));
}

/// An erasure of one ticket that is deleted for good, looked at again with this result.
async fn simple(again: Again, search: AccountSearch) -> serde_json::Value {
    let ledger = MemoryLedger::new();
    let person: PersonHash = "0a".repeat(32).parse().unwrap();
    let erasure = Erasure::new("key", [person]).search(search);
    let job = ledger.create(NewJob::erasure(erasure)).await.unwrap();
    let listed = Listed {
        seq: 0,
        account: "us".to_owned(),
        id: "1".into(),
        version: None,
        people: vec![person],
    };
    ledger.add(&job, vec![listed]).await.unwrap();
    let mut account = JobAccount::new("us", "sweeppea://us", 1);
    account.removal = ticket_core::provider::Removal::Permanent;
    ledger.seal(&job, vec![account], None).await.unwrap();
    let confirmed = Confirmed::new(ledger.now(), "ada@host");
    ledger.confirm(&job, confirmed).await.unwrap();
    let worker = ledger.begin(&job).await.unwrap();
    let claim = ledger.claim(worker, "us").await.unwrap();
    assert!(matches!(claim, Claim::Tickets(_)));
    let outcomes = vec![(0, ticket_core::Outcome::Done)];
    ledger.settle(worker, outcomes).await.unwrap();
    let looks = vec![(0, LookedAgain::new(ledger.now(), again))];
    ledger.looked_again(&job, looks).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report");
    ticket_jobs::report::write(&ledger, &job, &to, &options())
        .await
        .unwrap();
    let files = files(&to);
    let page = &files["report.html"];
    let complete = json_of(&files)["erasure"]["complete"].clone();
    let words = "Each ticket that was found is erased, and each account was searched.";
    assert_eq!(page.contains(words), complete == json!(true), "{again:?}");
    assert_eq!(
        page.contains("class=\"verdict good\""),
        complete == json!(true)
    );
    complete
}

#[tokio::test]
async fn erasure_is_complete_only_if_all_is_erased_and_all_was_searched() {
    let searched = || AccountSearch::new("us", "sweeppea").how("the vendor's own filter");
    assert_eq!(simple(Again::Gone, searched()).await, json!(true));
    assert_eq!(simple(Again::Unknown, searched()).await, json!(false));
    assert_eq!(simple(Again::There, searched()).await, json!(false));
    let error = ticket_core::Error::unsupported("sweeppea", Operation::List);
    assert_eq!(
        simple(Again::Gone, searched().not_searched(&error)).await,
        json!(false)
    );
}
