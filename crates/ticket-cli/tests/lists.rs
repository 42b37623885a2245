//! What `--from` takes for a list of tickets: whatever else it finds is told for what it is, all of it, and nothing is
//! sent.

use std::path::Path;
use std::process::Command;

use crate::common::{Run, at, execute, execute_with_input, json, sandbox};
use ticket_sandbox::Sandbox;

/// Deletes the tickets of a file with this content.
fn delete(sandbox: &Sandbox, folder: &Path, content: &[u8], more: &[&str]) -> Run {
    std::fs::write(folder.join("a list"), content).unwrap();
    let delete = [&["delete", "--from", "a list"], more].concat();
    execute(at(sandbox, &delete).current_dir(folder))
}

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

/// The command line that a hint recommends.
fn recommended(run: &Run) -> String {
    let hint = run
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("hint: `"));
    let (program, rest) = hint
        .unwrap_or_else(|| panic!("{run:?}"))
        .rsplit_once('`')
        .unwrap();
    assert_eq!(rest, " makes a list of it", "{run:?}");
    program.to_owned()
}

fn has(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    found.is_ok_and(|found| found.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_list_is_named_and_the_recommended_line_makes_one() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let list = "onecloud:121\r\nsweeppea:2531581\r\n";
    let le = utf16(list, u16::to_le_bytes);
    let be = utf16(list, u16::to_be_bytes);
    let with_mark = utf16(&format!("\u{feff}{list}"), u16::to_le_bytes);
    for (content, what) in [
        (with_mark, "UTF-16"),
        (le, "UTF-16"),
        (be, "UTF-16"),
        (
            b"\"onecloud:121\"\n\"sweeppea:2531581\"\n".to_vec(),
            "a list of quoted lines",
        ),
        (b"ticket\nonecloud:121\nsweeppea:2531581\n".to_vec(), "CSV"),
        (
            b"ticket,id\nonecloud:121,121\nsweeppea:2531581,1\n".to_vec(),
            "CSV",
        ),
        (
            b"id;ticket\n121;onecloud:121\n1;sweeppea:2531581\n".to_vec(),
            "CSV",
        ),
        (b"onecloud:121\tx\nsweeppea:2531581\ty\n".to_vec(), "CSV"),
        // What a customer wrote is no ticket to delete.
        (
            b"ticket,text\nonecloud:121,\"a\nleadsquared:160\nb\"\nsweeppea:2531581,\"x\"\n"
                .to_vec(),
            "CSV",
        ),
        (
            b"ticket,outcome,why\nonecloud:122,deleted,\nonecloud:121,unattempted,x\n\
              sweeppea:2531581,unattempted,\"a, b\"\n"
                .to_vec(),
            "CSV with outcomes",
        ),
        (
            b"{\"ticket\":\"onecloud:121\",\"id\":\"121\"}\n{\"ticket\":\"sweeppea:2531581\"}\n"
                .to_vec(),
            "JSON",
        ),
        (
            b"{\"ticket\":\"onecloud:122\",\"outcome\":\"deleted\"}\n\
              {\"ticket\":\"onecloud:121\",\"outcome\":\"unattempted\"}\n\
              {\"ticket\":\"sweeppea:2531581\",\"outcome\":\"unattempted\"}\n"
                .to_vec(),
            "NDJSON with outcomes",
        ),
        (
            b"[{\"ticket\":\"onecloud:121\"},\n{\"ticket\":\"sweeppea:2531581\"}]\n".to_vec(),
            "a JSON array",
        ),
    ] {
        let run = delete(&sandbox, folder.path(), &content, &["--yes"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{what}: {run:?}");
        let error = format!("error: a list: this is {what}");
        assert!(run.stderr.starts_with(&error), "{error}: {run:?}");
        assert_eq!(run.stderr.contains("jq"), what.contains("JSON"), "{run:?}");
        let program = recommended(&run);
        let name = program.split_whitespace().next().unwrap();
        if cfg!(not(unix)) || !has(name) {
            continue;
        }
        let made = Command::new("sh")
            .args(["-c", &program])
            .current_dir(folder.path())
            .status();
        assert!(made.unwrap().success(), "{program}");
        let mut again = at(
            &sandbox,
            &[
                "delete",
                "--dry-run",
                "--output",
                "ndjson",
                "--from",
                "list.txt",
            ],
        );
        let again = execute(again.current_dir(folder.path()));
        let expected = ["onecloud:121", "sweeppea:2531581"]
            .map(|it| (it.to_owned(), "would_delete".to_owned()));
        assert_eq!(again.outcomes(), expected, "{program}: {again:?}");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_files_are_named_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    for (content, what) in [
        (
            &b"\x1f\x8b\x08\0\0\0\0\0"[..],
            "a list: this is a gzip file",
        ),
        (
            b"PK\x03\x04\x14\0\0\0\0\0\0\0",
            "a list: this is a ZIP file, as spreadsheets",
        ),
        (b"%PDF-1.7\n", "a list: this is a PDF"),
        (b"<!DOCTYPE html>\n", "a list: this is an HTML document"),
        (b"\xff\xfe\0\0a\0\0\0", "a list: this is UTF-32"),
        (
            b"onecloud:121 Gr\xfc\xdfe\n",
            "a list, line 1: cannot be read: it is not UTF-8 text (byte 0xFC)",
        ),
        (
            b"id,subject\n1,Spam\n",
            "none of its columns has ticket references",
        ),
        (b"", "no ticket is given"),
        (b"# none\n\n  \n# at all", "no ticket is given"),
        (b"\xef\xbb\xbf\r\n", "no ticket is given"),
        (
            b"onecloud:121\rsweeppea:2531581\r",
            "U+000D (carriage return)",
        ),
        (
            b"onecloud:121\n\0\0\0\0\n",
            "a list, line 2: character 1 of \"\\u{0}\\u{0}\\u{0}\\u{0}\" is U+0000",
        ),
        (
            b"onecloud:121\n\xef\xbb\xbfonecloud:122\n",
            "line 2: character 1 of \"\\u{feff}onecloud:122\" is U+FEFF (byte order mark)",
        ),
    ] {
        let run = delete(&sandbox, folder.path(), content, &["--yes"]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{what}: {run:?}");
        assert!(run.stderr.contains(what), "{what}: {run:?}");
    }
    let run = execute(&mut at(
        &sandbox,
        &["delete", "--yes", "--from", folder.path().to_str().unwrap()],
    ));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("cannot be read"), "{run:?}");
    let piped = execute_with_input(
        &mut at(&sandbox, &["delete", "--yes", "-"]),
        "ticket,id\nonecloud:121,1\n",
    );
    assert_eq!(piped.code, 2, "{piped:?}");
    assert!(
        piped
            .stderr
            .contains("pipe it through `cut -d, -f1 | tail -n +2`"),
        "{piped:?}"
    );
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_line_is_told_with_its_number_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let list = "onecloud:121\nonecloud:12\u{200b}1\n\nonecloud:\u{ff11}21\nonecloud:121\u{a0}\nnone:1\n\
                onecloud:121 open\nonecloud:121;open\n\"onecloud:121\"\n121\n";
    for mode in ["--yes", "--dry-run", "--plan"] {
        let run = delete(
            &sandbox,
            folder.path(),
            list.as_bytes(),
            &[mode, "onecloud:1\u{ad}"],
        );
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        let lines: Vec<_> = run.stderr.lines().collect();
        for (line, words) in [
            (0, "U+00AD (soft hyphen)"),
            (
                1,
                "a list, line 2: character 12 of \"onecloud:12\\u{200b}1\" is U+200B (zero-width space)",
            ),
            (2, "a list, line 4: character 10 "),
            (
                3,
                "a list, line 5: character 13 of \"onecloud:121\u{a0}\" is U+00A0 (no-break space)",
            ),
            (4, "a list, line 6: there is no account \"none\""),
            (
                5,
                "a list, line 7: `onecloud:121 open` is not a ticket reference",
            ),
            (6, "a list, line 8: `onecloud:121;open` has several columns"),
            (7, "a list, line 9: `\"onecloud:121\"` is quoted"),
            (8, "a list, line 10: \"121\" is not a ticket reference"),
            (9, "error: 9 errors; nothing was sent"),
        ] {
            assert!(lines[line].contains(words), "{words}: {}", lines[line]);
        }
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_wrong_lines_the_first_are_told_and_the_rest_counted() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let list = "wrong\n".repeat(1000);
    let run = delete(&sandbox, folder.path(), list.as_bytes(), &["--yes"]);
    assert_eq!((run.code, run.stderr.lines().count()), (2, 21), "{run:?}");
    assert!(
        run.stderr
            .ends_with("error: and 980 more errors; nothing was sent\n"),
        "{run:?}"
    );
    let run = delete(
        &sandbox,
        folder.path(),
        list.as_bytes(),
        &["--output", "ndjson"],
    );
    let objects: Vec<_> = run.stderr.lines().map(json).collect();
    assert_eq!(objects.len(), 21);
    assert!(
        objects
            .iter()
            .all(|object| object["kind"] == "invalid_input"),
        "{objects:?}"
    );
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_windows_editors_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let list = "\u{feff}# comment, with a comma\r\n\r\nonecloud:121\r\n\tsweeppea:2531581 \r\n";
    let run = delete(
        &sandbox,
        folder.path(),
        list.as_bytes(),
        &["--yes", "--output", "csv"],
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(sandbox.journal().len(), 2);
}
