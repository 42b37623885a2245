//! Tables of persons: `tickets erase --from` reads them, and `tickets job identifiers` gives them back with what came of each.

use std::fs;

use crate::common::ann::{ADDRESS, assert_nobody};
use crate::common::erasing::{Case, confirm_and_run, erase};
use crate::common::{execute_with_input, json};
use serde_json::Value;
use ticket_sandbox::Vendor;

#[tokio::test(flavor = "multi_thread")]
async fn table_of_persons_comes_back_with_what_came_of_each() {
    let case = Case::new().await;
    let shells = case.shells();
    case.ann.tickets(&[Vendor::Redmine, Vendor::Rt]);
    let table = "\u{feff}ref;E-Mail;note\r\n\
                 1; Ann@Example.com ;\"a;b\r\nc\"\r\n\
                 2;;=1+1\r\n\
                 3;nobody@example.com;\"say \"\"hi\"\"\"\r\n\
                 4;ann@example.com;\r\n\
                 5;bob@example.com;\r\n";
    let path = case.file("identifiers.csv", table);
    let from = ["--from", &path, "--column", "E-Mail"];
    let planned = shells.run(&erase(&["redmine", "rt"], &from));
    // What is in RT's trash already cannot be searched.
    assert_eq!(planned.code, 4, "{planned:?}");
    assert!(
        planned.stderr.contains("1 row without an address left out"),
        "{planned:?}"
    );
    // Bob's ticket at Redmine is one of the others'.
    assert_eq!(confirm_and_run(&shells, 3, "table").code, 4);
    let later = table.replace("5;bob@example.com", "5;late@example.com");
    let later = case.file("later.csv", &later);
    let columns = ";erasure_found;erasure_erased;erasure_in_trash;erasure_still_there;erasure_not_proven;\
                   erasure_not_searched;erasure_outcome\r\n";
    for (path, last) in [
        (&path, "5;bob@example.com;;1;1;0;0;0;rt;not_searched"),
        (&later, "5;late@example.com;;;;;;;;not_in_job"),
    ] {
        let job = shells.job();
        let run = shells.run(&[
            "job",
            "identifiers",
            &job,
            "--from",
            path,
            "--column",
            "E-Mail",
        ]);
        assert_eq!(run.code, 0, "{run:?}");
        let expected = format!(
            "\u{feff}ref;E-Mail;note{columns}\
             1; Ann@Example.com ;\"a;b\r\nc\";2;1;1;0;0;rt;in_trash\r\n\
             2;;=1+1;;;;;;;no_address\r\n\
             3;nobody@example.com;\"say \"\"hi\"\"\";0;0;0;0;0;rt;not_searched\r\n\
             4;ann@example.com;;2;1;1;0;0;rt;in_trash\r\n\
             {last}\r\n"
        );
        assert_eq!(run.stdout, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn person_whose_tickets_are_all_erased_is_not_if_an_account_was_not_searched() {
    let case = Case::new().await;
    let shells = case.shells();
    case.ann.ticket(Vendor::Redmine);
    let planned = shells.run(&erase(
        &["redmine", "leadsquared"],
        &["--requester", ADDRESS],
    ));
    assert_eq!(planned.code, 4, "{planned:?}");
    assert_eq!(confirm_and_run(&shells, 1, "table").code, 4);
    let table = case.file("t.csv", "email\nann@example.com\n");
    let job = shells.job();
    let run = shells.run(&[
        "job",
        "identifiers",
        &job,
        "--from",
        &table,
        "--column",
        "email",
    ]);
    let row = "ann@example.com,1,1,0,0,0,leadsquared,not_searched\n";
    assert!(run.stdout.ends_with(row), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn identifiers_need_an_erasure_and_its_key() {
    let case = Case::new().await;
    let shells = case.shells();
    let ticket = case.ann.ticket(Vendor::Redmine);
    assert_eq!(
        shells
            .run(&erase(&["redmine"], &["--requester", ADDRESS]))
            .code,
        0
    );
    let job = shells.job();
    let table = case.file("t.csv", "email\nann@example.com\n");
    let identifiers = |job: &str| {
        shells.run(&[
            "job",
            "identifiers",
            job,
            "--from",
            &table,
            "--column",
            "email",
        ])
    };
    let run = identifiers(&job);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.ends_with("ann@example.com,1,0,0,0,1,,open\n"),
        "{run:?}"
    );
    assert!(run.stderr.contains("the erasure is not over"), "{run:?}");
    // The same file as it came back.
    let again = case.file("again.csv", &run.stdout);
    let run = shells.run(&[
        "job",
        "identifiers",
        &job,
        "--from",
        &again,
        "--column",
        "email",
    ]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr
            .contains("there is a column `erasure_found` already"),
        "{run:?}"
    );

    let key = shells.state.join("tickets").join("erasure.key");
    let moved = case.path("erasure.key");
    fs::rename(&key, &moved).unwrap();
    let run = identifiers(&job);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
    assert!(run.stderr.contains("is missing"), "{run:?}");
    assert!(!key.exists(), "no other key is made");
    // Another erasure makes a key of its own, which is not that of the first.
    assert_eq!(
        shells
            .run(&erase(&["redmine"], &["--requester", ADDRESS]))
            .code,
        0
    );
    let run = identifiers(&job);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
    assert!(run.stderr.contains("is not the key that job"), "{run:?}");
    assert_eq!(shells.run(&["delete", "--plan", &ticket]).code, 0);
    let run = identifiers(&shells.job());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("is no erasure"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_table_is_refused_before_anything_is_sent_and_its_cells_are_not_shown() {
    let case = Case::new().await;
    let shells = case.shells();
    let path = case.path("t.csv");
    for (table, said) in [
        (
            &b"name,mail\nAnn,ann@example.com\n"[..],
            "there is no column `email`; there are `name`, `mail`",
        ),
        (
            b"name;mail\nAnn;ann@example.com\n",
            "there are `name`, `mail`",
        ),
        (
            b"ann@example.com,1\n",
            "no header with the names of columns",
        ),
        (
            b"email\nann@example.com\n\nann@@example.com\n\"ann@example.com,c@d.example\"\n",
            "line 4: the cell of the column `email` is not an e-mail address",
        ),
        (
            b"x,email\n\"a\nb\",c@d.example\n\r\n1,ann@example\x00.com\n",
            "line 5: the cell",
        ),
        (
            b"email\nann@example.com\nann <ann@example.com>\n",
            "line 3: the cell",
        ),
        (
            b"email,x\nann@example.com\n",
            "line 2: this row has 1 cell, and the header 2",
        ),
        (
            b"email,x\nann@example.com,1,2\n",
            "line 2: this row has 3 cells, and the header 2",
        ),
        (b"", "this is empty"),
        (b"\xef\xbb\xbf\r\n", "this is empty"),
        (b"email\n", "no row has an address in the column `email`"),
        (
            b"email,x\n ,1\n",
            "no row has an address in the column `email`",
        ),
        (
            b"email,email\na@b.example,c@d.example\n",
            "there are several columns `email`",
        ),
        (b"email\n\xfc@example.com\n", "it is not UTF-8 text"),
        (b"\xff\xfee\0m\0a\0i\0l\0\n\0", "it is not UTF-8 text"),
    ] {
        fs::write(&path, table).unwrap();
        let run = shells.run(&erase(&[], &["--from", &path, "--column", "email"]));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{said} {run:?}");
        assert!(run.stderr.contains(said), "{said} {run:?}");
        assert_nobody(&[("stderr", run.stderr.as_bytes())]);
    }
    fs::remove_file(&path).unwrap();
    let run = shells.run(&erase(&[], &["--from", &path, "--column", "email"]));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("cannot be read"), "{run:?}");
    assert!(case.ann.sandbox.journal().is_empty());
    assert_eq!(shells.jobs(), [] as [Value; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_come_from_standard_input_too() {
    let case = Case::new().await;
    let shells = case.shells();
    case.ann.ticket(Vendor::Rt);
    let mut requester = shells.command(&erase(&["rt"], &["--requester", "-", "--output", "json"]));
    let run = execute_with_input(&mut requester, "ann@example.com\n");
    assert_eq!(
        (run.code, json(&run.stdout)[0]["tickets"].clone()),
        (4, 1.into()),
        "{run:?}"
    );
    let mut table = shells.command(&erase(
        &["rt"],
        &["--from", "-", "--column", "email", "--output", "json"],
    ));
    let run = execute_with_input(&mut table, "email\nann@example.com\n");
    assert_eq!(
        (run.code, json(&run.stdout)[0]["tickets"].clone()),
        (4, 1.into()),
        "{run:?}"
    );
    assert_eq!(shells.jobs().len(), 2);
}
