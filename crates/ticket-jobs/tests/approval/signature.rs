//! Signatures, made and checked with the real `ssh-keygen`.

use std::fs;
use std::path::Path;
use std::process::Command;

use ticket_core::{Error, ErrorKind};
use ticket_jobs::signature::{Namespace, Signer, sign, verify};

use crate::keys::{Keys, tool_is_there};

const BYTES: &[u8] = b"what is signed\n";

async fn signed(keys: &Keys, name: &str) -> String {
    let key = keys.path(name);
    let signed = sign(Namespace::Approval, BYTES, &key, |_| {}).await;
    signed.unwrap()
}

async fn checked(signature: &str, allowed: &Path) -> Result<Signer, Error> {
    verify(Namespace::Approval, BYTES, signature, allowed).await
}

/// The error of a signature that is not accepted.
async fn refusal(signature: &str, allowed: &Path) -> String {
    let error = checked(signature, allowed).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    error.to_string()
}

#[tokio::test]
async fn signature_of_an_allowed_key_is_accepted_and_names_its_signer() {
    if !tool_is_there() {
        return;
    }
    let keys = Keys::new(&["alice", "bob"]);
    let allowed = keys.allowed(&[
        "# who may approve".to_owned(),
        format!("alice@example.com {}", keys.public("alice")),
        format!(
            "!eve@example.com,bob@example.com,b@x namespaces=\"tickets-*\" {}",
            keys.public("bob")
        ),
    ]);
    let signature = signed(&keys, "bob").await;
    let signer = checked(&signature, &allowed).await.unwrap();
    assert_eq!(signer.principal, "bob@example.com");
    assert_eq!(signer.fingerprint, keys.fingerprint("bob"));

    // Anybody can check it without this program, and what a person signs by hand is as good.
    fs::write(keys.path("signature"), &signature).unwrap();
    fs::write(keys.path("bytes"), BYTES).unwrap();
    let mut by_hand = Command::new("ssh-keygen");
    by_hand.args([
        "-Y",
        "verify",
        "-n",
        "tickets-approval",
        "-I",
        "bob@example.com",
    ]);
    by_hand
        .arg("-s")
        .arg(keys.path("signature"))
        .arg("-f")
        .arg(&allowed);
    by_hand.stdin(fs::File::open(keys.path("bytes")).unwrap());
    let by_hand = by_hand.output().unwrap();
    assert!(by_hand.status.success(), "{by_hand:?}");
    let by_hand = keys.sign_by_hand(&keys.path("alice"), "tickets-approval", BYTES);
    let by_hand = by_hand.replace('\n', "\r\n");
    let signer = checked(&by_hand, &allowed).await.unwrap();
    assert_eq!(signer.principal, "alice@example.com");
}

#[tokio::test]
async fn signature_of_other_bytes_is_refused() {
    if !tool_is_there() {
        return;
    }
    let keys = Keys::new(&["alice"]);
    let allowed = keys.allowed(&[format!("alice@example.com {}", keys.public("alice"))]);
    let signature = signed(&keys, "alice").await;
    let other = verify(Namespace::Approval, b"what is signed", &signature, &allowed).await;
    let error = other.unwrap_err().to_string();
    assert!(error.contains("something else was signed"), "{error}");
}

#[tokio::test]
async fn signature_for_another_purpose_is_refused() {
    if !tool_is_there() {
        return;
    }
    let keys = Keys::new(&["alice"]);
    let public = keys.public("alice");
    let allowed = keys.allowed(&[format!("alice@example.com {public}")]);
    let commit = keys.sign_by_hand(&keys.path("alice"), "git", BYTES);
    let error = refusal(&commit, &allowed).await;
    assert!(
        error.contains("is for \"git\", not for \"tickets-approval\""),
        "{error}"
    );
    let report = sign(Namespace::Report, BYTES, &keys.path("alice"), |_| {}).await;
    let report = report.unwrap();
    let error = refusal(&report, &allowed).await;
    assert!(error.contains("is for \"tickets-report\""), "{error}");
    let signer = verify(Namespace::Report, BYTES, &report, &allowed).await;
    assert_eq!(signer.unwrap().principal, "alice@example.com");
    // The same the other way round: the file allows the key only for another purpose.
    let allowed = keys.allowed(&[format!("alice@example.com namespaces=\"git\" {public}")]);
    let error = refusal(&signed(&keys, "alice").await, &allowed).await;
    assert!(
        error.contains("but not to sign for \"tickets-approval\""),
        "{error}"
    );
}

