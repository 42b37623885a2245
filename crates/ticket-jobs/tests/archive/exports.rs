//! Exports: what is read again, and how they end.

use futures_util::{FutureExt as _, StreamExt as _, stream};
use ticket_core::{Error, ErrorKind, Operation, Result, TicketQuery};
use ticket_jobs::archive::{Archive, KeepOptions};
use ticket_jobs::export::{Export, ExportOutcome, Exported, Wanted};

use crate::desk::Desk;
use crate::{files, is_verified, place, settled};

fn one_by_one(archive: &Archive, desk: &Desk) -> Export {
    let export = Export::new(archive.clone(), place(), desk.handle());
    export.concurrency(std::num::NonZeroUsize::MIN)
}

async fn export_list(
    archive: &Archive,
    desk: &Desk,
    options: KeepOptions,
) -> Vec<Result<Exported>> {
    let list = desk.handle().list_all(TicketQuery::new());
    let wanted = list.map(|ticket| ticket.map(Wanted::from));
    let work = one_by_one(archive, desk).options(options).run(wanted);
    work.collect().await
}

fn outcomes(all: &[Result<Exported>]) -> Vec<String> {
    let line = |one: &Result<Exported>| match one {
        Ok(one) => format!("{} {}", one.ticket, one.outcome.as_str()),
        Err(error) => format!("error {}", error.kind().as_str()),
    };
    all.iter().map(line).collect()
}

#[tokio::test]
async fn unchanged_tickets_are_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["1", "2", "3"]);
    let options = KeepOptions::default().without_attachments();
    let first = export_list(&archive, &desk, options).await;
    assert_eq!(
        outcomes(&first),
        ["eu:1 exported", "eu:2 exported", "eu:3 exported"]
    );
    let Ok(Exported {
        outcome: ExportOutcome::Exported(lacks),
        ..
    }) = &first[0]
    else {
        panic!("{first:?}");
    };
    assert_eq!(lacks[0].why, "it was not asked for");
    desk.calls();
    let before = files(dir.path());
    let again = export_list(&archive, &desk, options).await;
    assert_eq!(
        outcomes(&again),
        ["eu:1 unchanged", "eu:2 unchanged", "eu:3 unchanged"]
    );
    assert_eq!(desk.calls(), ["list"]);
    assert_eq!(files(dir.path()), before);
    desk.change("2");
    let again = export_list(&archive, &desk, options).await;
    assert_eq!(
        outcomes(&again),
        ["eu:1 unchanged", "eu:2 exported", "eu:3 unchanged"]
    );
    assert_eq!(
        desk.calls(),
        ["list", "get 2", "messages 2 1", "messages 2 2"]
    );
    // What was not asked for then is read now.
    let again = export_list(&archive, &desk, KeepOptions::default()).await;
    assert_eq!(
        outcomes(&again),
        ["eu:1 exported", "eu:2 exported", "eu:3 exported"]
    );
    is_verified(&archive);
}

#[tokio::test]
async fn tickets_named_by_id_are_read_once_to_see_whether_they_changed() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["1"]);
    for expected in ["exported", "unchanged"] {
        desk.calls();
        let wanted = stream::iter([Ok(Wanted::Named("1".into()))]);
        let all: Vec<_> = one_by_one(&archive, &desk).run(wanted).collect().await;
        assert_eq!(outcomes(&all), [format!("eu:1 {expected}")]);
    }
    assert_eq!(desk.calls(), ["get 1"]);
}

#[tokio::test]
async fn damaged_entry_of_an_unchanged_ticket_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["1"]);
    export_list(&archive, &desk, KeepOptions::default()).await;
    let whole = settled(dir.path());
    for name in whole.keys().filter(|name| *name != "archive.json") {
        std::fs::remove_file(dir.path().join(name)).unwrap();
        export_list(&archive, &desk, KeepOptions::default()).await;
        assert_eq!(settled(dir.path()), whole, "{name}");
    }
}

#[tokio::test]
async fn vendor_without_get_has_its_rows_archived() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::with_operations(&["1"], &[Operation::List]);
    let all = export_list(&archive, &desk, KeepOptions::default()).await;
    assert_eq!(outcomes(&all), ["eu:1 exported"]);
    assert_eq!(desk.calls(), ["list"]);
    let row = std::fs::read_to_string(dir.path().join("eu/1/ticket.json")).unwrap();
    assert_eq!(row, format!("[{}]", desk.raw_of("1")));
}

