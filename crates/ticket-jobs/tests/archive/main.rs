//! Archives: what is in them, what is never in them, and what the vendor saw.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod desk;
mod exports;
mod folder;
mod verified;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use desk::Desk;
use futures_util::FutureExt as _;
use ticket_core::{Effect, Error, ErrorKind, Operation, Result, Tickets};
use ticket_jobs::archive::{Archive, KeepOptions, Kept, LackReason, Place};

pub(crate) fn place() -> Place {
    Place::new("eu", "desk").host("desk.example.com".to_owned())
}

/// All files in a folder, by their paths in it.
pub(crate) fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap();
            found.insert(name.to_owned(), fs::read(&path).unwrap());
        }
    }
    found
}

/// What no writer is working on.
pub(crate) fn settled(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(dir);
    files.retain(|name, _| !name.starts_with(".tmp-"));
    files
}

pub(crate) async fn keep(
    archive: &Archive,
    desk: &Desk,
    id: &str,
    options: KeepOptions,
) -> Result<Kept> {
    let tickets = desk.handle();
    let ticket = tickets.get(id).await?;
    archive.keep(&place(), &tickets, &ticket, options).await
}

pub(crate) fn is_verified(archive: &Archive) {
    let mut wrong = Vec::new();
    archive.verify(|one| wrong.push(one)).unwrap();
    assert_eq!(wrong, []);
}

#[tokio::test]
async fn archived_ticket_is_the_vendors_json_with_all_messages_and_files() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path().join("a")).unwrap();
    let desk = Desk::new(&["7"]);
    let kept = keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    assert_eq!(kept.lacks, []);
    assert!(!kept.was_there);
    let calls = [
        "get 7",
        "messages 7 1",
        "messages 7 2",
        "attachments 7",
        "download 7/f1",
        "end of file",
        "download 7/f2",
        "end of file",
    ];
    assert_eq!(desk.calls(), calls);
    let files = settled(archive.dir());
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert_eq!(
        text("archive.json"),
        "{\"format\":\"tickets-archive\",\"version\":1}\n"
    );
    assert_eq!(text("eu/7/ticket.json"), "{\"no\":  \"7\",\"changes\":0.0}");
    let messages =
        "[\n{\"text\" : \"1 of 7\"},\n{\"text\" : \"2 of 7\"},\n{\"text\" : \"3 of 7\"}\n]\n";
    assert_eq!(text("eu/7/messages.json"), messages);
    let entry: serde_json::Value = serde_json::from_str(&text("eu/7/entry.json")).unwrap();
    assert_eq!(entry["format"], "tickets-archive-entry");
    assert_eq!(entry["version"], 1);
    let about = ["account", "provider", "host", "id"].map(|name| entry[name].as_str().unwrap());
    assert_eq!(about, ["eu", "desk", "desk.example.com", "7"]);
    assert_eq!(entry["ticket"]["subject"], "Subject of 7");
    assert_eq!(entry["ticket"]["updated_at"], "2026-10-16T11:00:00Z");
    assert_eq!(entry["messages"], 3);
    assert_eq!(entry["lacks"], serde_json::json!([]));
    let attachments = entry["attachments"].as_array().unwrap();
    let names: Vec<_> = attachments
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["../same.txt", "own.bin"]);
    for (one, bytes) in attachments
        .iter()
        .zip([&b"the same everywhere"[..], b"\x007"])
    {
        let sha256 = one["sha256"].as_str().unwrap();
        assert_eq!(files[&format!("files/{sha256}")], bytes);
        assert_eq!(one["size"], bytes.len());
    }
    assert_eq!(files.len(), 6, "{:?}", files.keys());
    let found = archive.find("eu", &"7".into()).unwrap().unwrap();
    assert_eq!(found.entry.messages, Some(3));
    assert!(archive.find("us", &"7".into()).unwrap().is_none());
    is_verified(&archive);
    // The same again is the same.
    let again = keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    assert_eq!((&again.sha256, again.was_there), (&kept.sha256, true));
    assert_eq!(settled(archive.dir()), files);
    let path = archive.dir().to_owned();
    drop(archive);
    assert_eq!(self::files(&path), files);
}

#[tokio::test]
async fn what_the_vendor_does_not_let_one_read_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::with_operations(&["7"], &[Operation::Get]);
    let kept = keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    let lacks: Vec<_> = kept
        .lacks
        .iter()
        .map(|lack| (&*lack.what, lack.because, &*lack.why))
        .collect();
    let expected = [
        (
            "messages",
            LackReason::Unsupported,
            "the vendor documents no way to read a ticket's messages",
        ),
        (
            "attachments",
            LackReason::Unsupported,
            "the vendor documents no way to list a ticket's files",
        ),
    ];
    assert_eq!(lacks, expected);
    assert_eq!(desk.calls(), ["get 7"]);
    let desk = Desk::with_operations(&["8"], &[Operation::Get, Operation::Attachments]);
    let kept = keep(&archive, &desk, "8", KeepOptions::default())
        .await
        .unwrap();
    let what: Vec<_> = kept.lacks.iter().map(|lack| &*lack.why).collect();
    assert_eq!(
        what[1..],
        ["the vendor documents no way to read an attached file"]
    );
    let entry = archive.find("eu", &"8".into()).unwrap().unwrap().entry;
    let attachments = entry.attachments.unwrap();
    assert_eq!((attachments.len(), &attachments[0].sha256), (2, &None));
    is_verified(&archive);
}

