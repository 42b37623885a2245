//! The arguments of `tickets job approve`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The plan, as `tickets job export` wrote it; `-` reads it from standard input
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// Why it is approved, such as the number of a request
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    /// Sign with this key of OpenSSH: a private key, or a public key whose private key an agent has [default:
    /// `signing_key` of the configuration file]
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Write the approval to this file, which must not exist [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}
