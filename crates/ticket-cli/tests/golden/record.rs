//! Runs a case and writes down what came of it, with a name in place of what differs from run to run: the port, the
//! temporary folder, the boundary of a form, the times of `--verbose`.
//!
//! The sandbox's clock stands still, so that dates are the same in every run.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use ticket_sandbox::{Endpoint, Exchange, Sandbox, credentials};

use super::case::{Case, Order, split};
use crate::common::{Run, at, command, execute, execute_with_input};

/// The golden text of a case.
pub(crate) fn of(case: &Case) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(record(case))
}

async fn record(case: &Case) -> String {
    let sandbox = loop {
        let sandbox = (case.settings)(Sandbox::builder()).start().await.unwrap();
        (case.prepare)(&sandbox);
        for rule in &case.rules {
            sandbox.inject(rule.clone());
        }
        // Another process may have taken the port when it was free for a moment.
        if !case.refuses_connections || sandbox.refuse_connections().await.is_ok() {
            break sandbox;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in &case.files {
        let path = folder.path().join(name);
        std::fs::write(&path, given(content, &sandbox)).unwrap();
        // Some have a key in them.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let owner = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, owner).unwrap();
        }
    }
    let mut command = prepared(case, &sandbox, &folder);
    let (stdin, words) = (case.stdin, case.interrupt_after);
    // The clock stands still as long as a blocking task runs.
    let run = tokio::task::spawn_blocking(move || match (stdin, words) {
        (_, Some(words)) => execute_until(&mut command, words),
        (Some(input), None) => execute_with_input(&mut command, input),
        (None, None) => execute(&mut command),
    });
    let run = run.await.unwrap();

    let stdout = match case.order {
        Order::Sorted if case.line.contains("ndjson") => sorted(&run.stdout, 0),
        Order::Sorted if case.line.contains("csv") => sorted(&run.stdout, 1),
        _ => run.stdout,
    };
    let line = format!("$ tickets {}", case.line);
    let mut text = format!("{}\nexit {}\n", line.trim_end(), run.code);
    section(&mut text, "stdout", &stdout);
    section(&mut text, "stderr", &without_times(&run.stderr));
    for (name, content) in written(case, &sandbox, folder.path()) {
        section(&mut text, &format!("file {name}"), &content);
    }
    section(&mut text, "journal", &journal(case.order, &sandbox));
    let port = sandbox.address().port().to_string();
    let text = text.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:PORT");
    let text = text.replace(&format!("port={port}"), "port=PORT");
    let text = text.replace(&folder.path().display().to_string(), "FOLDER");
    let text = text.replace(env!("CARGO_TARGET_TMPDIR"), "HOME");
    masked(&without_jobs(&without_wait(text, case.wait)))
}

fn prepared(case: &Case, sandbox: &Sandbox, folder: &TempDir) -> Command {
    let arguments = split(case.line);
    let arguments: Vec<String> = arguments.iter().map(|text| filled(text, sandbox)).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = if case.configured {
        at(sandbox, &arguments)
    } else {
        command(&arguments)
    };
    for (name, value) in &case.env {
        command.env(name, filled(value, sandbox));
    }
    command.env("COLUMNS", "100").current_dir(folder.path());
    command
}

/// Runs it until a line of stdout has these words, interrupts it, and reads on to the end.
fn execute_until(command: &mut Command, words: &str) -> Run {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the command starts");
    let mut reader = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut stdout = String::new();
    while reader.read_line(&mut stdout).expect("UTF-8") > 0 && !stdout.contains(words) {}
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.expect("kill is there").success());
    reader.read_to_string(&mut stdout).expect("UTF-8");
    let run = Run::of(child.wait_with_output().expect("it ends"));
    // This sandbox is the command's own, on a port of its own.
    let port = stdout.split("127.0.0.1:").nth(1).unwrap_or_default();
    let port: String = port.chars().take_while(char::is_ascii_digit).collect();
    let stdout = stdout.replace(&format!("127.0.0.1:{port}"), "127.0.0.1:PORT");
    Run { stdout, ..run }
}

/// A text with what stands in braces.
fn filled(text: &str, sandbox: &Sandbox) -> String {
    let address = sandbox.address();
    text.replace("{sandbox}", &format!("http://{address}"))
        .replace("{port}", &address.port().to_string())
        .replace("{key}", credentials::SWEEPPEA_API_KEY)
}

/// The same of a file, which may be no text.
fn given(content: &[u8], sandbox: &Sandbox) -> Vec<u8> {
    match std::str::from_utf8(content) {
        Ok(text) => filled(text, sandbox).into_bytes(),
        Err(_) => content.to_vec(),
    }
}

/// The lines behind the first few, sorted.
fn sorted(text: &str, head: usize) -> String {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if let Some(lines) = lines.get_mut(head..) {
        lines.sort_unstable();
    }
    lines.concat()
}

