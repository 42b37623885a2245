//! How much of an allowed rate is used, on the real clock. Whether it is ever exceeded is the example `pacing`'s
//! question, which asks it of four kinds of servers.

use std::time::Duration;

use futures_util::future::join_all;
use tickets::connect;
use tickets::provider::Quota;

use crate::Error;
use crate::call::TICKET;
use crate::contestants::account;
use crate::measure::{Figures, Watch};

/// Wants to make as many calls at once as are allowed in so many windows.
pub(crate) async fn calls(server: &str, quota: Quota, windows: u32) -> Result<Figures, Error> {
    let tickets = connect(&account("onecloud", server).rates([quota]))?;
    let calls = u64::from(quota.calls) * u64::from(windows);
    let watch = Watch::start();
    for ticket in join_all((0..calls).map(|_| tickets.get(TICKET))).await {
        ticket?;
    }
    let mut figures = watch.stop(calls)?;
    // The first window's calls come for nothing: the rate is what was admitted after them.
    let took = Duration::from_nanos(figures.wall_ns).as_secs_f64() / quota.window.as_secs_f64();
    figures.share_of_rate = Some(f64::from(windows.saturating_sub(1)) / took);
    Ok(figures)
}
