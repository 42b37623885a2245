//! The most memory that a deletion or a listing takes, for inputs of several sizes, each in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use ticket_sandbox::{Sandbox, Vendor};
use tickets::bulk::BulkOptions;
use tickets::provider::Capabilities;
use tickets::{
    AccountConfig, CallContext, Change, DeleteReport, DeleteTarget, Outcome, ProviderInfo,
    TicketProvider, TicketQuery, TicketRef, Tickets, apply_everywhere,
};

use crate::{Fallible, tell};

/// The variable that makes this process the one that is measured.
const MEASURED: &str = "SOAK_MEASURED";

/// A deletion of so many tickets that are named in a file.
pub(crate) async fn memory(sizes: &[usize]) -> Fallible<ExitCode> {
    if std::env::var_os(MEASURED).is_some() {
        for size in sizes {
            delete(*size).await?;
        }
        tell(format_args!("{}", peak()?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut peaks = Vec::new();
    for size in sizes {
        let peak = measured("memory", *size, Vec::new()).await?;
        tell(format_args!(
            "{size:9} references from a file: at most {peak} KiB"
        ))?;
        peaks.push(peak);
    }
    compared(&peaks)
}

/// A listing of so many tickets in the sandbox, which is in this process and not in the one that is measured.
pub(crate) async fn listing(sizes: &[usize]) -> Fallible<ExitCode> {
    if std::env::var_os(MEASURED).is_some() {
        for size in sizes {
            list(*size).await?;
        }
        tell(format_args!("{}", peak()?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut peaks = Vec::new();
    for size in sizes {
        let sandbox = Sandbox::builder().seed_tickets(false).start().await?;
        sandbox.add_tickets(Vendor::OneCloud, *size);
        let peak = measured("listing", *size, sandbox.environment()).await?;
        tell(format_args!(
            "{size:9} tickets in {} calls: at most {peak} KiB",
            sandbox.journal().len()
        ))?;
        peaks.push(peak);
    }
    compared(&peaks)
}

/// The peak of a process of its own, in KiB.
async fn measured(
    what: &'static str,
    size: usize,
    environment: Vec<(&'static str, String)>,
) -> Fallible<f64> {
    // Waited for elsewhere: this process may be the vendor.
    let child = tokio::task::spawn_blocking(move || {
        std::process::Command::new(std::env::current_exe()?)
            .args([what, "--tickets", &size.to_string()])
            .env(MEASURED, "1")
            .envs(environment)
            .stderr(Stdio::inherit())
            .output()
    });
    Ok(String::from_utf8(child.await??.stdout)?.trim().parse()?)
}

fn compared(peaks: &[f64]) -> Fallible<ExitCode> {
    let (least, most) = (
        peaks.iter().copied().fold(f64::MAX, f64::min),
        peaks.iter().copied().fold(0.0, f64::max),
    );
    tell(format_args!(
        "the most is {:.2} times the least",
        most / least
    ))?;
    Ok(ExitCode::from(u8::from(most > 1.2 * least)))
}

/// The most memory that this process has had, in KiB.
fn peak() -> Fallible<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|peak| peak.trim().trim_end_matches("kB").trim().parse().ok());
    peak.ok_or_else(|| "this system does not tell the peak memory of a process".into())
}

/// Lists an account that has so many tickets.
async fn list(size: usize) -> Fallible<()> {
    let account = tickets::connect(&AccountConfig::from_env("onecloud"))?;
    let listed = account.list_all(TicketQuery::new());
    let found = listed.try_fold(0, |count, _| std::future::ready(Ok(count + 1)));
    let found = found.await?;
    if found != size {
        return Err(format!("{found} of {size} were listed").into());
    }
    Ok(())
}

/// Deletes so many tickets named in a file in two accounts.
async fn delete(size: usize) -> Fallible<()> {
    let mut file = tempfile::tempfile()?;
    {
        let mut lines = std::io::BufWriter::new(&file);
        for number in 0..size {
            writeln!(
                lines,
                "{}:{number:07}",
                if number % 3 == 0 { "first" } else { "second" }
            )?;
        }
    }
    std::io::Seek::rewind(&mut file)?;
    let refs = BufReader::new(file).lines().map(|line| {
        let line = line.unwrap_or_default();
        line.parse().unwrap_or_else(|_| TicketRef::new("", line))
    });
    let accounts =
        ["first", "second"].map(|name| (name.to_owned(), Tickets::new(Vanishing::new())));
    let work = apply_everywhere(
        &Change::Delete,
        accounts,
        stream::iter(refs.map(|ticket| ((), ticket))),
        &BulkOptions::default(),
    );
    let deleted = work
        .filter(|settled| std::future::ready(settled.outcome.is_done()))
        .count()
        .await;
    if deleted != size {
        return Err(format!("{deleted} of {size} were deleted").into());
    }
    Ok(())
}

/// A vendor in memory that remembers nothing: a hundred tickets a call, and some time for each call.
#[derive(Debug)]
struct Vanishing(Arc<ProviderInfo>);

impl Vanishing {
    fn new() -> Self {
        Self(Arc::new(ProviderInfo::new(
            "vanishing",
            "Vanishing",
            Capabilities::none().delete(100),
        )))
    }
}

#[async_trait::async_trait]
impl TicketProvider for Vanishing {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> tickets::Result<DeleteReport> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(DeleteReport::from_fn(targets, |_| Outcome::Done))
    }
}
