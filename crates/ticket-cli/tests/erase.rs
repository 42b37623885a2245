//! `tickets erase`: from an address to a proof, held against what the vendors saw, and with nobody's address left behind.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::ann::{ADDRESS, OTHERS_IN_ALL, SEARCHED, assert_nobody, files};
use crate::common::erasing::{Case, confirm_and_run, erase};
use crate::common::shells::Shells;
#[cfg(unix)]
use crate::common::workers::Worker;
use crate::common::{Run, at, deletes, execute, json};
use serde_json::Value;
use ticket_sandbox::{Endpoint, Fault, OddId, Rule, Vendor, credentials};

#[tokio::test(flavor = "multi_thread")]
async fn person_is_erased_at_six_vendors_and_nothing_but_the_archive_names_her() {
    let case = Case::new().await;
    let shells = case.shells();
    let hers = case.ann.tickets(&SEARCHED);
    let named = case.ann.ticket(Vendor::LeadSquared);
    let list = case.file("known.txt", &format!("# by hand\n{named}\n"));
    let archive = case.path("archive");
    let words = "erase --keep 30d --look-again-after 0 -vv --requester ANN@example.com";
    let mut erase: Vec<_> = words.split(' ').collect();
    erase.extend(["--tickets", &list, "--archive", &archive]);
    let planned = shells.run(&erase);
    // LeadSquared, and the trash of RT and Zendesk, could not be searched, and a job was made of the rest.
    assert_eq!(planned.code, 4, "{planned:?}");
    assert_eq!((deletes(&case.ann.sandbox), shells.jobs().len()), (0, 1));
    let job = shells.job();
    for said in [
        "leadsquared: not searched: LeadSquared cannot list tickets",
        "onecloud: 1 found; ",
        &format!("Job {job} awaits confirmation: delete 6 tickets"),
        "Erasure of the tickets of 1 person; ",
        "the archive is kept for 30 d",
        &format!("tickets job export {job} > plan.json"),
        &format!("tickets job confirm {job}"),
        &format!("tickets job run {job}"),
    ] {
        assert!(planned.stderr.contains(said), "{said}: {planned:?}");
    }
    let key = shells.state.join("tickets").join("erasure.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(&key).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    let plan = shells.run(&["job", "export", &job]);
    assert_eq!(plan.code, 0, "{plan:?}");
    let ran = confirm_and_run(&shells, 6, "ndjson");
    // What RT and Zendesk have in their trash, and what others do not document, is not erased.
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        ran.outcomes()
            .iter()
            .all(|(_, outcome)| outcome == "deleted"),
        "{ran:?}"
    );
    let erasure = &json(ran.stderr.lines().last().unwrap())["erasure"];
    assert_eq!(erasure["complete"], false);
    assert_eq!(erasure["tickets"]["erased"], 1, "{erasure}");
    assert!(
        erasure["tickets"]["in_trash"].as_u64() >= Some(1),
        "{erasure}"
    );
    assert_eq!(
        erasure["not_searched"],
        serde_json::json!(["leadsquared", "rt", "zendesk"])
    );
    for ticket in hers.iter().chain([&named]) {
        assert!(!case.ann.exists(ticket), "{ticket}");
    }
    assert_eq!(case.ann.others(), OTHERS_IN_ALL);
    assert_eq!(shells.run(&["archive", "verify", &archive]).code, 0);
    let archived = shells.run(&["archive", "show", &archive, "--output", "ndjson"]);
    assert_eq!(archived.lines().len(), 6, "{archived:?}");

    let shown = shells.run(&["job", "show", &job]);
    assert!(shown.stdout.contains("erasure     1 erased; "), "{shown:?}");
    assert!(shown.stdout.contains("change      erase\n"), "{shown:?}");
    assert!(
        shown.stdout.contains("onecloud: 1 ticket, 0 open\n"),
        "{shown:?}"
    );
    let listed = shells.run(&["job", "list"]);
    assert!(listed.stdout.contains("  erase   "), "{listed:?}");
    // For programs it is the change that is made.
    let listed = shells.run(&["job", "list", "--output", "ndjson"]);
    assert_eq!(listed.lines()[0]["change"], "delete", "{listed:?}");
    let to = case.path("report");
    let report = shells.run(&["job", "report", &job, "--to", &to]);
    assert_eq!(report.code, 0, "{report:?}");
    let table = case.file("identifiers.csv", "email\nann@example.com\n");
    let identifiers = shells.run(&[
        "job",
        "identifiers",
        &job,
        "--from",
        &table,
        "--column",
        "email",
    ]);
    assert_eq!(identifiers.code, 0, "{identifiers:?}");
    let row = identifiers.stdout.lines().nth(1).unwrap();
    assert!(row.starts_with("ann@example.com,6,1,"), "{row}");
    assert!(row.contains(",leadsquared; rt; zendesk,"), "{row}");

    let runs = [&planned, &plan, &ran, &shown, &report];
    assert_nothing_kept_names_her(&shells, Path::new(&to), &runs);
}

