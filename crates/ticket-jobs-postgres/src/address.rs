//! Where a ledger is, and how to get in: a URL, and what libpq's programs take from the environment, a service file and a
//! password file.

mod files;
mod url;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ticket_core::{Error, Result};
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls;

/// How long a server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// After how long without any sign of the server a connection is given up, if the operating system can do that.
const SILENCE: Duration = Duration::from_secs(16);

/// What stands in the environment for which parameter.
const VARIABLES: &[(&str, &str)] = &[
    ("PGHOST", "host"),
    ("PGPORT", "port"),
    ("PGUSER", "user"),
    ("PGDATABASE", "dbname"),
    ("PGPASSWORD", "password"),
    ("PGPASSFILE", "passfile"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGAPPNAME", "application_name"),
];

/// Where a ledger is.
#[derive(Clone)]
pub(crate) struct Address {
    /// For people: without a password.
    pub(crate) place: String,
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
}

/// Variables of the environment.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The parameters of a connection, by libpq's names.
type Params = BTreeMap<String, String>;

impl Address {
    /// The address that this URL names, with what the environment adds.
    pub(crate) fn of(url: &str) -> Result<Self> {
        Self::with(url, &|name| std::env::var(name).ok())
    }

    fn with(url: &str, variables: Variables<'_>) -> Result<Self> {
        let mut params = params(url, variables)?;
        let place = place(&params);
        let mode = params.remove("sslmode");
        let root = params.remove("sslrootcert");
        let home = variables("HOME").map(PathBuf::from);
        let tls = tls::Mode::of(mode.as_deref(), root.as_deref(), home.as_deref())?;
        let passfile = params.remove("passfile");
        if !params.contains_key("password")
            && let Some(password) = files::password(passfile.as_deref(), home.as_deref(), &params)?
        {
            params.insert("password".to_owned(), password);
        }
        let text: Vec<String> = params
            .iter()
            .map(|(name, value)| {
                let value = value.replace('\\', "\\\\").replace('\'', "\\'");
                format!("{name}='{value}'")
            })
            .collect();
        // The error may quote a value.
        let config = Config::from_str(&text.join(" ")).map_err(|error| {
            use std::error::Error as _;
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            Error::config(format!("the ledger's URL cannot be used: {why}"))
        });
        let mut config = config?;
        config.ssl_mode(tls.ssl_mode());
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        // A server behind a network that swallows everything is given up while the worker is not lost yet.
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE);
        }
        config
            .keepalives_idle(SILENCE / 2)
            .keepalives_interval(SILENCE / 8)
            .keepalives_retries(4);
        if config.get_application_name().is_none() {
            config.application_name("tickets");
        }
        Ok(Self {
            place,
            config,
            tls: MakeRustlsConnect::new(tls.config()?),
        })
    }
}

/// What the URL says; for the rest, what the service file says, then the environment, then libpq's defaults.
fn params(url: &str, variables: Variables<'_>) -> Result<Params> {
    let mut params = url::parse(url)?;
    let service = params.remove("service").or_else(|| variables("PGSERVICE"));
    if let Some(service) = service {
        for (name, value) in files::service(&service, variables)? {
            params.entry(name).or_insert(value);
        }
    }
    for (variable, name) in VARIABLES {
        if let Some(value) = variables(variable).filter(|value| !value.is_empty()) {
            params.entry((*name).to_owned()).or_insert(value);
        }
    }
    params
        .entry("host".to_owned())
        .or_insert_with(|| "localhost".to_owned());
    if !params.contains_key("user")
        && let Some(user) = variables("USER")
    {
        params.insert("user".to_owned(), user);
    }
    Ok(params)
}

/// The address for people.
fn place(params: &Params) -> String {
    let of = |name: &str| params.get(name).map(String::as_str);
    let host = of("host").unwrap_or_default().replace('/', "%2F");
    let user = of("user")
        .map(|user| format!("{user}@"))
        .unwrap_or_default();
    let port = of("port")
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let name = of("dbname").or(of("user")).unwrap_or_default();
    format!("postgres://{user}{host}{port}/{name}")
}

#[cfg(test)]
mod tests;
