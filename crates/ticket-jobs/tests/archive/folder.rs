//! Which folders are archives, and what becomes of what killed writers left.

use std::fs;
use std::io::Write as _;

use ticket_core::ErrorKind;
use ticket_jobs::archive::{Archive, KeepOptions};

use crate::desk::Desk;
use crate::{files, is_verified, keep, settled};

#[tokio::test]
async fn folder_of_something_else_or_of_a_newer_version_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |why: &str| {
        let before = files(dir.path());
        let error = Archive::open(dir.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(why), "{error}");
        assert_eq!(files(dir.path()), before);
    };
    fs::write(dir.path().join("letters.txt"), "mine").unwrap();
    refused("is not an archive and not empty");
    assert!(
        Archive::read(dir.path())
            .unwrap_err()
            .message()
            .starts_with("there is no archive in")
    );
    fs::remove_file(dir.path().join("letters.txt")).unwrap();
    for (mark, why) in [
        (
            "{\"format\":\"tickets-archive\",\"version\":2}",
            "this archive has version 2 of its format",
        ),
        (
            "{\"format\":\"tickets-report\",\"version\":1}",
            "this is no archive: it does not begin with the format tickets-archive",
        ),
        ("", "this is no archive"),
    ] {
        fs::write(dir.path().join("archive.json"), mark).unwrap();
        refused(why);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn archive_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("a/b");
    let archive = Archive::open(&dir).unwrap();
    let desk = Desk::new(&["7"]);
    keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    let mode = |path: &str| fs::metadata(dir.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(["", "eu", "eu/7", "files"].map(mode), [0o700; 4]);
    let mut names = files(&dir);
    names.retain(|name, _| !name.starts_with(".tmp-"));
    for name in names.keys() {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    drop(archive);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o770)).unwrap();
    let error = Archive::open(&dir).unwrap_err();
    assert!(
        error.message().contains("others can write the archive"),
        "{error}"
    );
    assert!(error.message().contains("chmod go-w"), "{error}");
}

/// What a writer leaves that is killed between moving the earlier entry away and moving the new one into its place.
#[tokio::test]
async fn entry_that_a_killed_writer_had_moved_away_is_put_back() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["7", "8"]);
    for id in ["7", "8"] {
        keep(&archive, &desk, id, KeepOptions::default())
            .await
            .unwrap();
    }
    drop(archive);
    let whole = files(dir.path());
    let left = dir.path().join(".tmp-0123456789abcdef");
    fs::create_dir_all(left.join("0/old/eu")).unwrap();
    fs::create_dir_all(left.join("0/entry")).unwrap();
    fs::write(left.join("lock"), "").unwrap();
    fs::write(left.join("0/entry/ticket.json"), "{}").unwrap();
    fs::rename(dir.path().join("eu/7"), left.join("0/old/eu/7")).unwrap();
    fs::write(dir.path().join(".tmp-abcdef"), "half of a mark").unwrap();
    let mut wrong = Vec::new();
    Archive::read(dir.path())
        .unwrap()
        .verify(|one| wrong.push(one.path))
        .unwrap();
    assert_eq!(wrong, [".tmp-0123456789abcdef", ".tmp-abcdef"]);
    let archive = Archive::open(dir.path()).unwrap();
    assert!(archive.find("eu", &"7".into()).unwrap().is_some());
    is_verified(&archive);
    drop(archive);
    assert_eq!(files(dir.path()), whole);
}

#[tokio::test]
async fn folder_of_a_writer_at_work_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let first = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["7"]);
    let second = Archive::open(dir.path()).unwrap();
    drop(second);
    keep(&first, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    is_verified(&first);
}

#[tokio::test]
async fn archive_that_is_only_read_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    drop(Archive::open(dir.path()).unwrap());
    let before = files(dir.path());
    let archive = Archive::read(dir.path()).unwrap();
    let desk = Desk::new(&["7"]);
    let error = keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap_err();
    assert!(
        error.message().ends_with("was opened to be read"),
        "{error}"
    );
    assert_eq!(files(dir.path()), before);
}

#[tokio::test]
async fn archive_that_cannot_be_written_claims_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::open(dir.path()).unwrap();
    let desk = Desk::new(&["7", "8"]);
    keep(&archive, &desk, "7", KeepOptions::default())
        .await
        .unwrap();
    let before = settled(dir.path());
    // The place of the new entry is taken.
    let mut file = fs::File::create(dir.path().join("eu/8")).unwrap();
    file.write_all(b"mine").unwrap();
    let error = keep(&archive, &desk, "8", KeepOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.message().contains("is not a folder"), "{error}");
    fs::remove_file(dir.path().join("eu/8")).unwrap();
    // The folder was removed under the writer.
    fs::remove_dir_all(dir.path().join("files")).unwrap();
    let error = keep(&archive, &desk, "8", KeepOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(archive.find("eu", &"8".into()).unwrap().is_none());
    let mut after = settled(dir.path());
    after.extend(
        before
            .clone()
            .into_iter()
            .filter(|(name, _)| name.starts_with("files/")),
    );
    assert_eq!(after, before);
}