#[tokio::test]
async fn ticket_that_fails_is_told_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["1", "2", "3"]);
    desk.fail(
        "messages 2 2",
        Error::new(ErrorKind::Server, "the vendor failed"),
    );
    desk.state().gap = Some("the vendor contradicts itself".to_owned());
    let all = export_list(&archive, &desk, KeepOptions::default()).await;
    let expected = [
        "eu:1 exported",
        "eu:2 failed",
        "eu:3 exported",
        "error incomplete",
    ];
    assert_eq!(outcomes(&all), expected);
    assert_eq!(archive.entries().count(), 2);
}

#[tokio::test]
async fn what_fails_for_every_ticket_ends_the_export() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let ids: Vec<_> = (100..150).map(|id| id.to_string()).collect();
    let desk = Desk::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let refused = Error::new(ErrorKind::Unauthenticated, "wrong key");
    desk.fail("get 101", refused);
    let all = export_list(&archive, &desk, KeepOptions::default()).await;
    let expected = ["eu:100 exported", "eu:101 failed", "error unauthenticated"];
    assert_eq!(outcomes(&all), expected);
    // A vendor that is out of service is not asked for each of all tickets.
    for id in &ids {
        desk.fail(
            &format!("get {id}"),
            Error::new(ErrorKind::Timeout, "no answer"),
        );
    }
    let all = export_list(&archive, &desk, KeepOptions::default()).await;
    assert_eq!(all.len(), 12);
    assert_eq!(outcomes(&all)[11], "error timeout");
}

/// Each call once as the one at which the export is killed.
#[tokio::test]
async fn export_that_is_dropped_at_any_step_and_run_again_is_the_same_as_an_undisturbed_one() {
    let whole = tempfile::tempdir().unwrap();
    let desk = Desk::new(&["1", "2", "3"]);
    export_list(
        &Archive::open(whole.path()).unwrap(),
        &desk,
        KeepOptions::default(),
    )
    .await;
    let steps = desk.calls().len();
    for step in 1..=steps {
        let dir = tempfile::tempdir().unwrap();
        desk.state().hangs_at = Some(step);
        let archive = Archive::open(dir.path()).unwrap();
        let mut work = Box::pin(export_list(&archive, &desk, KeepOptions::default()));
        let reached = futures_util::future::poll_fn(|context| {
            // A task that writes an entry wakes this one.
            let _ = work.poll_unpin(context);
            if desk.state().log.len() == step {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        });
        reached.await;
        drop(work);
        desk.state().hangs_at = None;
        desk.calls();
        drop(archive);
        let archive = Archive::open(dir.path()).unwrap();
        is_verified(&archive);
        let all = export_list(&archive, &desk, KeepOptions::default()).await;
        assert_eq!(all.len(), 3);
        // What was archived is not read again.
        let calls = desk.calls();
        assert_eq!(
            outcomes(&all)
                .iter()
                .filter(|line| line.ends_with("exported"))
                .count()
                * 8
                + 1,
            calls.len()
        );
        drop(archive);
        assert_eq!(files(dir.path()), files(whole.path()), "{step}");
    }
}

#[tokio::test]
async fn two_exports_at_once_make_one_archive() {
    let (whole, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ids: Vec<_> = (1..30).map(|id| id.to_string()).collect();
    let desk = Desk::new(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    export_list(
        &Archive::open(whole.path()).unwrap(),
        &desk,
        KeepOptions::default(),
    )
    .await;
    let run = || async {
        let archive = Archive::open(dir.path()).unwrap();
        let all = export_list(&archive, &desk, KeepOptions::default()).await;
        assert!(
            all.iter().all(|one| !matches!(
                one,
                Ok(Exported {
                    outcome: ExportOutcome::Failed(_),
                    ..
                }) | Err(_)
            )),
            "{all:?}"
        );
    };
    tokio::join!(run(), run(), run());
    assert_eq!(files(dir.path()), files(whole.path()));
}

/// A vendor's times are rounded, so that a ticket may change twice with one time.
#[tokio::test]
async fn ticket_that_was_archived_right_after_its_last_change_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["1"]);
    export_list(&archive, &desk, KeepOptions::default()).await;
    let before = files(dir.path());
    let entry = std::fs::File::options()
        .append(true)
        .open(dir.path().join("eu/1/entry.json"));
    let changed = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_792_148_400);
    entry
        .unwrap()
        .set_modified(changed + std::time::Duration::from_secs(1))
        .unwrap();
    desk.calls();
    let again = export_list(&archive, &desk, KeepOptions::default()).await;
    // It is the same all the same.
    assert_eq!(outcomes(&again), ["eu:1 unchanged"]);
    assert!(desk.calls().contains(&"messages 1 1".to_owned()));
    assert_eq!(files(dir.path()), before);
    export_list(&archive, &desk, KeepOptions::default()).await;
    assert_eq!(desk.calls(), ["list"]);
}
