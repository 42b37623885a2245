//! The arguments of `tickets auth` and `tickets doctor`.

use clap::{Args, Subcommand};

use super::values::field;

#[derive(Debug, Subcommand)]
pub(crate) enum Auth {
    /// Add an account: ask for its settings, test and store them
    ///
    /// One read tests them. Settings that are not secret go to the configuration file, whose comments and order are kept.
    /// Each secret goes to a file of its own, secrets/ACCOUNT.SETTING beside the configuration file, which only you can
    /// read; or it stays in a password manager, and --secret-command names the command that prints it. No argument takes a
    /// secret: you type it, and it is not shown, or --with-token reads it from standard input.
    Login(Box<Login>),
    /// Show where settings come from, and whether they are accepted
    ///
    /// Sends one read per account. The exit code is 1 if a vendor does not accept the credentials.
    Status(Named),
    /// Remove the stored secrets of an account
    ///
    /// The rest of the account stays in the configuration file. The vendor is not told: a token stays valid until it is
    /// revoked there.
    Logout(Logout),
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// Name of the account; an existing one is changed
    ///
    /// [default: you are asked, or the provider's id]
    pub(crate) account: Option<String>,
    /// Provider, e.g. sweeppea
    ///
    /// [default: you are asked, or that of the account]
    #[arg(long, value_name = "ID")]
    pub(crate) provider: Option<String>,
    /// A setting that is not secret; repeatable
    ///
    /// For example `base_url=https://help.example.com`.
    #[arg(long = "set", value_parser = field, value_name = "NAME=VALUE")]
    pub(crate) settings: Vec<(String, String)>,
    /// Read the secret from stdin, and ask nothing
    ///
    /// The first line of standard input is the secret. If there are several, each has a line NAME=VALUE.
    #[arg(long)]
    pub(crate) with_token: bool,
    /// A command that prints the secret
    ///
    /// For example "pass show support". It is run without a shell each time the secret is needed. If there are several
    /// secrets, begin with NAME=.
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
