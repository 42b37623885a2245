//! Four eyes: a job is exported, another person approves it with a key of OpenSSH, and the approval is as good as it says.
#![cfg(unix)]
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::common::{Run, command, execute, execute_with_input, json};
use jiff::Timestamp;
use tempfile::TempDir;
use ticket_jobs::approval::Approval;
use ticket_jobs::plan::{Plan, digest};
use ticket_jobs::{
    Job, JobAccount, JobId, JobState, Ledger as _, Listed, NewJob, Seen, SqliteLedger, Which,
    user_at_host,
};
use tickets::Change;

/// Whether there is an `ssh-keygen`. Without one a test ends here, and says so; in CI it fails.
fn tool_is_there() -> bool {
    let mut command = Command::new("ssh-keygen");
    let is_there = command.arg("-?").stderr(Stdio::null()).status().is_ok();
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(is_there || !in_ci, "ssh-keygen is missing: install OpenSSH");
    if !is_there {
        println!("skipped: there is no ssh-keygen");
    }
    is_there
}

/// A folder with a ledger, in which alice plans, and with the keys of bob, who approves.
struct Case {
    folder: TempDir,
    ledger: SqliteLedger,
    job: JobId,
}

impl Case {
    async fn new() -> Self {
        Self::planned_by("alice@ops1", 12).await
    }

    /// A job of this person to delete so many tickets.
    async fn planned_by(person: &str, tickets: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = SqliteLedger::open(folder.path().join("jobs.db")).unwrap();
        let new = NewJob::new(Change::Delete).created_by(person);
        let id = ledger.create(new.awaiting_confirmation()).await.unwrap();
        let listed = (0..tickets).map(|seq| Listed {
            seq,
            account: "eu".to_owned(),
            id: (100 + seq).to_string().into(),
            version: None,
            people: Vec::new(),
        });
        ledger.add(&id, listed.collect()).await.unwrap();
        let seen: Seen = serde_json::from_value(serde_json::json!({
            "at": ledger.now(),
            "sha256": "0".repeat(64),
            "subject": "Printer on \u{1b}[2Jfire\nand more",
            "status": "open",
        }))
        .unwrap();
        ledger.see(&id, vec![(0, seen)]).await.unwrap();
        ledger.close_list(&id).await.unwrap();
        let mut account = JobAccount::new("eu", "sweeppea://api.example.com", 100);
        account.provider = String::from("sweeppea");
        account.host = Some("api.example.com".to_owned());
        account.takes_along = vec!["subtasks".to_owned()];
        let mut job = ledger.job(&id).await.unwrap();
        job.accounts = vec![account.clone()];
        let digest = digest(&job, ticket_jobs::tickets(&ledger, &id, Which::Named)).await;
        let digest = Some(digest.unwrap());
        ledger.seal(&id, vec![account], digest).await.unwrap();
        Self {
            folder,
            ledger,
            job: id,
        }
    }

