//! A URL of libpq's: `postgres://user:password@host:port/database?name=value`.

use percent_encoding::percent_decode_str;
use ticket_core::{Error, Result};

use super::Params;

pub(super) fn parse(url: &str) -> Result<Params> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
        .ok_or_else(|| wrong("it does not begin with postgres://"))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = match user.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (user, None),
    };
    let mut params = Params::new();
    let mut add = |name: &str, value: &str| -> Result<()> {
        if !value.is_empty() {
            params.insert(name.to_owned(), decoded(value)?);
        }
        Ok(())
    };
    add("user", user)?;
    add("password", password.unwrap_or_default())?;
    add("dbname", database)?;
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',').filter(|host| !host.is_empty()) {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => (name, port),
            _ => (host, ""),
        };
        names.push(name.trim_start_matches('[').trim_end_matches(']'));
        ports.push(if port.is_empty() { "5432" } else { port });
    }
    add("host", &names.join(","))?;
    add("port", &ports.join(","))?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| wrong("a parameter has no value"))?;
        let name = decoded(name)?;
        // Both spellings are libpq's.
        let name = if name == "database" { "dbname" } else { &name };
        add(name, value)?;
    }
    Ok(params)
}

fn decoded(text: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(String::from)
        .map_err(|_| wrong("what is encoded with % is not UTF-8"))
}

/// Without the URL, which may hold a password.
fn wrong(why: &str) -> Error {
    Error::config(format!(
        "the ledger's URL is wrong: {why}; write postgres://USER@HOST:PORT/DATABASE"
    ))
}