#[tokio::test]
async fn key_that_the_file_does_not_allow_now_is_refused() {
    if !tool_is_there() {
        return;
    }
    let keys = Keys::new(&["alice", "eve"]);
    let (alice, fingerprint) = (keys.public("alice"), keys.fingerprint("alice"));
    let signature = signed(&keys, "alice").await;
    for (line, words) in [
        (
            format!("eve@example.com {}", keys.public("eve")),
            "is not among the allowed signers",
        ),
        (String::new(), "is not among the allowed signers"),
        ("-----BEGIN".to_owned(), "is not among the allowed signers"),
        (
            format!("a@x valid-before=\"20200101\" {alice}"),
            "until a time that is past",
        ),
        (
            format!("a@x valid-after=\"20990101\" {alice}"),
            "from a later time on",
        ),
    ] {
        let error = refusal(&signature, &keys.allowed(&[line])).await;
        assert!(
            error.contains(words) && error.contains(&fingerprint),
            "{error}"
        );
    }
    // The file is read anew each time.
    let allowed = keys.allowed(&[format!("a@x {alice}")]);
    assert_eq!(
        checked(&signature, &allowed).await.unwrap().principal,
        "a@x"
    );
}

#[tokio::test]
async fn text_that_is_no_signature_is_refused() {
    if !tool_is_there() {
        return;
    }
    let keys = Keys::new(&["alice"]);
    let allowed = keys.allowed(&[format!("alice@example.com {}", keys.public("alice"))]);
    let signature = signed(&keys, "alice").await;
    let half = &signature[..signature.len() / 2];
    for text in ["", "yes", half, &signature.replace("U1NI", "U1NJ")] {
        let error = refusal(text, &allowed).await;
        assert_eq!(error, "this is no SSH signature", "{text}");
    }
}

#[tokio::test]
async fn missing_files_are_named() {
    if !tool_is_there() {
        return;
    }
    let keys = Keys::new(&["alice"]);
    let missing = keys.path("nobody");
    let no_key = sign(Namespace::Approval, BYTES, &missing, |_| {}).await;
    let no_key = no_key.unwrap_err();
    assert_eq!(no_key.kind(), ErrorKind::Config);
    let words = format!("there is no signing key {}", missing.display());
    assert_eq!(no_key.to_string(), words);
    let signature = signed(&keys, "alice").await;
    let no_file = checked(&signature, &missing).await.unwrap_err();
    assert_eq!(no_file.kind(), ErrorKind::Config);
    assert!(
        no_file.to_string().contains(&*missing.to_string_lossy()),
        "{no_file}"
    );
    // What is no key, and a public key whose private key nobody has.
    fs::write(keys.path("text"), "no key\n").unwrap();
    fs::write(keys.path("lonely.pub"), keys.public("alice")).unwrap();
    for name in ["text", "lonely.pub"] {
        let error = sign(Namespace::Approval, BYTES, &keys.path(name), |_| {}).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            error.to_string().starts_with("cannot sign with "),
            "{error}"
        );
        assert!(error.to_string().contains("ssh-keygen says: "), "{error}");
    }
}

#[tokio::test]
async fn names_that_look_like_options_are_files_and_people() {
    if !tool_is_there() {
        return;
    }
    // The names are arguments as they are, and only their folder is in front of them.
    let keys = Keys::new(&["alice"]);
    for (old, new) in [("alice", "-Ysign"), ("alice.pub", "-Ysign.pub")] {
        fs::copy(keys.path(old), keys.path(new)).unwrap();
    }
    let line = format!("-Overify-time=20200101 {}", keys.public("alice"));
    let allowed = keys.allowed(&[line]);
    let signature = signed(&keys, "-Ysign").await;
    let signer = checked(&signature, &allowed).await.unwrap();
    assert_eq!(signer.principal, "-Overify-time=20200101");
}