    /// A plan in a file, for tests that need `ssh-keygen`; `None` if it is not there.
    async fn exported() -> Option<Self> {
        if !tool_is_there() {
            return None;
        }
        let case = Self::new().await;
        case.export();
        Some(case)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    async fn job(&self) -> Job {
        self.ledger.job(&self.job).await.unwrap()
    }

    /// The plan, as a file.
    fn export(&self) -> Run {
        let arguments = ["job", "export", self.job.as_str(), "--ledger"];
        let ledger = self.path("jobs.db");
        let run = execute(&mut command(&[&arguments[..], &[&ledger]].concat()));
        fs::write(self.path("plan.json"), &run.stdout).unwrap();
        run
    }

    /// The command that approves the plan, for somebody with nothing but it.
    fn approve(&self, more: &[&str]) -> Command {
        let plan = self.path("plan.json");
        let approve = ["job", "approve", &plan, "--reason", "DSR-4711"];
        command(&[&approve, more].concat())
    }

    /// Makes a key with this passphrase, and allows it to bob.
    fn key(&self, passphrase: &str) -> String {
        let key = self.path("id");
        let mut make = Command::new("ssh-keygen");
        make.args(["-q", "-t", "ed25519", "-N", passphrase, "-f", &key]);
        assert!(make.status().unwrap().success());
        let public = fs::read_to_string(self.path("id.pub")).unwrap();
        fs::write(self.path("approvers"), format!("bob@example.com {public}")).unwrap();
        key
    }

    /// Confirms the job with this approval, by a configuration that begins like this.
    fn confirm(&self, configuration: &str, approval: &str) -> Run {
        let account = "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = \"k\"\n\
                       base_url = \"https://api.example.com\"\n";
        let (config, ledger) = (self.path("config.toml"), self.path("jobs.db"));
        fs::write(&config, format!("{configuration}{account}")).unwrap();
        let file = self.path("approval.json");
        fs::write(&file, approval).unwrap();
        let confirm = ["job", "confirm", self.job.as_str(), "--approval", &file];
        let options = ["--ledger", &ledger, "--config", &config];
        execute(&mut command(&[&confirm[..], &options].concat()))
    }

    /// Who gave this approval, as the confirmation of the job would find out.
    async fn signer(&self, approval: &str) -> tickets::Result<String> {
        let approval = Approval::parse(approval)?;
        let approvers = PathBuf::from(self.path("approvers"));
        #[expect(clippy::disallowed_methods, reason = "the command has the real time")]
        let now = Timestamp::now();
        let signer = approval.check(&self.job().await, &approvers, now).await?;
        Ok(signer.principal)
    }
}

#[tokio::test]
async fn plan_is_exported_byte_for_byte() {
    let case = Case::new().await;
    let run = case.export();
    assert_eq!(run.code, 0, "{run:?}");
    let plan = Plan::read(run.stdout.as_bytes()).unwrap();
    assert_eq!(Some(&plan.digest), case.job().await.digest.as_ref());
    assert_eq!(plan.tickets(), 12);
    let document = json(&run.stdout);
    assert_eq!(document["format"], "tickets-plan");
    assert_eq!(document["tickets"][11]["id"], "111");
    assert!(run.stderr.contains(&plan.digest), "{run:?}");
    assert!(run.stderr.contains("tickets job approve FILE"), "{run:?}");
}

#[tokio::test]
async fn job_whose_list_is_not_complete_is_not_exported() {
    let case = Case::new().await;
    let loading = case.ledger.create(NewJob::new(Change::Delete)).await;
    let loading = loading.unwrap();
    let ledger = case.path("jobs.db");
    let arguments = ["job", "export", loading.as_str(), "--ledger", &ledger];
    let run = execute(&mut command(&arguments));
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("is not complete"), "{run:?}");
}

#[tokio::test]
async fn approval_shows_what_is_approved_and_is_accepted() {
    let Some(case) = Case::exported().await else {
        return;
    };
    let key = case.key("");
    let run = execute(&mut case.approve(&["--yes", "--key", &key]));
    assert_eq!(run.code, 0, "{run:?}");
    for shown in [
        &*format!("Plan of job {}: delete 12 tickets", case.job),
        "Planned by alice@ops1 at ",
        "eu (sweeppea, api.example.com): 12 tickets; the vendor does not say whether they can be restored, each with its subtasks",
        "1 ticket looked at, the last one at ",
        "eu:100  open  \"Printer on \\u{1b}[2Jfire …\"",
        "eu:101\n",
        "eu:104\n  … 2 more …\n  eu:107\n",
        "eu:111\nThis cannot be undone from here: 12 tickets.\n",
        &*format!("You approve it as {}, because of: DSR-4711", user_at_host()),
        &*format!("tickets job confirm {} --approval FILE", case.job),
    ] {
        assert!(run.stderr.contains(shown), "{shown}: {}", run.stderr);
    }
    let approval = json(&run.stdout);
    assert_eq!(approval["approved_by"], user_at_host());
    assert_eq!(approval["reason"], "DSR-4711");
    assert_eq!(approval["tickets"], 12);
    assert_eq!(case.signer(&run.stdout).await.unwrap(), "bob@example.com");
    // It is of this key, and of nobody else's.
    fs::write(case.path("approvers"), "").unwrap();
    let error = case.signer(&run.stdout).await.unwrap_err().to_string();
    assert!(
        error.contains("is not among the allowed signers"),
        "{error}"
    );
}

