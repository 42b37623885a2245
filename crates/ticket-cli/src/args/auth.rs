//! The arguments of `tickets auth` and `tickets doctor`.

use clap::{Args, Subcommand};

use super::values::field;

#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    /// Add an account
    ///
    /// Asks for the settings of the account, tests them with one read, and stores them. What is no secret goes to the
    /// configuration file, whose comments and order are kept. Each secret goes to a file of its own,
    /// secrets/ACCOUNT.SETTING beside the configuration file, which only you can read; or it stays with a password manager,
    /// whose command --secret-command names. No argument takes a secret: it is typed, without being shown, or read from standard
    /// input with --with-token.
    Login(Box<Login>),
    /// Show where settings come from, and whether the vendor accepts them
    ///
    /// Sends one read per account. The exit code is 1 if one is not accepted.
    Status(Named),
    /// Remove the stored secrets of an account
    ///
    /// The rest of the account stays in the configuration file. The vendor is not told: a token that it issued stays valid
    /// until it is revoked there.
    Logout(Logout),
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The account's name
    ///
    /// An account that exists is changed. [default: asked for, or the provider's id]
    pub(crate) account: Option<String>,
    /// The provider's id, e.g. sweeppea
    ///
    /// [default: asked for, or that of the account]
    #[arg(long, value_name = "ID")]
    pub(crate) provider: Option<String>,
    /// A setting that is no secret; repeatable
    ///
    /// Such as `base_url=https://onecloud.example.com`.
    #[arg(long = "set", value_parser = field, value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<(String, String)>,
    /// Read the secret from stdin and ask nothing
    ///
    /// The secret alone on the first line or, where there are several, a line NAME=VALUE for each.
    #[arg(long)]
    pub(crate) with_token: bool,
    /// A command that prints the secret; repeatable
    ///
    /// Such as "pass show support". It is run without a shell each time the secret is needed. Where there are several secrets,
    /// NAME= stands before it.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) secret_command: Vec<String>,
    /// Store the account without testing it
    #[arg(long)]
    pub(crate) no_check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The accounts [default: all that are configured]
    #[arg(value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// The account
    pub(crate) account: String,
}