#[tokio::test]
async fn ticket_of_which_a_part_cannot_be_read_is_not_archived_unless_it_may_be_missing() {
    let refused = || Error::new(ErrorKind::Forbidden, "this is not for you").with_status(403);
    for (call, what) in [
        ("messages 7 1", "messages"),
        ("messages 7 2", "messages"),
        ("attachments 7", "attachments"),
        ("download 7/f1", "attachment 7/f1"),
        ("end of file", "attachment 7/f1"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        let desk = Desk::new(&["7"]);
        desk.fail(call, refused());
        let before = settled(dir.path());
        let error = keep(&archive, &desk, "7", KeepOptions::default())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Forbidden, Effect::None)
        );
        let expected = format!("{what} cannot be read: this is not for you");
        assert_eq!(error.message(), expected);
        assert_eq!(settled(dir.path()), before, "{call}");
        let options = KeepOptions::default().missing_ok();
        let kept = keep(&archive, &desk, "7", options).await.unwrap();
        assert_eq!(kept.lacks[0].what, what);
        assert_eq!(kept.lacks[0].because, LackReason::Unreadable);
        let why = "it could not be read: this is not for you (HTTP 403)";
        assert_eq!(kept.lacks[0].why, why);
        is_verified(&archive);
    }
    // What concerns every ticket is no reason to delete one without its messages.
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    for kind in [
        ErrorKind::Unauthenticated,
        ErrorKind::QuotaExhausted,
        ErrorKind::Connect,
    ] {
        let desk = Desk::new(&["7"]);
        desk.fail("messages 7 1", Error::new(kind, "no"));
        let options = KeepOptions::default().missing_ok();
        let error = keep(&archive, &desk, "7", options).await.unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[tokio::test]
async fn file_of_another_length_than_listed_is_not_archived() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["7"]);
    desk.state().lying_size = true;
    let error = keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap_err();
    assert!(
        error
            .message()
            .ends_with("the vendor sent 19 bytes and lists the file with 20"),
        "{error}"
    );
    assert_eq!(settled(dir.path()).len(), 1);
}

/// Each call once as the one at which the writer is dropped.
#[tokio::test]
async fn writer_that_is_dropped_at_any_step_leaves_the_earlier_entry_or_nothing() {
    let whole = tempfile::tempdir().unwrap();
    let desk = Desk::new(&["7"]);
    keep(
        &Archive::open(whole.path()).unwrap(),
        &desk,
        "7",
        KeepOptions::default(),
    )
    .await
    .unwrap();
    let steps = desk.calls().len();
    assert_eq!(steps, 8);
    let dir = tempfile::tempdir().unwrap();
    for step in 1..=steps {
        let archive = Archive::open(dir.path()).unwrap();
        desk.state().hangs_at = Some(step);
        desk.calls();
        let mut work = Box::pin(keep(&archive, &desk, "7", KeepOptions::default()));
        while desk.state().log.len() < step {
            assert!(work.as_mut().now_or_never().is_none(), "{step}");
            // A page that is read ahead is read by a task.
            tokio::task::yield_now().await;
        }
        assert!(work.as_mut().now_or_never().is_none(), "{step}");
        drop(work);
        drop(archive);
        let left = files(dir.path());
        assert_eq!(left.keys().collect::<Vec<_>>(), ["archive.json"], "{step}");
    }
    desk.state().hangs_at = None;
    let archive = Archive::open(dir.path()).unwrap();
    keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    drop(archive);
    assert_eq!(files(dir.path()), files(whole.path()));
    // The earlier entry stays.
    desk.change("7");
    for step in 1..=steps {
        let archive = Archive::open(dir.path()).unwrap();
        desk.state().hangs_at = Some(step);
        desk.calls();
        let mut work = Box::pin(keep(&archive, &desk, "7", KeepOptions::default()));
        assert!(work.as_mut().now_or_never().is_none(), "{step}");
        drop(work);
        drop(archive);
        assert_eq!(files(dir.path()), files(whole.path()), "{step}");
    }
}