#[tokio::test]
async fn approval_confirms_the_job_that_it_is_for_and_no_edited_one_does() {
    let Some(case) = Case::exported().await else {
        return;
    };
    let key = case.key("");
    let run = execute(&mut case.approve(&["--yes", "--key", &key]));
    let approval = run.stdout;
    let other = Case::new().await;
    let approvers = "approvers = \"approvers\"\n";
    let edited = approval.replace("DSR-4711", "DSR-4712");
    for (configuration, approval, code, says) in [
        (
            "",
            &approval,
            3,
            "the configuration file names no approvers",
        ),
        (
            "approvers = \"none\"\n",
            &approval,
            3,
            "cannot read the allowed signers",
        ),
        (
            "approvers = \"id\"\n",
            &approval,
            2,
            "is not among the allowed signers",
        ),
        (
            approvers,
            &edited,
            2,
            "approval.json: the signature does not match",
        ),
        (
            approvers,
            &"{}".to_owned(),
            2,
            "approval.json: this is no approval",
        ),
    ] {
        let refused = case.confirm(configuration, approval);
        assert_eq!(refused.code, code, "{refused:?}");
        assert!(refused.stderr.contains(says), "{says}: {refused:?}");
        assert_eq!(case.job().await.state, JobState::AwaitingConfirmation);
        assert_eq!(case.job().await.confirmed, None);
    }
    let refused = other.confirm(approvers, &approval);
    assert_eq!(refused.code, 2, "{refused:?}");
    let words = format!("is for job {}, not for job {}", case.job, other.job);
    assert!(refused.stderr.contains(&words), "{refused:?}");

    let confirmed = case.confirm(approvers, &approval);
    assert_eq!(confirmed.code, 0, "{confirmed:?}");
    let words = format!("approved by {}, signed by bob@example.com", user_at_host());
    assert!(confirmed.stderr.contains(&words), "{confirmed:?}");
    let job = case.job().await;
    assert_eq!(job.state, JobState::Ready);
    let confirmed = job.confirmed.unwrap();
    assert_eq!(confirmed.by, user_at_host());
    let recorded = confirmed.approval.unwrap();
    assert_eq!(recorded["principal"], "bob@example.com");
    assert_eq!(recorded["reason"], "DSR-4711");
    assert_eq!(recorded["digest"], job.digest.unwrap());
    // Once is enough.
    let again = case.confirm(approvers, &approval);
    assert_eq!(again.code, 2, "{again:?}");
}

#[tokio::test]
async fn approval_is_written_to_a_new_file_with_the_configured_key() {
    let Some(case) = Case::exported().await else {
        return;
    };
    case.key("");
    // Relative to the configuration file, wherever the command runs.
    fs::write(case.path("config.toml"), "signing_key = \"id\"\n").unwrap();
    let (config, to) = (case.path("config.toml"), case.path("approval.json"));
    let arguments = ["--yes", "--config", &config, "--to", &to];
    let run = execute(&mut case.approve(&arguments));
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    let approval = fs::read_to_string(&to).unwrap();
    assert_eq!(case.signer(&approval).await.unwrap(), "bob@example.com");
    // A file that is there is not overwritten.
    let run = execute(&mut case.approve(&arguments));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr.contains("there is such a file already"),
        "{run:?}"
    );
    assert_eq!(fs::read_to_string(&to).unwrap(), approval);
}

#[tokio::test]
async fn plan_that_was_edited_or_is_not_somebody_elses_is_refused() {
    let case = Case::new().await;
    let plan = case.export().stdout;
    let refused = |case: &Case, plan: &str, says: &str| {
        fs::write(case.path("plan.json"), plan).unwrap();
        // The key is asked for later.
        let run = execute(&mut case.approve(&["--yes", "--key", "/none"]));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(says), "{says}: {run:?}");
        assert!(!run.stderr.contains("Plan of job"), "{run:?}");
    };
    let edited = plan.replace("\"id\":\"105\"", "\"id\":\"999\"");
    assert_ne!(edited, plan);
    refused(
        &case,
        &edited,
        "plan.json: the plan was changed after it was written",
    );
    refused(&case, &plan[..plan.len() / 2], "the plan is cut off");
    let newer = plan.replace("\"version\":1", "\"version\":3");
    refused(&case, &newer, "use a newer version of tickets");
    refused(&case, "onecloud:1\n", "this is no plan");
    let mine = Case::planned_by(&user_at_host(), 3).await;
    let plan = mine.export().stdout;
    refused(
        &mine,
        &plan,
        "made the plan; another person has to approve it",
    );
}

#[tokio::test]
async fn without_a_terminal_a_key_or_the_tool_nothing_is_approved() {
    let case = Case::new().await;
    let plan = case.export().stdout;
    let no_key = execute(&mut case.approve(&["--yes"]));
    assert_eq!((no_key.code, no_key.stdout.as_str()), (3, ""), "{no_key:?}");
    assert!(
        no_key.stderr.contains("there is no key to sign with"),
        "{no_key:?}"
    );
    assert!(no_key.stderr.contains("signing_key"), "{no_key:?}");
    let missing = execute(&mut case.approve(&["--yes", "--key", "/none"]));
    assert_eq!(
        (missing.code, missing.stdout.as_str()),
        (3, ""),
        "{missing:?}"
    );
    assert!(
        missing.stderr.contains("there is no signing key /none"),
        "{missing:?}"
    );
    let key = case.path("plan.json");
    let not_asked = execute(&mut case.approve(&["--key", &key]));
    assert_eq!(
        (not_asked.code, not_asked.stdout.as_str()),
        (2, ""),
        "{not_asked:?}"
    );
    assert!(
        not_asked.stderr.contains("there is no terminal to ask on"),
        "{not_asked:?}"
    );
    let empty = tempfile::tempdir().unwrap();
    let mut no_tool = case.approve(&["--yes", "--key", &key]);
    let no_tool = execute(no_tool.env("PATH", empty.path()));
    assert_eq!(
        (no_tool.code, no_tool.stdout.as_str()),
        (3, ""),
        "{no_tool:?}"
    );
    assert!(
        no_tool.stderr.contains("there is no ssh-keygen"),
        "{no_tool:?}"
    );
    let blank = [
        "job", "approve", "-", "--yes", "--key", &key, "--reason", " ",
    ];
    let blank = execute_with_input(&mut command(&blank), &plan);
    assert_eq!((blank.code, blank.stdout.as_str()), (2, ""), "{blank:?}");
    assert!(
        blank.stderr.contains("an approval needs a reason"),
        "{blank:?}"
    );
}

