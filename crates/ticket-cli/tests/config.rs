//! Accounts, credentials and the configuration file: which account is called with which key, and that no
//! key is ever shown.

use std::path::PathBuf;

use crate::common::{Run, at, command, execute, json};
use tempfile::TempDir;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor, credentials};

/// A folder with a configuration file of this content.
fn config(content: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn assert_hidden(run: &Run, secret: &str) {
    assert!(
        !run.stdout.contains(secret) && !run.stderr.contains(secret),
        "{run:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accounts_limits_come_from_the_file_unless_the_arguments_say_otherwise() {
    let sandbox = Sandbox::start().await.unwrap();
    let busy = Rule::new(Fault::Status(503)).times(u64::MAX);
    sandbox.inject(busy);
    let account = |name, limits| {
        format!(
            "[accounts.{name}]\nprovider = \"sweeppea\"\nbase_url = \"{}\"\napi_key = \"key of {name}\"\nquota_key = \"{name}\"\n{limits}\n",
            sandbox.base_url(Vendor::Sweeppea),
        )
    };
    let one = account("one", "rate = \"3/60\"\nmax_attempts = 1");
    let two = account("two", "rate = [\"10/0.5\", \"100/60\"]");
    let (_folder, path) = config(&(one + &two));
    let run = |arguments: &[&str]| execute(command(arguments).env("TICKETS_CONFIG", &path));
    let quotas = |more: &[&str]| {
        let plan = [
            "delete", "--plan", "--look", "none", "one:1", "two:1", "--output", "ndjson",
        ];
        let lines = run(&[&plan, more].concat()).lines();
        [&lines[0]["quota"], &lines[1]["quota"]].map(|quota| quota.as_str().unwrap().to_owned())
    };
    let [one, two] = quotas(&[]);
    assert_eq!(one, "3 calls in 60 s, one at a time");
    assert_eq!(two, "10 calls in 0.5 s, 100 calls in 60 s, one at a time");
    let of_arguments = ["1 call in 2 s, one at a time"; 2];
    assert_eq!(quotas(&["--rate", "1/2"]), of_arguments);
    for (more, calls) in [(&[][..], 1), (&["--max-attempts", "2"], 3)] {
        assert_eq!(run(&[&["get", "one:1"], more].concat()).code, 1);
        assert_eq!(sandbox.journal().len(), calls);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_of_one_provider_use_their_own_sandboxes_and_keys() {
    let (eu, us) = (
        Sandbox::start().await.unwrap(),
        Sandbox::start().await.unwrap(),
    );
    let key = credentials::SWEEPPEA_API_KEY;
    let (_folder, path) = config(&format!(
        "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{}\"\napi_key_env = \"EU_KEY\"\n\
         [accounts.us]\nprovider = \"sweeppea\"\nbase_url = \"{}\"\napi_key = \"{key}\"\ntimeout_s = 20\n",
        eu.base_url(Vendor::Sweeppea),
        us.base_url(Vendor::Sweeppea),
    ));
    let mut command = command(&[
        "--output",
        "ndjson",
        "delete",
        "--yes",
        "eu:2531581",
        "us:2650478",
        "eu:2531581",
    ]);
    let run = execute(command.env("TICKETS_CONFIG", &path).env("EU_KEY", key));
    let run = run.in_order(&["eu:2531581", "us:2650478"]);
    assert_eq!(run.code, 0, "{run:?}");
    let tickets: Vec<_> = run
        .outcomes()
        .into_iter()
        .map(|(ticket, _)| ticket)
        .collect();
    assert_eq!(tickets, ["eu:2531581", "eu:2531581", "us:2650478"]);
    assert_eq!((eu.journal().len(), us.journal().len()), (1, 1));
    assert!(!eu.exists(Vendor::Sweeppea, "2531581") && us.exists(Vendor::Sweeppea, "2531581"));
    assert!(!us.exists(Vendor::Sweeppea, "2650478") && eu.exists(Vendor::Sweeppea, "2650478"));
    assert_hidden(&run, key);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_a_file_never_takes_its_key_from_the_providers_variables() {
    let sandbox = Sandbox::start().await.unwrap();
    let base_url = sandbox.base_url(Vendor::Sweeppea);
    let (_folder, path) = config(&format!(
        "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{base_url}\"\n"
    ));
    // The environment has a good key, of somebody else.
    let run = execute(
        at(&sandbox, &["get", "eu:2531581"])
            .arg("--config")
            .arg(&path),
    );
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("`api_key`"), "{run:?}");
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_at_the_usual_place_is_found() {
    let sandbox = Sandbox::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tickets")).unwrap();
    let content = format!(
        "[accounts.shop]\nprovider = \"onecloud\"\nbase_url = \"{}\"\ntoken = \"{}\"\n",
        sandbox.base_url(Vendor::OneCloud),
        credentials::ONECLOUD_TOKEN
    );
    std::fs::write(folder.path().join("tickets").join("config.toml"), content).unwrap();
    let mut command = command(&["get", "shop:121", "--output", "json"]);
    let run = execute(
        command
            .env("XDG_CONFIG_HOME", folder.path())
            .env("APPDATA", folder.path()),
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(json(&run.stdout)["ticket"], "shop:121");
}

#[test]
fn the_file_is_as_the_help_says() {
    let help = execute(&mut command(&["--help"])).stdout;
    let example = help
        .lines()
        .skip_while(|line| *line != "  [accounts.support-eu]");
    let example: Vec<_> = example.take_while(|line| !line.is_empty()).collect();
    assert!(example.len() > 2, "{help}");
    let (_folder, path) = config(&example.join("\n"));
    let mut command = command(&[
        "delete",
        "--plan",
        "--look",
        "none",
        "support-eu:1",
        "--output",
        "ndjson",
    ]);
    let run = execute(
        command
            .env("TICKETS_CONFIG", &path)
            .env("SUPPORT_EU_KEY", "k"),
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(json(&run.stdout)["provider"], "sweeppea");
}

#[test]
fn a_broken_file_ends_3_with_file_and_line_and_without_its_values() {
    for (content, place) in [
        (
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = k-ODD-5ecret\n",
            ":3:",
        ),
        (
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = [\"k-ODD-5ecret\"]\n",
            ":3:1",
        ),
        ("[accounts.eu]\napi_key = \"k-ODD-5ecret\"\n", ":1:11"),
        ("api_key = \"k-ODD-5ecret\"\n", ":1:1"),
        ("[accounts.\" eu\"]\nprovider = \"sweeppea\"\n", ":1:11"),
        ("[accounts.onecloud]\nprovider = \"sweeppea\"\n", ": "),
    ] {
        let (_folder, path) = config(content);
        for form in ["table", "json"] {
            let mut command = command(&["get", "eu:1", "--output", form, "--config"]);
            let run = execute(command.arg(&path));
            assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
            assert_hidden(&run, "5ecret");
            let place = format!("{}{place}", path.display());
            if form == "table" {
                assert!(run.stderr.contains(&place), "{run:?}");
            } else {
                let error = json(&run.stderr);
                assert_eq!(error["kind"], "config");
                assert!(error["message"].as_str().unwrap().starts_with(&place));
            }
        }
    }
    let run = execute(&mut command(&["get", "eu:1", "--config", "no/such/file"]));
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("no/such/file"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_account_is_told_with_those_there_are() {
    let sandbox = Sandbox::start().await.unwrap();
    let (_folder, path) = config("[accounts.eu]\nprovider = \"sweeppea\"\napi_key = \"k\"\n");
    let arguments = [
        "delete",
        "--yes",
        "onecloud:121",
        "uk:1",
        "--config",
        path.to_str().unwrap(),
    ];
    let run = execute(&mut at(&sandbox, &arguments));
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    let mut known: Vec<_> = tickets::PROVIDERS
        .iter()
        .map(|known| (known.info)().id)
        .collect();
    known.push("eu".into());
    known.sort_unstable();
    let told = format!("there is no account \"uk\"; there are {}", known.join(", "));
    assert!(run.stderr.contains(&told), "{run:?}");
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_unconfigured_account_and_nothing_is_sent_to_the_others() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut command = at(
        &sandbox,
        &[
            "--output",
            "json",
            "delete",
            "--yes",
            "onecloud:121",
            "leadsquared:160",
        ],
    );
    let run = execute(command.env_remove("LEADSQUARED_SECRET_KEY"));
    assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
    let error = json(&run.stderr);
    assert_eq!(error["kind"], "config");
    assert_eq!(error["effect"], "none");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("LEADSQUARED_SECRET_KEY"),
        "{run:?}"
    );
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_is_shown_whatever_goes_wrong() {
    let sandbox = Sandbox::start().await.unwrap();
    let odd = "k-ODD-5ecret\u{e9}\"' \\";
    for (variable, ticket) in [
        ("ONECLOUD_TOKEN", "onecloud:121"),
        ("SWEEPPEA_API_KEY", "sweeppea:2531581"),
        ("LEADSQUARED_ACCESS_KEY", "leadsquared:160"),
        ("LEADSQUARED_SECRET_KEY", "leadsquared:160"),
    ] {
        // The second one cannot even be sent.
        for secret in ["k-ODD-5ecret", odd, "k-ODD\u{1}5ecret"] {
            for form in ["table", "json", "ndjson", "csv"] {
                let account = ticket.split(':').next().unwrap();
                for arguments in [
                    &["get", ticket][..],
                    &["delete", "--yes", ticket],
                    &["resolve", "--yes", ticket],
                    &["list", account],
                    &["messages", ticket],
                    &["update", ticket, "--subject", "x"],
                    &["comment", ticket, "--body", "x"],
                ] {
                    let arguments = [arguments, &["-vvv", "--output", form]].concat();
                    let run = execute(at(&sandbox, &arguments).env(variable, secret));
                    assert!([1, 2, 3].contains(&run.code), "{run:?}");
                    assert_hidden(&run, "ODD");
                    assert_hidden(&run, "5ecret");
                    for (name, value) in sandbox.environment() {
                        assert!(
                            !name.ends_with("KEY") && !name.ends_with("TOKEN")
                                || !run.stderr.contains(&value),
                            "{run:?}"
                        );
                    }
                }
            }
        }
    }
    assert_eq!(
        sandbox
            .journal()
            .iter()
            .filter(|exchange| exchange.took_effect)
            .count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_end_1_and_say_where_they_come_from() {
    let sandbox = Sandbox::start().await.unwrap();
    for (variable, ticket) in [
        ("ONECLOUD_TOKEN", "onecloud:121"),
        ("SWEEPPEA_API_KEY", "sweeppea:2531581"),
        ("LEADSQUARED_SECRET_KEY", "leadsquared:160"),
    ] {
        let run = execute(at(&sandbox, &["get", ticket]).env(variable, "wrong"));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        assert!(run.stderr.contains(variable), "{run:?}");
        let run =
            execute(at(&sandbox, &["get", ticket, "--output", "json"]).env(variable, "wrong"));
        assert_eq!(json(&run.stderr)["kind"], "unauthenticated", "{run:?}");
    }
    let base_url = sandbox.base_url(Vendor::Sweeppea);
    let (_folder, path) = config(&format!(
        "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{base_url}\"\napi_key = \"wrong\"\n"
    ));
    let run = execute(command(&["get", "eu:2531581"]).env("TICKETS_CONFIG", &path));
    assert_eq!(run.code, 1);
    let hint = format!(
        "hint: check api_key of the account eu in {}",
        path.display()
    );
    assert!(run.stderr.contains(&hint), "{run:?}");
}

/// A variable that is set but empty, as containers and unit files leave it, is one that is not set.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_variable_is_no_variable() {
    let sandbox = Sandbox::start().await.unwrap();
    let empty = ["TICKETS_CONFIG", "XDG_CONFIG_HOME", "TMPDIR", "NO_COLOR"];
    // Longer than what is held in memory, so that the folder of temporary files is needed.
    let list: Vec<_> = (0..20_000)
        .map(|id| format!("onecloud:{}", 10_000_000 + id))
        .collect();
    let (folder, path) = config("[accounts.theirs]\nprovider = \"onecloud\"\n");
    std::fs::write(folder.path().join("list"), list.join("\n")).unwrap();
    for arguments in [
        &["get", "onecloud:121"][..],
        &["--sandbox", "get", "onecloud:121"],
        &["delete", "--plan", "--from", "list"],
    ] {
        let mut command = at(&sandbox, arguments);
        command.current_dir(folder.path());
        let run = execute(command.envs(empty.map(|name| (name, ""))));
        assert_eq!(run.code, 0, "{arguments:?} {run:?}");
    }
    // No file of the current folder is taken for the user's.
    let users = folder.path().join(".config/tickets");
    std::fs::create_dir_all(&users).unwrap();
    std::fs::rename(path, users.join("config.toml")).unwrap();
    for home in ["", "."] {
        let mut command = at(&sandbox, &["get", "theirs:1"]);
        command.current_dir(folder.path());
        let run = execute(command.env("HOME", home).env("XDG_CONFIG_HOME", ""));
        assert_eq!(run.code, 3, "{home:?} {run:?}");
        assert!(
            run.stderr.contains("there is no account \"theirs\""),
            "{home:?} {run:?}"
        );
    }
    // An argument is not a variable.
    let run = execute(&mut at(&sandbox, &["get", "onecloud:121", "--config", ""]));
    assert_eq!(run.code, 2, "{run:?}");
}
