//! Searches that cannot be complete: accounts that are not configured or fail, tickets that cannot be read, Ctrl-C.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::common::ann::{ADDRESS, Ann, find, found};
use crate::common::{at, command, execute, json};
use ticket_sandbox::{Endpoint, Fault, Rule, Vendor, credentials};

#[tokio::test(flavor = "multi_thread")]
async fn all_accounts_are_those_that_somebody_configured() {
    let ann = Ann::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    let account = format!(
        "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{}\"\napi_key = \"{}\"\n",
        ann.sandbox.base_url(Vendor::Sweeppea),
        credentials::SWEEPPEA_API_KEY
    );
    std::fs::write(&path, account).unwrap();
    let hers = ann.ticket(Vendor::Sweeppea).replace("sweeppea:", "eu:");
    let find = ["find", "--requester", ADDRESS, "--output", "ndjson"];
    let run = |arguments: &[&str], variables: &[(&str, String)]| {
        let mut command = command(&[&find, arguments].concat());
        command.env("TICKETS_CONFIG", &path);
        execute(command.envs(variables.iter().map(|(name, value)| (name, value))))
    };
    // The environment has nothing of the other providers, so nobody misses them.
    let one = run(&["--all-accounts"], &[]);
    assert_eq!((found(&one), one.code), (vec![hers.clone()], 0), "{one:?}");
    // Who has set one variable of a provider means to use it.
    let base = [("RT_BASE_URL", ann.sandbox.base_url(Vendor::Rt))];
    let half = run(&["--all-accounts"], &base);
    assert_eq!((found(&half), half.code), (vec![hers], 4), "{half:?}");
    assert!(half.stderr.contains("RT_TOKEN"), "{half:?}");
    // An account that is named must be there.
    let sent = ann.sandbox.journal().len();
    let named = run(&["--account", "eu", "--account", "rt"], &[]);
    assert_eq!((named.code, named.stdout.as_str()), (3, ""), "{named:?}");
    let none = execute(
        command(&["find", "--all-accounts", "--subject", "x"]).env("TICKETS_CONFIG", "/dev/null"),
    );
    assert_eq!(none.code, 3, "{none:?}");
    assert!(none.stderr.contains("no account is configured"), "{none:?}");
    assert_eq!(ann.sandbox.journal().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_that_cannot_be_read_makes_the_search_incomplete() {
    let ann = Ann::new().await;
    let hers = ann.ticket(Vendor::Sweeppea);
    let fault = Rule::new(Fault::Status(500))
        .vendor(Vendor::Sweeppea)
        .endpoint(Endpoint::Get);
    ann.sandbox.inject(fault);
    let run = find(
        &ann.sandbox,
        &[
            "--account",
            "sweeppea",
            "--requester",
            ADDRESS,
            "--max-attempts",
            "1",
        ],
    );
    assert_eq!(run.code, 4, "{run:?}");
    let summary = json(run.stderr.lines().last().unwrap());
    assert_eq!(
        (&summary["undecided"], &summary["search"]),
        (&1.into(), &"incomplete".into())
    );
    assert_eq!(summary["errors"][0]["kind"], "server");
    // The other three were decided.
    assert_eq!(summary["found"].as_u64().unwrap(), run.lines().len() as u64);
    assert!(found(&run).iter().all(|ticket| *ticket == hers), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn account_that_fails_does_not_end_the_search_of_others() {
    let ann = Ann::new().await;
    let hers = ann.ticket(Vendor::Rt);
    let fault = Rule::new(Fault::Status(401))
        .vendor(Vendor::Sweeppea)
        .always();
    ann.sandbox.inject(fault);
    let accounts = [
        "--account",
        "rt",
        "--account",
        "sweeppea",
        "--requester",
        ADDRESS,
    ];
    let run = find(&ann.sandbox, &accounts);
    assert_eq!((found(&run), run.code), (vec![hers], 4), "{run:?}");
    let run = execute(&mut at(&ann.sandbox, &[&["find"], &accounts[..]].concat()));
    assert!(run.stderr.contains("sweeppea: 0 found; "), "{run:?}");
    assert!(run.stderr.contains("; not to the end: "), "{run:?}");
    assert!(run.stderr.contains("SWEEPPEA_API_KEY"), "{run:?}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn search_that_is_stopped_says_that_it_is_incomplete() {
    let ann = Ann::new().await;
    let hers = ann.ticket(Vendor::Rt);
    let hangs = Fault::Delay(Duration::from_secs(3600));
    ann.sandbox
        .inject(Rule::new(hangs).vendor(Vendor::Sweeppea).always());
    let accounts = [
        "find",
        "--account",
        "rt",
        "--account",
        "sweeppea",
        "--requester",
        ADDRESS,
    ];
    for (form, words) in [
        ("ndjson", "\"search\":\"incomplete\""),
        ("csv", "The search was stopped"),
    ] {
        let mut command = at(&ann.sandbox, &[&accounts[..], &["--output", form]].concat());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains(&hers) {
            line.clear();
            assert_ne!(
                stdout.read_line(&mut line).unwrap(),
                0,
                "it ended before its first row"
            );
        }
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}