#[tokio::test]
async fn ticket_that_has_changed_replaces_its_entry_and_keeps_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["7"]);
    keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    desk.change("7");
    let kept = keep(
        &archive,
        &desk,
        "7",
        KeepOptions::default().without_attachments(),
    )
    .await
    .unwrap();
    assert!(!kept.was_there);
    let entry = archive.find("eu", &"7".into()).unwrap().unwrap().entry;
    assert_eq!(entry.attachments.unwrap().len(), 2);
    let text = fs::read_to_string(dir.path().join("eu/7/ticket.json")).unwrap();
    assert_eq!(text, desk.raw_of("7"));
    is_verified(&archive);
}

/// What the archive has is kept where it cannot be read any more, so that no file of it becomes unused.
#[tokio::test]
async fn part_that_cannot_be_read_any_more_stays_as_it_was_archived() {
    for (call, what) in [
        ("messages 7 1", "messages"),
        ("messages 7 2", "messages"),
        ("attachments 7", "attachments"),
        ("download 7/f1", "attachment 7/f1"),
        ("end of file", "attachment 7/f1"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        let desk = Desk::new(&["7"]);
        let keep = async || keep(&archive, &desk, "7", KeepOptions::default().missing_ok()).await;
        let first = keep().await.unwrap();
        assert_eq!(first.lacks, []);
        let before = archive.find("eu", &"7".into()).unwrap().unwrap().entry;
        desk.change("7");
        let gone = Error::new(ErrorKind::NotFound, "no such ticket").with_status(404);
        desk.fail(call, gone);
        desk.calls();
        let kept = keep().await.unwrap();
        assert!(desk.calls().iter().any(|made| made == call), "{call}");
        assert_eq!(kept.lacks[0].what, what);
        let why =
            "it could not be read: no such ticket (HTTP 404); what was archived before is kept";
        assert_eq!(kept.lacks[0].why, why);
        let text = fs::read_to_string(dir.path().join("eu/7/ticket.json")).unwrap();
        assert_eq!(text, desk.raw_of("7"));
        let entry = archive.find("eu", &"7".into()).unwrap().unwrap().entry;
        assert_eq!(entry.messages, before.messages, "{call}");
        assert_eq!(entry.parts[1], before.parts[1], "{call}");
        assert_eq!(entry.attachments, before.attachments, "{call}");
        is_verified(&archive);
    }
}

#[tokio::test]
async fn any_id_is_a_folder_of_its_own_inside_the_archive() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a");
    let archive = Archive::open(&dir).unwrap();
    let (long, longer) = ("x".repeat(200), "x".repeat(201));
    let ids = [
        "../x",
        "..",
        "/etc/passwd",
        "A",
        "a",
        "a\\b",
        "files",
        "é",
        "con",
        &*long,
        &*longer,
    ];
    // A handle refuses ids that are paths, but whoever wrote a provider may not.
    let tickets = Tickets::bare(Arc::new(Desk::new(&ids)));
    for id in ids {
        let options = KeepOptions::default().without_attachments();
        let ticket = tickets.get(id).await.unwrap();
        archive
            .keep(&place(), &tickets, &ticket, options)
            .await
            .unwrap();
    }
    let mut found: Vec<_> = archive
        .entries()
        .map(|one| one.unwrap().entry.id.to_string())
        .collect();
    found.sort();
    let mut expected: Vec<_> = ids.iter().map(|id| (*id).to_owned()).collect();
    expected.sort();
    assert_eq!(found, expected);
    let folders = fs::read_dir(dir.join("eu"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut small: Vec<_> = folders.map(|name| name.to_lowercase()).collect();
    small.sort();
    small.dedup();
    assert_eq!(small.len(), ids.len());
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    is_verified(&archive);
}

#[tokio::test]
async fn two_writers_of_one_ticket_do_not_mix_their_entries() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::new(&["7"]);
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (archive, desk) = (Archive::open(dir.path()).unwrap(), desk.clone());
        writers.spawn(async move {
            for _ in 0..10 {
                desk.change("7");
                keep(&archive, &desk, "7", KeepOptions::default())
                    .await
                    .unwrap();
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    is_verified(&Archive::open(dir.path()).unwrap());
    let names: Vec<_> = files(dir.path()).into_keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
}

/// The files are written in a task that ends by itself.
#[test]
fn writer_that_is_dropped_while_it_writes_leaves_a_whole_entry_or_none() {
    let dir = tempfile::tempdir().unwrap();
    let desk = Desk::new(&["7"]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let archive = Archive::open(dir.path()).unwrap();
        let mut work = Box::pin(keep(&archive, &desk, "7", KeepOptions::default()));
        // Until everything was read.
        while desk.state().log.len() < 8 {
            assert!(work.as_mut().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert!(work.as_mut().now_or_never().is_none());
    });
    // Waits for the task, if it has begun.
    drop(runtime);
    let archive = Archive::read(dir.path()).unwrap();
    let entries = archive.entries().count();
    let expected = if entries == 0 { 1 } else { 6 };
    assert_eq!(files(dir.path()).len(), expected);
    is_verified(&archive);
}