/// The files that the command has written, by name.
fn written(case: &Case, sandbox: &Sandbox, folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<OsString> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort_unstable();
    let mut files = Vec::new();
    for name in names {
        let content = std::fs::read(folder.join(&name)).unwrap();
        let mut before = case.files.iter().filter(|(given, _)| name == *given);
        if before.all(|(_, before)| given(before, sandbox) != content) {
            let name = name.into_string().unwrap();
            files.push((name, String::from_utf8_lossy(&content).into_owned()));
        }
    }
    files
}

fn section(text: &mut String, title: &str, content: &str) {
    text.push_str("--- ");
    text.push_str(title);
    text.push('\n');
    text.extend(content.chars().map(visible));
    if !content.is_empty() && !content.ends_with('\n') {
        text.push_str("\n\\ no newline at the end\n");
    }
}

/// Control characters as their pictures: an editor or a checkout may change them.
fn visible(letter: char) -> char {
    let picture = match letter {
        '\n' => None,
        '\u{7f}' => Some('␡'),
        _ if letter.is_ascii_control() => char::from_u32(0x2400 + u32::from(letter)),
        _ => None,
    };
    picture.unwrap_or(letter)
}

/// What the sandbox saw: method, path and query, the status it answered, the body.
fn journal(order: Order, sandbox: &Sandbox) -> String {
    let journal = sandbox.journal();
    let mut entries: Vec<String> = journal.iter().map(entry).collect();
    if order == Order::Sorted {
        entries.sort_unstable();
    }
    entries.concat()
}

fn entry(exchange: &Exchange) -> String {
    let status = exchange.status.map(|status| status.to_string());
    let status = status.as_deref().unwrap_or("no answer");
    let mut text = format!("{} {} -> {status}\n", exchange.method, exchange.path);
    let body = match exchange.endpoint {
        Some(Endpoint::Authenticate) => "(credentials)".into(),
        _ => String::from_utf8_lossy(&exchange.body),
    };
    let content_type = exchange.header("content-type").unwrap_or_default();
    let body = match content_type.split_once("boundary=") {
        Some((_, boundary)) => body.replace(boundary, "BOUNDARY"),
        None => body.into_owned(),
    };
    for line in body.lines() {
        if !line.is_empty() {
            text.push_str("    ");
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// Without the times in the lines of `--verbose`.
fn without_times(stderr: &str) -> String {
    let mut text = String::new();
    for line in stderr.split_inclusive('\n') {
        match line.split_once("Z ") {
            Some((time, rest)) if time.starts_with("20") && time.contains('T') => {
                text.push_str("TIME ");
                match rest.split_once("time.busy=") {
                    Some((span, _)) => {
                        text.push_str(span);
                        text.push_str("time.busy=TIME time.idle=TIME\n");
                    }
                    None => text.push_str(rest),
                }
            }
            _ => text.push_str(&without_duration(line)),
        }
    }
    text
}

/// Without how long a call took, in a sentence of `--verbose`.
fn without_duration(line: &str) -> String {
    let Some((said, time)) = line.split_once(" after ") else {
        return line.to_owned();
    };
    let rest = time.trim_start_matches(|character: char| character.is_ascii_digit());
    match rest.strip_prefix(" ms") {
        Some(rest) if rest.len() < time.len() => format!("{said} after TIME{rest}"),
        _ => line.to_owned(),
    }
}

/// Without the seconds that are left of a window, of which some pass while the command runs.
fn without_wait(text: String, longest: Option<u64>) -> String {
    let Some(longest) = longest else {
        return text;
    };
    (longest.saturating_sub(20)..=longest).fold(text, |text, seconds| {
        text.replace(&format!("wait {seconds} s"), "wait SECONDS s")
            .replace(
                &format!("\"retry_after_s\":{seconds}}}"),
                "\"retry_after_s\":SECONDS}",
            )
    })
}

/// Without the ids of jobs, which are random, and the digests of plans, which depend on them.
fn without_jobs(text: &str) -> String {
    let digests = text.split_inclusive(|c: char| !c.is_ascii_hexdigit());
    let digests = digests.map(|word| {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        if matches!(digits.len(), 32 | 64) {
            word.replace(digits, "DIGEST")
        } else {
            word.to_owned()
        }
    });
    let text = &digests.collect::<String>();
    [
        "job ",
        "Job ",
        "job run ",
        "job confirm ",
        "job export ",
        "job report ",
        "\"job\":\"",
        "\"job\": \"",
        "PORT,",
    ]
    .iter()
    .fold(text.to_owned(), |text, before| {
        let mut parts = text.split(before);
        let mut without = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            without.push_str(before);
            match part.split_at_checked(8) {
                Some((id, rest)) if id.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                    without.push_str("JOB");
                    without.push_str(rest);
                }
                _ => without.push_str(part),
            }
        }
        without
    })
}

/// Without credentials, wherever they might appear.
fn masked(text: &str) -> String {
    let secrets = [
        credentials::ONECLOUD_TOKEN,
        credentials::ONECLOUD_PASSWORD,
        credentials::SWEEPPEA_API_KEY,
        credentials::LEADSQUARED_ACCESS_KEY,
        credentials::LEADSQUARED_SECRET_KEY,
    ];
    secrets.iter().fold(text.to_owned(), |text, secret| {
        text.replace(secret, "CREDENTIAL")
    })
}
