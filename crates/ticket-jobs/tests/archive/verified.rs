//! `verify` and `prune`.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use ticket_core::TicketRef;
use ticket_jobs::archive::{Archive, KeepOptions, Removed};

use crate::desk::Desk;
use crate::{files, is_verified, keep, settled};

async fn archive_of(dir: &Path, ids: &[&str]) -> (Archive, Desk) {
    let archive = Archive::open(dir).unwrap();
    let desk = Desk::new(ids);
    for id in ids {
        keep(&archive, &desk, id, KeepOptions::default())
            .await
            .unwrap();
    }
    (archive, desk)
}

fn contradictions(archive: &Archive) -> Vec<(String, String)> {
    let mut wrong = Vec::new();
    let counts = archive
        .verify(|one| wrong.push((one.path, one.what)))
        .unwrap();
    assert_eq!(usize::try_from(counts.contradictions).unwrap(), wrong.len());
    wrong
}

#[tokio::test]
async fn one_changed_byte_anywhere_is_found_and_mended_by_the_next_writer() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, desk) = archive_of(dir.path(), &["7", "8"]).await;
    let whole = settled(dir.path());
    let counts = archive.verify(|_| ()).unwrap();
    assert_eq!((counts.entries, counts.files, counts.unused), (2, 3, 0));
    for (name, bytes) in &whole {
        for place in (0..bytes.len()).step_by(1 + bytes.len() / 12) {
            let path = dir.path().join(name);
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).unwrap();
            if name == "archive.json" {
                match Archive::read(dir.path()) {
                    Ok(archive) => assert_eq!(contradictions(&archive).len(), 1),
                    Err(error) => assert!(error.message().contains("archive.json"), "{error}"),
                }
                fs::write(&path, bytes).unwrap();
                continue;
            }
            let wrong = contradictions(&archive);
            assert!(
                wrong.iter().any(|(path, _)| path == name),
                "{name} {place}: {wrong:?}"
            );
            for id in ["7", "8"] {
                keep(&archive, &desk, id, KeepOptions::default())
                    .await
                    .unwrap();
            }
            assert_eq!(settled(dir.path()), whole, "{name} {place}");
        }
    }
}

#[tokio::test]
async fn what_is_missing_and_what_belongs_to_nothing_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, _) = archive_of(dir.path(), &["7", "8", "9"]).await;
    let path = |name: &str| dir.path().join(name);
    fs::remove_file(path("eu/7/messages.json")).unwrap();
    fs::remove_file(path("eu/8/entry.json")).unwrap();
    fs::rename(path("eu/9"), path("eu/10")).unwrap();
    fs::write(path("eu/7/notes.txt"), "x").unwrap();
    fs::write(path("letter"), "x").unwrap();
    fs::write(path("files/abc"), "x").unwrap();
    let wrong = contradictions(&archive);
    let has = |path: &str, what: &str| {
        let found = wrong
            .iter()
            .any(|(at, why)| at == path && why.contains(what));
        assert!(found, "{path}: {wrong:#?}");
    };
    has("eu/7/messages.json", "it cannot be read");
    has("eu/7/notes.txt", "its entry does not name it");
    has("eu/8", "it has no entry.json");
    has("eu/10/entry.json", "it is of the ticket eu:9");
    has("letter", "it does not belong to the archive");
    has("files/abc", "its bytes have changed");
    assert_eq!(wrong.len(), 6, "{wrong:#?}");
}

fn age(path: &Path, days: u64) {
    let file = fs::File::options().append(true).open(path).unwrap();
    let time = SystemTime::from(Timestamp::from_second(1_792_148_400).unwrap());
    let before = std::time::Duration::from_secs(days * 86_400);
    file.set_modified(time - before).unwrap();
}

#[tokio::test]
async fn old_entries_are_removed_with_the_files_that_nobody_else_uses() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, _) = archive_of(dir.path(), &["7", "8"]).await;
    let whole = settled(dir.path());
    age(&dir.path().join("eu/7/entry.json"), 31);
    age(&dir.path().join("eu/8/entry.json"), 29);
    let before = Timestamp::from_second(1_792_148_400 - 30 * 86_400).unwrap();
    let mut removed = Vec::new();
    let pruned = archive.prune(before, |one| removed.push(one)).unwrap();
    assert_eq!((pruned.entries, pruned.files), (1, 1));
    assert_eq!(removed[0], Removed::Entry(TicketRef::new("eu", "7")));
    assert!(matches!(removed[1], Removed::File(_)));
    let left = settled(dir.path());
    assert!(left.iter().all(|(name, bytes)| whole[name] == *bytes));
    // The parts of one entry and its own file.
    assert_eq!(left.len(), whole.len() - 4);
    is_verified(&archive);
    let all = archive.prune(Timestamp::MAX, |_| ()).unwrap();
    assert_eq!((all.entries, all.files), (1, 2));
    drop(archive);
    assert_eq!(files(dir.path()).len(), 1);
    assert!(!dir.path().join("eu").exists());
}

#[tokio::test]
async fn no_file_is_removed_while_an_entry_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let (archive, _) = archive_of(dir.path(), &["7", "8"]).await;
    fs::write(dir.path().join("eu/7/entry.json"), "{").unwrap();
    let error = archive.prune(Timestamp::MAX, |_| ()).unwrap_err();
    assert!(error.message().contains("eu/7/entry.json"), "{error}");
    assert_eq!(fs::read_dir(dir.path().join("files")).unwrap().count(), 3);
}
