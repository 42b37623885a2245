//! The file of the key of erasures.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fs;
use std::path::Path;

use ticket_core::ErrorKind;
use ticket_jobs::PersonHash;
use ticket_jobs::erase::ErasureKey;

fn refusal(path: &Path) -> String {
    let errors = [ErasureKey::load(path), ErasureKey::load_or_create(path)];
    let [error, again] = errors.map(|key| key.unwrap_err());
    assert_eq!(
        (error.kind(), again.kind()),
        (ErrorKind::Config, ErrorKind::Config)
    );
    assert_eq!(error.to_string(), again.to_string());
    error.to_string()
}

#[test]
fn key_is_made_once_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/erasure.key");
    let keys: Vec<_> = std::thread::scope(|scope| {
        let make = || ErasureKey::load_or_create(&path).unwrap().id();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let key = ErasureKey::load(&path).unwrap();
    assert!(keys.iter().all(|id| *id == key.id()), "{keys:?}");
    let entries = fs::read_dir(folder.path().join("keys")).unwrap();
    assert_eq!(entries.count(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
    let other = folder.path().join("other.key");
    assert_ne!(ErasureKey::load_or_create(&other).unwrap().id(), key.id());
}

#[test]
fn person_is_told_by_the_key_alone_and_whatever_the_case_of_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let key = |name: &str| ErasureKey::load_or_create(&folder.path().join(name)).unwrap();
    let (one, other) = (key("one"), key("other"));
    let ada = one.person("ada@example.org");
    assert_eq!(ada, one.person("  Ada@Example.ORG \n"));
    assert_eq!(
        ada,
        ErasureKey::load(&folder.path().join("one"))
            .unwrap()
            .person("ada@example.org")
    );
    for address in [
        "ada+1@example.org",
        "a.da@example.org",
        "",
        "ada@example.orgx",
    ] {
        assert_ne!(ada, one.person(address));
    }
    assert_ne!(ada, other.person("ada@example.org"));
    let text = ada.to_string();
    assert_eq!((text.len(), text.parse::<PersonHash>().unwrap()), (64, ada));
    for wrong in [&text[1..], &text.to_uppercase(), "", "ada@example.org"] {
        assert!(wrong.parse::<PersonHash>().is_err(), "{wrong}");
    }
}

#[test]
fn key_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erasure.key");
    let key = ErasureKey::load_or_create(&path).unwrap();
    assert_eq!(format!("{key:?}"), "ErasureKey { .. }");
    let text = fs::read_to_string(&path).unwrap();
    let digits = text.trim().rsplit(' ').next().unwrap();
    assert_eq!(digits.len(), 64);
    assert!(!digits.contains(&key.id()));
    fs::write(&path, format!("{text}more")).unwrap();
    assert!(!refusal(&path).contains(digits));
}

#[test]
fn lost_key_is_told_with_what_it_means() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erasure.key");
    let error = ErasureKey::load(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let expected = format!(
        "the key of erasures {} is missing: without it nobody can tell whose tickets were erased; put it back from a backup",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
    assert!(!path.exists());
}

#[test]
fn file_that_holds_no_key_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erasure.key");
    let key = ErasureKey::load_or_create(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let short = text.trim_end();
    let texts = [
        String::new(),
        short[..short.len() - 2].to_owned(),
        format!("{short}00"),
        short.replace("tickets", "Tickets"),
        "a list of addresses".to_owned(),
    ];
    for text in texts {
        fs::write(&path, &text).unwrap();
        assert!(
            refusal(&path).contains("holds no key of erasures"),
            "{text}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, text).unwrap();
    assert_eq!(ErasureKey::load(&path).unwrap().id(), key.id());
    let error = refusal(folder.path());
    assert!(error.ends_with("cannot be used: it is no file"), "{error}");
}

#[cfg(unix)]
#[test]
fn file_that_others_can_read_or_write_is_refused_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("erasure.key");
    ErasureKey::load_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let expected = format!(
            "others can read or write it; run: chmod 600 {}",
            path.display()
        );
        assert!(refusal(&path).ends_with(&expected), "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    ErasureKey::load(&path).unwrap();
}
