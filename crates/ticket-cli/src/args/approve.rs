//! The arguments of `tickets job approve`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The plan that `tickets job export` wrote; `-` is standard input
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// Why you approve it, e.g. the number of a request
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Sign with this OpenSSH key
    ///
    /// A private key, or a public key whose private key an agent holds [default: `signing_key` of the configuration file]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Write the approval to this new file
    ///
    /// [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}
