//! `tickets sandbox`: serves a sandbox and prints how to point this command, or any other program, at it.

use std::net::SocketAddr;

use serde::Serialize;
use ticket_sandbox::Vendor;

use crate::accounts::start_sandbox;
use crate::args::{self, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt::Signals;
use crate::output::{Output, Record, write};

pub(super) async fn run(arguments: &args::Sandbox, output: &Output) -> Result<Exit, Failure> {
    let mut settings = ticket_sandbox::Sandbox::builder().port(arguments.port);
    if arguments.no_quotas {
        settings = settings.sweeppea_quota(None).leadsquared_quota(None);
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
            .try_for_each(|(name, value)| writer.push(Variable { name, value }))
            .and_then(|()| writer.finish())
    };
    written.map_err(|error| Failure::output(&error))?;
    signals.next().await;
    Ok(Exit::Done)
}

fn shell(variables: &[(&'static str, String)], address: SocketAddr) -> String {
    let head = format!(
        "# A sandbox is running until Ctrl-C. Its request journal: http://{address}/control/journal\n\
         # In another shell, point `tickets` at it with:\n"
    );
    // Within single quotes, a POSIX shell treats everything but the single quote literally.
    let exports = variables
        .iter()
        .map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', r"'\''")));
    head + &exports.collect::<String>()
}

#[derive(Serialize)]
struct Variable {
    name: &'static str,
    value: String,
}

impl Record for Variable {
    const COLUMNS: &'static [&'static str] = &["name", "value"];

    fn cells(&self) -> Vec<String> {
        vec![self.name.to_owned(), self.value.clone()]
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