/// An agent, which ends with the test.
struct Agent(Child);

impl Agent {
    fn start(socket: &str) -> Self {
        let mut agent = Command::new("ssh-agent");
        agent.args(["-D", "-a", socket]).stdout(Stdio::piped());
        let mut agent = Self(agent.spawn().unwrap());
        // It listens before it says so.
        let said = agent.0.stdout.take().unwrap();
        let said = BufReader::new(said).lines().next().unwrap().unwrap();
        assert!(said.contains(socket), "{said}");
        agent
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn key_of_an_agent_signs_by_its_public_key() {
    let Some(case) = Case::exported().await else {
        return;
    };
    let key = case.key("");
    let socket = case.path("agent");
    let _agent = Agent::start(&socket);
    let mut add = Command::new("ssh-add");
    add.arg(&key).env("SSH_AUTH_SOCK", &socket);
    let added = add.stderr(Stdio::null()).status().unwrap();
    assert!(added.success());
    fs::remove_file(&key).unwrap();
    let public = format!("{key}.pub");
    let mut approve = case.approve(&["--yes", "--key", &public]);
    let alone = execute(&mut approve);
    assert_eq!((alone.code, alone.stdout.as_str()), (3, ""), "{alone:?}");
    let run = execute(approve.env("SSH_AUTH_SOCK", &socket));
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(case.signer(&run.stdout).await.unwrap(), "bob@example.com");
}

/// Runs the command at a terminal, where a person types each of these when it is asked for. What it prints is in `stdout`.
#[cfg(target_os = "linux")]
fn at_terminal(line: &str, typed: &[(&str, &str)]) -> Run {
    let mut command = Command::new("script");
    let line = format!("stty -echo && exec {line}");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env_clear().env("TERM", "xterm");
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut read = Vec::new();
    for (question, answer) in typed {
        // ssh-keygen forgets what is typed before it asks.
        while !String::from_utf8_lossy(&read).ends_with(question) {
            let mut byte = [0];
            stdout.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
        stdin.write_all(answer.as_bytes()).unwrap();
    }
    drop(stdin);
    stdout.read_to_end(&mut read).unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stdout = read;
    Run::of(output)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn person_at_the_terminal_is_asked_and_types_the_passphrase_of_the_key() {
    let Some(case) = Case::exported().await else {
        return;
    };
    let key = case.key("correct horse");
    let (plan, to) = (case.path("plan.json"), case.path("approval.json"));
    // The plan comes on standard input, and both questions are still asked at the terminal.
    let line = format!(
        "'{}' job approve - --reason DSR-4711 --key '{key}' --to '{to}' < '{plan}'",
        env!("CARGO_BIN_EXE_tickets")
    );
    let asked = "approve? [y/N] ";
    for typed in ["n\n", "\n", ""] {
        let run = at_terminal(&line, &[(asked, typed)]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stdout.contains(" not approved\r\n"), "{run:?}");
        assert!(!Path::new(&to).exists());
    }
    let wrong = at_terminal(&line, &[(asked, "y\n"), (": ", "wrong\n")]);
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert!(wrong.stdout.contains("cannot sign with "), "{wrong:?}");
    assert!(wrong.stdout.contains("incorrect passphrase"), "{wrong:?}");
    assert!(!Path::new(&to).exists());
    let run = at_terminal(&line, &[(asked, "y\n"), (": ", "correct horse\n")]);
    assert_eq!(run.code, 0, "{run:?}");
    let approval = fs::read_to_string(&to).unwrap();
    assert_eq!(case.signer(&approval).await.unwrap(), "bob@example.com");
    assert!(!run.stdout.contains("correct horse") && !approval.contains("horse"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn plan_is_not_printed_on_a_terminal() {
    let case = Case::new().await;
    let line = format!(
        "'{}' job export {} --ledger '{}'",
        env!("CARGO_BIN_EXE_tickets"),
        case.job,
        case.path("jobs.db")
    );
    let run = at_terminal(&line, &[]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stdout.contains("> plan.json"), "{run:?}");
    assert!(!run.stdout.contains("tickets-plan"), "{run:?}");
}
