//! The folder of a report: its digests, its signature, and what is never replaced.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use ticket_core::{ErrorKind, Outcome};
use ticket_jobs::report::{sign, write};
use ticket_jobs::signature::{Namespace, verify};

use super::job::{Story, options};
use super::{files, is_there, json_of};

#[tokio::test]
async fn digests_are_those_of_the_files() {
    let story = Story::ended().await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path();
    let (_, written) = write(&story.ledger, &story.job, to, &options())
        .await
        .unwrap();
    let names: BTreeSet<_> = written.iter().map(|file| file.name.to_owned()).collect();
    let files = files(to);
    assert_eq!(names, files.keys().cloned().collect());
    let sums = &files["SHA256SUMS"];
    assert_eq!(sums.lines().count(), files.len() - 1);
    for file in written {
        assert_eq!(file.bytes, u64::try_from(files[file.name].len()).unwrap());
        let line = format!("{}  {}\n", file.sha256, file.name);
        assert_eq!(sums.contains(&line), file.name != "SHA256SUMS");
    }
    if is_there("sha256sum", "--version") {
        let check = || {
            let mut command = Command::new("sha256sum");
            let command = command.args(["--check", "--strict", "--quiet", "SHA256SUMS"]);
            command
                .current_dir(to)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap()
        };
        assert!(check().success());
        fs::write(to.join("calls.ndjson"), "{}\n").unwrap();
        assert!(!check().success());
    }
}

#[tokio::test]
async fn folder_with_something_else_is_refused_and_stays_as_it_is() {
    let (story, other) = (Story::ended().await, Story::ended().await);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path();
    fs::write(to.join("notes.txt"), "mine").unwrap();
    let refused = async || {
        let error = write(&story.ledger, &story.job, to, &options())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    assert!(
        refused()
            .await
            .contains("is not empty: it holds \"notes.txt\"")
    );
    assert_eq!(files(to).len(), 1);
    fs::remove_file(to.join("notes.txt")).unwrap();
    fs::write(to.join("outcomes.csv"), "mine").unwrap();
    assert!(refused().await.contains("is not the report of a job"));
    assert_eq!(files(to)["outcomes.csv"], "mine");
    fs::remove_file(to.join("outcomes.csv")).unwrap();

    write(&other.ledger, &other.job, to, &options())
        .await
        .unwrap();
    let before = files(to);
    let expected = format!("holds the report of job {}", other.job);
    assert!(refused().await.contains(&expected));
    assert_eq!(files(to), before);
}

#[tokio::test]
async fn report_that_fails_leaves_the_earlier_one_whole() {
    let story = Story::begun().await;
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path();
    let partial = options().partial(true);
    write(&story.ledger, &story.job, to, &partial)
        .await
        .unwrap();
    let before = files(to);
    story.settle(0, Outcome::Done).await;
    // A folder with the name of a file that is about to be written.
    let obstacle = to.join(".report.html.part");
    fs::create_dir(&obstacle).unwrap();
    let failed = write(&story.ledger, &story.job, to, &partial).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Config);
    fs::remove_dir(&obstacle).unwrap();
    assert_eq!(files(to), before);

    // What a process left that was killed is no obstacle.
    for name in [".outcomes.csv.part", ".SHA256SUMS.sig.part"] {
        fs::write(to.join(name), "half").unwrap();
    }
    write(&story.ledger, &story.job, to, &partial)
        .await
        .unwrap();
    let after = files(to);
    assert_eq!(json_of(&after)["outcomes"]["deleted"], 1);
    assert_eq!(
        after.keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn signature_is_of_the_digests_and_does_not_outlive_them() {
    if !is_there("ssh-keygen", "-?") {
        return;
    }
    let story = Story::ended().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    let mut command = Command::new("ssh-keygen");
    let command = command
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key);
    assert!(command.stdin(Stdio::null()).status().unwrap().success());
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = folder.path().join("allowed");
    fs::write(&allowed, format!("carol@example.com {public}")).unwrap();

    let to = folder.path().join("report");
    let signed = options().signed(true);
    write(&story.ledger, &story.job, &to, &signed)
        .await
        .unwrap();
    sign(&to, &key, |_| {}).await.unwrap();
    let with_signature = files(&to);
    let (sums, signature) = (
        &with_signature["SHA256SUMS"],
        &with_signature["SHA256SUMS.sig"],
    );
    let by = verify(Namespace::Report, sums.as_bytes(), signature, &allowed)
        .await
        .unwrap();
    assert_eq!(by.principal, "carol@example.com");
    assert!(with_signature["report.html"].contains("ssh-keygen -Y verify -n tickets-report"));
    assert!(
        verify(Namespace::Report, b"else", signature, &allowed)
            .await
            .is_err()
    );

    write(&story.ledger, &story.job, &to, &options())
        .await
        .unwrap();
    assert!(!files(&to).contains_key("SHA256SUMS.sig"));
}
