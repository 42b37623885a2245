//! `tickets sandbox`: serves a sandbox and prints how to point this command, or any other program, at it.

use std::io;
use std::net::SocketAddr;
use std::process::Stdio;

use serde::{Deserialize, Serialize};
use ticket_sandbox::Vendor;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use crate::accounts::start_sandbox;
use crate::args::{self, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt::Signals;
use crate::output::{Output, write};
use crate::record::Record;
use crate::status::say;
use crate::text;

/// The line of a shell that starts a sandbox in the background and uses it.
pub(super) const START: &str = r#"eval "$(tickets sandbox --env)""#;

pub(super) async fn run(arguments: &args::Sandbox, output: &Output) -> Result<Exit, Failure> {
    if arguments.env {
        return in_background(arguments).await;
    }
    let mut settings = ticket_sandbox::Sandbox::builder().port(arguments.port);
    if arguments.no_quotas {
        settings = settings
            .sweeppea_quota(None)
            .leadsquared_quota(None)
            .zendesk_quota(None)
            .zendesk_endpoint_limits(false);
    }
    let sandbox = start_sandbox(settings)
        .await
        .map_err(|failure| failure.at(format!("127.0.0.1:{}", arguments.port)))?;
    for vendor in Vendor::ALL {
        sandbox.add_tickets(vendor, arguments.tickets);
    }
    // Listen before anything is printed: the reader may press Ctrl-C at once.
    let mut signals = Signals::listen()?;
    let variables = sandbox.environment();
    let written = if output.format == OutputFormat::Table {
        write(&shell(&variables, sandbox.address()))
    } else {
        let mut writer = output.writer();
        variables
            .into_iter()
            .try_for_each(|(name, value)| {
                let name = name.to_owned();
                writer.push(Variable { name, value })
            })
            .and_then(|()| writer.finish())
    };
    written.map_err(|error| Failure::output(&error))?;
    signals.next().await;
    Ok(Exit::Done)
}

/// Starts the sandbox in a process of its own, and prints what points a shell at it.
async fn in_background(arguments: &args::Sandbox) -> Result<Exit, Failure> {
    let broken = |error: &dyn std::fmt::Display| {
        Failure::local(format!("the sandbox cannot be started: {error}"))
    };
    let mut command = std::env::current_exe()
        .map(Command::new)
        .map_err(|error| broken(&error))?;
    command
        .args(["sandbox", "--output", "json"])
        .args(["--port", &arguments.port.to_string()])
        .args(["--tickets", &arguments.tickets.to_string()])
        .args(arguments.no_quotas.then_some("--no-quotas"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Ctrl-C is for what the shell does next.
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn().map_err(|error| broken(&error))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.as_mut()) else {
        return Err(broken(&"it has no output"));
    };
    let mut lines = BufReader::new(stdout).lines();
    let mut list = String::new();
    while let Some(line) = lines.next_line().await.map_err(|error| broken(&error))? {
        list.push_str(&line);
        if line == "]" {
            break;
        }
    }
    let Ok(variables) = serde_json::from_str::<Vec<Variable>>(&list) else {
        let mut why = String::new();
        let read = stderr.read_to_string(&mut why).await;
        read.map_err(|error: io::Error| broken(&error))?;
        return Err(broken(&text::line(why.trim())));
    };
    let process = child.id().unwrap_or_default();
    let exports = exports(
        variables
            .iter()
            .map(|one| (one.name.as_str(), one.value.as_str())),
    );
    write(&format!(
        "{exports}export TICKETS_SANDBOX_PID='{process}'\n"
    ))
    .map_err(|error| Failure::output(&error))?;
    say(&format!(
        "A sandbox is running in the background; stop it with `kill {process}`"
    ));
    Ok(Exit::Done)
}

fn shell(variables: &[(&'static str, String)], address: SocketAddr) -> String {
    let head = format!(
        "# A sandbox is running until Ctrl-C. Its request journal: http://{address}/control/journal\n\
         # In another shell, point `tickets` at it with:\n"
    );
    head + &exports(
        variables
            .iter()
            .map(|(name, value)| (*name, value.as_str())),
    )
}

/// Within single quotes, a POSIX shell treats everything but the single quote literally.
fn exports<'v>(variables: impl Iterator<Item = (&'v str, &'v str)>) -> String {
    let lines = variables
        .map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', r"'\''")));
    lines.collect::<Vec<_>>().concat()
}

#[derive(Deserialize, Serialize)]
struct Variable {
    name: String,
    value: String,
}

impl Record for Variable {
    const COLUMNS: &'static [&'static str] = &["name", "value"];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.value.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_special_characters_are_quoted_for_a_shell() {
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let lines = shell(&[("A", "it's $HOME".to_owned())], address);
        assert!(lines.ends_with("\nexport A='it'\\''s $HOME'\n"), "{lines}");
        assert!(lines.starts_with("# "));
    }
}