/// That neither the files of the state folder, nor a report, nor what was printed holds her address or a subject of hers.
fn assert_nothing_kept_names_her(shells: &Shells<'_>, report: &Path, runs: &[&Run]) {
    let mut kept = files(&shells.state);
    let has_ledger = kept.iter().any(|(name, _)| name.ends_with("jobs.db"));
    assert!(has_ledger, "the ledger is among them");
    kept.extend(files(report));
    for run in runs {
        kept.push(("stdout".to_owned(), run.stdout.clone().into_bytes()));
        kept.push(("stderr".to_owned(), run.stderr.clone().into_bytes()));
    }
    let kept: Vec<_> = kept
        .iter()
        .map(|(name, bytes)| (name.as_str(), &**bytes))
        .collect();
    assert_nobody(&kept);
    for (name, bytes) in &kept {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        assert!(
            !text.contains("printer is on fire"),
            "{name} holds a subject"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn person_is_erased_only_if_each_ticket_is_gone_for_good_and_each_account_was_searched() {
    let case = Case::new().await;
    let shells = case.shells();
    let hers = case.ann.tickets(&[Vendor::Redmine, Vendor::Redmine]);
    let planned = shells.run(&erase(&["redmine", "sweeppea"], &["--requester", ADDRESS]));
    assert_eq!(planned.code, 0, "{planned:?}");
    let ran = confirm_and_run(&shells, 2, "table");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("Erasure: 2 erased."), "{ran:?}");
    assert!(ran.stderr.contains("Not looked at: mail, "), "{ran:?}");
    assert!(hers.iter().all(|ticket| !case.ann.exists(ticket)));
    // Running it again looks at nothing and says the same.
    let reads = case.ann.sandbox.journal().len();
    let again = shells.run(&["job", "run", &shells.job()]);
    assert_eq!(
        (again.code, case.ann.sandbox.journal().len()),
        (0, reads),
        "{again:?}"
    );
    assert!(again.stderr.contains("Erasure: 2 erased."), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn trash_of_the_vendor_is_named_as_still_at_the_vendor() {
    let case = Case::new().await;
    let shells = case.shells();
    let ticket = case.ann.ticket(Vendor::Rt);
    // What was in its trash before cannot be searched.
    let planned = shells.run(&erase(&["rt"], &["--requester", ADDRESS]));
    assert_eq!(planned.code, 4, "{planned:?}");
    let ran = confirm_and_run(&shells, 1, "table");
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        ran.stderr
            .contains("Erasure: 1 in the vendor's trash; not searched, or not to the end: rt."),
        "{ran:?}"
    );
    let listed = format!("Still at the vendor:\n  {ticket}: in the vendor's trash\n");
    assert!(ran.stderr.contains(&listed), "{ran:?}");
    assert!(!ran.stderr.contains("erased;"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn erasure_that_took_a_ticket_along_exits_1_and_names_it_now_and_later() {
    let case = Case::new().await;
    let shells = case.shells();
    let hers = case.ann.ticket(Vendor::LeadSquared);
    let list = case.file("known.txt", &hers);
    let more = ["--requester", ADDRESS, "--tickets", &list];
    let planned = shells.run(&erase(&["redmine"], &more));
    assert_eq!(planned.code, 4, "{planned:?}");
    let odd = Rule::new(Fault::OddId(OddId::Unasked)).endpoint(Endpoint::Delete);
    case.ann.sandbox.inject(odd);
    // Without it the trash of the vendor would make it 4.
    let ran = confirm_and_run(&shells, 1, "table");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("Erasure: 1 in the vendor's trash"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("999999999"), "{ran:?}");
    assert!(!case.ann.exists(&hers));
    assert_eq!(deletes(&case.ann.sandbox), 1);
    let job = shells.job();
    let again = shells.run(&["job", "run", &job, "--output", "json"]);
    assert_eq!(again.code, 1, "{again:?}");
    let told = json(again.stderr.lines().last().unwrap());
    assert_eq!(told["unasked"][0]["tickets"][0], "999999999", "{told}");
    assert_eq!(shells.show(&job)["unasked"], told["unasked"]);
    let to = case.path("report");
    assert_eq!(shells.run(&["job", "report", &job, "--to", &to]).code, 0);
    let report = fs::read_to_string(Path::new(&to).join("report.json")).unwrap();
    assert!(report.contains("also deleted 999999999"), "{report}");
    assert_eq!(deletes(&case.ann.sandbox), 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn erasure_that_a_worker_did_is_looked_at_again_by_a_person_who_is_told_so() {
    let case = Case::new().await;
    let shells = case.shells();
    let hers = case.ann.tickets(&[Vendor::Redmine, Vendor::Redmine]);
    let planned = shells.run(&erase(&["redmine"], &["--requester", ADDRESS]));
    assert_eq!(planned.code, 0, "{planned:?}");
    let job = shells.job();
    let confirmed = shells.at_terminal(&["job", "confirm", &job], "2\n");
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    let mut worker = Worker::start(&shells, &["--account", "redmine"]);
    worker.says("2 done");
    let watched = shells.run(&["job", "watch", &job]);
    let command = format!("tickets job run {job}");
    assert!(watched.stderr.contains(&command), "{watched:?}");
    worker.signal("-TERM");
    assert_eq!(worker.end().0, Some(0));
    assert!(hers.iter().all(|ticket| !case.ann.exists(ticket)));
    let shown = shells.show(&job);
    assert!(shown["continue"].as_str().unwrap().contains(&command));
    assert_eq!(shown["erasure"]["complete"], false);
    let ran = shells.run(&["job", "run", &job]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let shown = shells.show(&job);
    assert_eq!(shown["continue"], Value::Null);
    assert_eq!(shown["erasure"]["complete"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn search_that_found_nothing_is_a_job_that_is_over_and_proves_it() {
    let case = Case::new().await;
    let shells = case.shells();
    for (accounts, code, lacking) in [
        (&["redmine", "sweeppea"][..], 0, [].as_slice()),
        // What is in its trash already.
        (&["redmine", "rt"], 4, &["rt"]),
        (&["redmine", "leadsquared"], 4, &["leadsquared"]),
    ] {
        let run = shells.run(&erase(accounts, &["--requester", ADDRESS]));
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{run:?}");
        let is_nothing = run.stderr.contains("There is nothing to erase.\n");
        let is_partly = run
            .stderr
            .contains("There is nothing to erase where it was searched;");
        assert_eq!(
            (is_nothing, is_partly),
            (lacking.is_empty(), !lacking.is_empty()),
            "{run:?}"
        );
        let jobs = shells.jobs();
        let job = jobs.first().unwrap();
        let told = (&job["state"], &job["tickets"]);
        assert_eq!(
            (told.0.as_str(), told.1.as_u64()),
            (Some("completed"), Some(0))
        );
        let to = case.path(&format!("report-{}", jobs.len()));
        let id = job["job"].as_str().unwrap();
        assert!(run.stderr.contains(id), "{run:?}");
        let made = shells.run(&["job", "report", id, "--to", &to]);
        assert_eq!(made.code, 0, "{made:?}");
        let report = std::fs::read_to_string(Path::new(&to).join("report.json")).unwrap();
        let report: Value = serde_json::from_str(&report).unwrap();
        let accounts = report["erasure"]["accounts"].as_array().unwrap();
        let searches = accounts.iter().map(|account| &account["search"]);
        let lacks = searches.filter(|search| search["not_searched"].is_string());
        let lacks: Vec<_> = lacks.map(|search| search["account"].as_str()).collect();
        let expected: Vec<_> = lacking.iter().copied().map(Some).collect();
        assert_eq!((accounts.len(), lacks), (2, expected));
    }
    assert_eq!(deletes(&case.ann.sandbox), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn account_of_which_tickets_are_only_named_is_not_searched() {
    let case = Case::new().await;
    let shells = case.shells();
    let named = case.ann.ticket(Vendor::LeadSquared);
    let list = case.file("known.txt", &named);
    let more = ["--requester", ADDRESS, "--tickets", &list];
    let planned = shells.run(&erase(&["redmine"], &more));
    assert_eq!(planned.code, 4, "{planned:?}");
    let job = &shells.jobs()[0];
    assert_eq!(job["tickets"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_input_is_refused_before_anything_is_sent() {
    let case = Case::new().await;
    let shells = case.shells();
    let strangers = case.file("strangers.txt", "rt:1\nnone:1\nonecloud:x y\n");
    let file = case.file("archive", "");
    let by = format!("--requester {ADDRESS}");
    for (arguments, code, said) in [
        (by.clone(), 2, "--no-archive"),
        (format!("{by} --archive {file}.d"), 2, "--keep"),
        (format!("{by} --archive {file} --keep 1d"), 3, "archive"),
        ("--no-archive".to_owned(), 2, "--requester"),
        (
            format!("{by} --no-archive --account no"),
            3,
            "there is no account",
        ),
        (
            "--no-archive --requester Ann".to_owned(),
            2,
            "is not an e-mail address",
        ),
        (
            "--no-archive --requester ann@".to_owned(),
            2,
            "is not an e-mail address",
        ),
        (
            "--no-archive --requester - --tickets -".to_owned(),
            2,
            "only once",
        ),
        (
            format!("{by} --no-archive --from {file} --column x"),
            2,
            "cannot be used with",
        ),
        (format!("--no-archive --from {file}"), 2, "--column"),
        (
            format!("{by} --no-archive --tickets {strangers}"),
            2,
            "2 errors; nothing was sent",
        ),
        (
            format!("{by} --requester b@c.example --no-archive --tickets {strangers}"),
            2,
            "tickets of one person",
        ),
    ] {
        let words: Vec<_> = arguments.split(' ').collect();
        let run = shells.run(&[&["erase"], &words[..]].concat());
        let end = (run.code, run.stdout.as_str());
        assert_eq!(end, (code, ""), "{arguments} {run:?}");
        assert!(run.stderr.contains(said), "{arguments} {run:?}");
    }
    let run = execute(&mut at(
        &case.ann.sandbox,
        &["erase", "--sandbox", "--no-archive", "--requester", ADDRESS],
    ));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr
            .contains("jobs of --sandbox end with their command"),
        "{run:?}"
    );
    assert!(case.ann.sandbox.journal().is_empty());
    assert_eq!(shells.jobs(), [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_tickets_than_are_allowed_make_no_job() {
    let case = Case::new().await;
    let shells = case.shells();
    case.ann
        .tickets(&[Vendor::Rt, Vendor::Rt, Vendor::Sweeppea]);
    let run = shells.run(&erase(
        &["rt", "sweeppea"],
        &["--requester", ADDRESS, "--max", "2"],
    ));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("--max allows 2"), "{run:?}");
    let path = case.path("config.toml");
    for (setting, named, code, said) in [
        ("max_delete = 1", true, 3, "max_delete"),
        ("read_only = true", true, 3, "read_only"),
        // If it is not named, the others are erased, and it counts as not searched.
        ("read_only = true", false, 4, "eu: not searched: "),
    ] {
        let account = format!(
            "[accounts.eu]\nprovider = \"rt\"\nbase_url = \"{}\"\ntoken = \"{}\"\n{setting}\n",
            case.ann.sandbox.base_url(Vendor::Rt),
            credentials::RT_TOKEN
        );
        fs::write(&path, account).unwrap();
        let accounts: &[&str] = if named { &["eu"] } else { &[] };
        let mut command = shells.command(&erase(accounts, &["--requester", ADDRESS]));
        let run = execute(command.env("TICKETS_CONFIG", &path));
        assert_eq!(run.code, code, "{setting} {run:?}");
        assert!(run.stderr.contains(said), "{setting} {run:?}");
        assert_eq!(shells.jobs().len(), usize::from(!named));
    }
    assert_eq!(deletes(&case.ann.sandbox), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_planned_again_as_an_erasure() {
    let case = Case::new().await;
    let shells = case.shells();
    let ticket = case.ann.ticket(Vendor::Redmine);
    assert_eq!(
        shells
            .run(&erase(&["redmine"], &["--requester", ADDRESS]))
            .code,
        0
    );
    case.ann
        .sandbox
        .inject(Rule::new(Fault::Status(403)).endpoint(Endpoint::Delete));
    let ran = confirm_and_run(&shells, 1, "table");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr
            .contains(&format!("  {ticket}: failed, so not deleted")),
        "{ran:?}"
    );
    let retried = shells.run(&["job", "retry", &shells.job()]);
    assert_eq!(retried.code, 0, "{retried:?}");
    assert_eq!(shells.show(&shells.job())["state"], "awaiting_confirmation");
    let ran = confirm_and_run(&shells, 1, "table");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("Erasure: 1 erased."), "{ran:?}");
    assert!(!case.ann.exists(&ticket));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn pause_before_the_second_look_ends_by_ctrl_c_and_by_the_deadline_and_comes_again() {
    let case = Case::new().await;
    let shells = case.shells();
    case.ann.ticket(Vendor::Redmine);
    let erase = [
        "erase",
        "--no-archive",
        "--account",
        "redmine",
        "--requester",
        ADDRESS,
        "--look-again-after",
        "1h",
    ];
    assert_eq!(shells.run(&erase).code, 0);
    let job = shells.job();
    let confirmed = shells.at_terminal(&["job", "confirm", &job], "1\n");
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    // The second time there is nothing left to delete.
    let deadline = ["--deadline", "1"];
    for (options, code) in [(&[][..], 130), (&deadline, 4), (&[], 130)] {
        let run = ["job", "run", &job];
        let mut command = shells.command(&[&run[..], options].concat());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("each ticket is looked at again in ") {
            line.clear();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it does not wait");
        }
        assert!(
            line.contains(&format!(
                "Ctrl-C leaves, and `tickets job run {job}` goes on"
            )),
            "{line}"
        );
        if options.is_empty() {
            let id = child.id().to_string();
            let killed = Command::new("kill").args(["-INT", &id]).status();
            assert!(killed.unwrap().success());
        }
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{rest}");
        let is_told = rest.contains("deadline reached");
        assert_eq!(is_told, !options.is_empty(), "{rest}");
        assert!(
            rest.contains("stopped before all tickets were looked at again"),
            "{rest}"
        );
        assert!(
            rest.contains("1 deleted, but not looked at again"),
            "{rest}"
        );
        assert_eq!(deletes(&case.ann.sandbox), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_vendor_that_name_her_are_not_printed() {
    let case = Case::new().await;
    case.ann.tickets(&[Vendor::Sweeppea]);
    let words = format!(r#"{{"Response":false,"Message":"{ADDRESS} is nobody's"}}"#);
    for endpoint in [Endpoint::List, Endpoint::Get] {
        let reply = Fault::Reply {
            status: 403,
            headers: Vec::new(),
            body: words.clone().into_bytes(),
        };
        let rule = Rule::new(reply).vendor(Vendor::Sweeppea).endpoint(endpoint);
        case.ann.sandbox.inject(rule.always());
        for format in ["table", "ndjson"] {
            for log in ["text", "json", "otel"] {
                let more = ["--requester", ADDRESS, "--output", format];
                let verbose = ["-vv", "--log-format", log];
                let run = case
                    .shells()
                    .run(&erase(&["sweeppea"], &[&more[..], &verbose].concat()));
                assert_eq!(run.code, 4, "{run:?}");
                // It was logged.
                assert!(run.stderr.contains("sweeppea"), "{run:?}");
                assert_nobody(&[("stderr", run.stderr.as_bytes())]);
            }
        }
    }
}
