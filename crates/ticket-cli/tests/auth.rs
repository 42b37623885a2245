//! `tickets auth`: what is asked, what the vendor sees, what is stored, and that no secret is shown.
#![cfg(target_os = "linux")]
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::{Run, command, execute, execute_with_input, json, sandbox};
use tempfile::TempDir;
use ticket_sandbox::{Sandbox, Vendor, credentials};

const KEY: &str = credentials::SWEEPPEA_API_KEY;

/// The question for it.
const SECRET: &str = "api_key (the API key, from the vendor's API dashboard; it is not shown):";

/// Somebody without accounts.
struct Case {
    folder: TempDir,
    sandbox: Sandbox,
}

impl Case {
    async fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            sandbox: sandbox().await,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("tickets").join(name)
    }

    fn base_url(&self) -> String {
        self.sandbox.base_url(Vendor::Sweeppea)
    }

    fn config(&self) -> String {
        fs::read_to_string(self.path("config.toml")).unwrap_or_default()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.env("XDG_CONFIG_HOME", self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.hidden(execute(&mut self.command(arguments)))
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Run {
        self.hidden(execute_with_input(&mut self.command(arguments), input))
    }

    /// Runs it at a terminal, where each question is answered when it is asked.
    fn at_terminal(&self, arguments: &str, answers: &[(&str, &str)]) -> Run {
        let line = format!("exec '{}' {arguments}", env!("CARGO_BIN_EXE_tickets"));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        script
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap());
        script.env("TERM", "xterm").env("HOME", self.folder.path());
        script.env("XDG_CONFIG_HOME", self.folder.path());
        script.env("XDG_STATE_HOME", crate::common::state_folder());
        script.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.spawn().unwrap();
        let mut keyboard = script.stdin.take().unwrap();
        let mut screen = script.stdout.take().unwrap();
        let (mut shown, mut byte) = (Vec::new(), [0]);
        for (question, answer) in answers {
            let question = format!("{question} ");
            while !shown.ends_with(question.as_bytes()) {
                screen.read_exact(&mut byte).unwrap();
                shown.push(byte[0]);
            }
            keyboard.write_all(answer.as_bytes()).unwrap();
        }
        screen.read_to_end(&mut shown).unwrap();
        self.hidden(Run {
            code: script.wait().unwrap().code().unwrap(),
            stdout: String::from_utf8(shown).unwrap(),
            stderr: String::new(),
        })
    }

    /// The run, which showed no secret.
    fn hidden(&self, run: Run) -> Run {
        assert!(
            !run.stdout.contains(KEY) && !run.stderr.contains(KEY),
            "{run:?}"
        );
        assert!(!self.config().contains(KEY), "{run:?}");
        run
    }

    fn requests(&self) -> usize {
        self.sandbox.journal().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn person_at_a_terminal_is_asked_and_the_account_is_tested_and_stored() {
    let case = Case::new().await;
    let base_url = case.base_url();
    let key = format!("{KEY}\n");
    let address = format!("{base_url}\n");
    let run = case.at_terminal(
        "auth login",
        &[
            (
                "Provider (leadsquared, onecloud, redmine, rt, sweeppea, zendesk):",
                "sweeppea\n",
            ),
            ("Name of the account [sweeppea]:", "\n"),
            (
                "base_url (where the API is) [https://api-v3.sweeppea.com]:",
                &address,
            ),
            // Where a secret is needed, an empty answer is none.
            (SECRET, "\n"),
            (SECRET, &key),
        ],
    );
    assert_eq!(run.code, 0, "{run:?}");
    let accepted = "sweeppea: the vendor accepts the credentials";
    assert!(run.stdout.contains(accepted), "{run:?}");
    assert_eq!(case.requests(), 1);
    assert_eq!(
        case.config(),
        format!(
            "[accounts.sweeppea]\nprovider = \"sweeppea\"\nbase_url = \"{base_url}\"\napi_key_file = \"secrets/sweeppea.api_key\"\n"
        )
    );
    let secret = fs::read_to_string(case.path("secrets/sweeppea.api_key")).unwrap();
    assert_eq!(secret, format!("{KEY}\n"));
    let list = case.run(&["list", "--limit", "1", "--output", "ndjson"]);
    assert_eq!((list.code, list.lines().len()), (0, 1), "{list:?}");
    // Known answers are kept.
    let known = format!("base_url (where the API is) [{base_url}]:");
    let again = case.at_terminal("auth login sweeppea", &[(&known, "\n"), (SECRET, &key)]);
    assert_eq!(again.code, 0, "{again:?}");
    assert_eq!(case.requests(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn person_who_stops_at_the_secret_stores_nothing() {
    let case = Case::new().await;
    let login = format!(
        "auth login eu --provider sweeppea --set base_url={}",
        case.base_url()
    );
    let run = case.at_terminal(&login, &[(SECRET, "s3c\u{3}")]);
    assert_eq!(run.code, 130, "{run:?}");
    assert!(
        run.stdout.contains("stopped; nothing was stored"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("s3c"), "{run:?}");
    assert_eq!((case.requests(), case.config().as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_ways_to_sign_in_is_enough() {
    let case = Case::new().await;
    let base_url = case.sandbox.base_url(Vendor::Rt);
    let run = case.at_terminal(
        "auth login rt",
        &[
            ("without /REST/2.0):", &format!("{base_url}\n")),
            ("it is not shown):", &format!("{}\n", credentials::RT_TOKEN)),
        ],
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        !run.stdout.contains("password (") && !run.stdout.contains("user ("),
        "{run:?}"
    );
    assert_eq!(case.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_that_the_vendor_refuses_is_not_stored_unless_nobody_is_asked() {
    let case = Case::new().await;
    let set = format!("base_url={}", case.base_url());
    let login = [
        "auth",
        "login",
        "eu",
        "--provider",
        "sweeppea",
        "--set",
        &set,
        "--with-token",
    ];
    let refused = case.run_with(&login, "wrong\n");
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("nothing was stored"), "{refused:?}");
    assert!(!refused.stderr.contains("wrong\n"), "{refused:?}");
    assert_eq!((case.requests(), case.config().as_str()), (1, ""));
    let unchecked = [&login[..], &["--no-check", "--output", "json"]].concat();
    let stored = case.run_with(&unchecked, "wrong\n");
    assert_eq!(stored.code, 0, "{stored:?}");
    assert_eq!(json(&stored.stdout)["checked"], serde_json::Value::Null);
    assert_eq!(case.requests(), 1);
    let status = case.run(&["auth", "status", "--output", "json"]);
    assert_eq!(status.code, 1, "{status:?}");
    let eu = &json(&status.stdout)[0];
    assert_eq!(
        (&eu["accepted"], &eu["error"]["kind"]),
        (&false.into(), &"unauthenticated".into())
    );
    assert_eq!(case.requests(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_work_is_not_stored_although_nobody_is_asked() {
    let case = Case::new().await;
    for (address, why) in [
        (
            "http://api.example.com",
            "plain http to api.example.com is refused",
        ),
        ("https://", "base URL"),
        ("api.example.com", "https://"),
    ] {
        let set = format!("base_url={address}");
        let login = ["auth", "login", "sweeppea", "--no-check", "--with-token"];
        let run = case.run_with(&[&login[..], &["--set", &set]].concat(), KEY);
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.stderr.contains(why), "{run:?}");
        assert!(run.stderr.contains("nothing was stored"), "{run:?}");
        assert_eq!(case.config(), "");
        assert!(!case.path("secrets").exists());
    }
    assert_eq!(case.requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn misspelt_provider_is_told_with_the_one_that_was_meant() {
    let case = Case::new().await;
    for (arguments, meant) in [
        (
            &["swepea"][..],
            "--provider ID (did you mean `tickets auth login sweeppea`?)",
        ),
        (
            &["eu", "--provider", "swepea"],
            "there is no provider \"swepea\" (did you mean sweeppea?)",
        ),
    ] {
        let run = case.run(&[&["auth", "login"], arguments].concat());
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(meant), "{run:?}");
    }
    assert_eq!((case.requests(), case.config().as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_each_bad_section_and_goes_on_with_the_good_ones() {
    let case = Case::new().await;
    let set = format!("base_url={}", case.base_url());
    let login = ["auth", "login", "sweeppea", "--set", &set, "--with-token"];
    assert_eq!(case.run_with(&login, KEY).code, 0);
    let bad = "[accounts.one]\napi_key = \"x\"\n[accounts.two]\nprovider = \"rt\"\ntimeout_s = \"soon\"\n";
    let text = format!("approvres = \"x\"\n{}{bad}", case.config());
    fs::write(case.path("config.toml"), text).unwrap();
    let run = case.run(&["auth", "status", "--output", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.stderr.contains("`approvres` is not known here"),
        "{run:?}"
    );
    let rows = json(&run.stdout);
    let told = |name: &str| {
        let rows = rows.as_array().unwrap();
        rows.iter()
            .find(|row| row["account"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(told("sweeppea")["accepted"], true);
    for (name, why) in [
        ("one", "`provider` is missing"),
        ("two", "`timeout_s` must be"),
    ] {
        let message = told(name)["error"]["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains(why) && message.contains("config.toml:"),
            "{message}"
        );
    }
    assert_eq!(case.requests(), 2);
    // Other commands begin nothing with such a file.
    let list = case.run(&["list", "sweeppea"]);
    assert_eq!(list.code, 3, "{list:?}");
    assert_eq!(case.requests(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn secret_is_no_argument_and_without_a_terminal_nothing_is_asked() {
    let case = Case::new().await;
    for (arguments, why) in [
        (&["--set", "api_key=s3cret"][..], "`api_key` is a secret"),
        (
            &["--set", "apikey=s3cret"],
            "there is no setting `apikey` for this",
        ),
        (
            &["--set", "base_url=http://127.0.0.1:1"],
            "there is no terminal to ask on",
        ),
        (
            &["--secret-command", "pass 'show"],
            "with its quotes closed",
        ),
        (
            &["--provider", "freshdesk"],
            "there is no provider \"freshdesk\"",
        ),
    ] {
        let login = [&["auth", "login", "sweeppea"], arguments].concat();
        let run = case.run(&login);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(
            run.stderr.contains(why) && !run.stderr.contains("s3cret"),
            "{run:?}"
        );
    }
    let empty = case.run_with(&["auth", "login", "sweeppea", "--with-token"], "\n");
    assert_eq!(empty.code, 2, "{empty:?}");
    assert_eq!((case.requests(), case.config().as_str()), (0, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn command_of_a_password_manager_is_stored_in_the_secrets_place() {
    let case = Case::new().await;
    let set = format!("base_url={}", case.base_url());
    let command = format!("sh -c 'echo {KEY}'").replace(KEY, "$(cat key)");
    fs::write(case.folder.path().join("key"), KEY).unwrap();
    let login = [
        "auth",
        "login",
        "sweeppea",
        "--set",
        &set,
        "--secret-command",
        &command,
    ];
    let mut login = case.command(&login);
    let run = execute(login.current_dir(case.folder.path()));
    assert_eq!(run.code, 0, "{run:?}");
    let stored = "api_key_command = [\"sh\", \"-c\", \"echo $(cat key)\"]";
    assert!(case.config().contains(stored), "{}", case.config());
    assert!(!case.path("secrets").exists());
    assert_eq!(case.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_says_where_settings_are_and_logout_what_is_left() {
    let case = Case::new().await;
    let set = format!("base_url={}", case.base_url());
    let login = ["auth", "login", "sweeppea", "--set", &set, "--with-token"];
    assert_eq!(case.run_with(&login, KEY).code, 0);
    let status = case.run(&["auth", "status"]);
    assert_eq!(status.code, 0, "{status:?}");
    let secret = case.path("secrets/sweeppea.api_key");
    let file = format!("api_key: file {} (mode 600)", secret.display());
    for words in [
        "accepted",
        "base_url: configuration file",
        &file,
        "id_form: alphanumeric (default)",
    ] {
        assert!(status.stdout.contains(words), "{status:?}");
    }
    assert_eq!(case.requests(), 2);
    let logout = case.run(&["auth", "logout", "sweeppea", "--output", "json"]);
    assert_eq!(logout.code, 0, "{logout:?}");
    assert_eq!(
        json(&logout.stdout)["files"][0],
        secret.display().to_string()
    );
    assert!(
        logout.stderr.contains("the vendor was not told"),
        "{logout:?}"
    );
    assert!(!secret.exists() && !case.config().contains("api_key"));
    assert!(case.config().contains("[accounts.sweeppea]"));
    let gone = case.run(&["list", "sweeppea"]);
    assert_eq!(gone.code, 3, "{gone:?}");
    assert_eq!(case.requests(), 2);
    let environment = case.run(&["auth", "logout", "rt"]);
    assert_eq!(environment.code, 2, "{environment:?}");
    assert!(
        environment.stderr.contains("unset RT_TOKEN RT_PASSWORD"),
        "{environment:?}"
    );
}
