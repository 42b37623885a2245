//! `tickets mcp`: serves an agent on standard input and output, until it closes the input.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use ticket_jobs::user_at_host;
use ticket_mcp::{Deletes, Policy, Server};

use crate::accounts::Accounts;
use crate::args::{self, Global, Mcp};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Ledger;

pub(super) async fn run(asked: Mcp, global: &Global) -> Result<Exit, Failure> {
    let ledger = if global.sandbox {
        Ledger::temporary()?
    } else {
        Ledger::open_kept(global)?
    };
    let accounts = Accounts::with_ledger(&ledger, global).await?;
    let audit = audit(asked.audit.as_deref(), &ledger)?;
    let deletes = match asked.deletes {
        args::Deletes::Off => Deletes::Off,
        args::Deletes::Plan => Deletes::Plan,
        args::Deletes::Ask => Deletes::Ask,
    };
    let policy = Policy::default()
        .deletes(deletes)
        .allow_writes(asked.allow_writes)
        .read_only(asked.read_only)
        .accounts(asked.accounts)
        .max_per_plan(asked.max_per_plan);
    let version = env!("CARGO_PKG_VERSION");
    let who = format!("{}, tickets {version} mcp", user_at_host());
    let jobs = ledger.jobs.clone().acting_as(who);
    let server = Server::new(accounts.shared(), jobs, policy, audit)?;
    let server = server.command(move |verb, job| ledger.command(verb, job));
    let interruption = interrupt::stop_on_ctrl_c()?;
    let stop = interruption.stop.clone();
    server
        .serve(tokio::io::stdin(), tokio::io::stdout(), stop)
        .await?;
    if let Some(exit) = interruption.exit() {
        // The thread that reads standard input would be waited for.
        std::process::exit(exit as i32);
    }
    Ok(Exit::Done)
}

/// Where the audit goes: beside the ledger, unless somebody says otherwise.
fn audit(asked: Option<&Path>, ledger: &Ledger) -> Result<Box<dyn Write + Send>, Failure> {
    let usual = ledger.path().map(|path| path.with_file_name("mcp.ndjson"));
    let path = match asked {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path.to_owned()),
        None => usual,
    };
    let Some(path) = path else {
        return Ok(Box::new(io::stderr()));
    };
    let file = append(&path).map_err(|error| {
        let path = path.display();
        Failure::unconfigured(format!("the audit {path} cannot be written: {error}"))
    })?;
    Ok(Box::new(file))
}

/// Opens a file for this user alone, to write at its end.
fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
