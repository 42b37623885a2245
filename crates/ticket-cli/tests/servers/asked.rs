//! What is asked for: ids that cannot be tickets must not reach a server, which may take them for other tickets.

use ticket_sandbox::Vendor;

use crate::common::{at, execute, sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn impossible_id_is_refused_alike_by_dry_run_plan_and_run() {
    let sandbox = sandbox().await;
    for wrong in ["leadsquared:#160", "leadsquared:0160", "leadsquared:160.0"] {
        let runs = ["--dry-run", "--plan", "--yes"].map(|mode| {
            let run = execute(&mut at(
                &sandbox,
                &["delete", mode, "leadsquared:161", wrong],
            ));
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{mode} {run:?}");
            assert!(run.stderr.contains(wrong), "{mode} {run:?}");
            run.stderr
        });
        assert!(runs[0] == runs[1] && runs[0] == runs[2], "{runs:?}");
    }
    assert!(sandbox.exists(Vendor::LeadSquared, "161"));
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn spreadsheet_cells_are_refused_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let sheet = folder.path().join("sheet");
    for cell in [
        "1.23E+07",
        "121;Spam;open",
        "121-140",
        "121.0",
        "121;",
        "+121",
        "121e0",
    ] {
        // A good line does not save a bad one.
        std::fs::write(&sheet, format!("onecloud:122\nonecloud:{cell}\n")).unwrap();
        let run = execute(at(&sandbox, &["delete", "--yes", "--from"]).arg(&sheet));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains("line 2"), "{run:?}");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn file_name_beyond_ascii_is_sent_as_utf8_only() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Größe.txt");
    std::fs::write(&file, "x").unwrap();
    let run = execute(at(&sandbox, &["update", "leadsquared:160", "--attach"]).arg(&file));
    assert_eq!(run.code, 0, "{run:?}");
    let journal = sandbox.journal();
    let body = String::from_utf8_lossy(&journal[0].body);
    assert!(body.contains("filename=\"Größe.txt\""), "{body}");
    assert!(!body.contains("filename*"), "{body}");
}
