//! The arguments of `tickets worker`.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use clap::Args;

use super::values::count;

#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// Work on this account only; repeatable
    ///
    /// The default is all configured accounts. Names are those that jobs name.
    #[arg(long = "account", value_name = "NAME")]
    pub(crate) accounts: Vec<String>,
    /// Work on N accounts of jobs at once
    #[arg(long, value_parser = count::<NonZeroUsize>, default_value = "16", value_name = "N")]
    pub(crate) concurrency: NonZeroUsize,
    /// Answer health checks here, e.g. 127.0.0.1:9100
    ///
    /// GET /livez answers while the process runs, GET /readyz while the ledger answers it. Only this machine can ask.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) health: Option<SocketAddr>,
    /// Serve metrics for Prometheus at /metrics there
    #[arg(long, requires = "health")]
    pub(crate) metrics: bool,
}
