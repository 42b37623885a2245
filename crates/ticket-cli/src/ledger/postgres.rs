//! The ledger of a fleet, in a PostgreSQL database.

use std::path::Path;

use ticket_jobs::Jobs;

use super::{KEY, Ledger, arguments, usual_path};
use crate::args::Global;
use crate::failure::Failure;
use crate::text;

/// Whether this names a database, and no file.
pub(super) fn is_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

/// The ledger in this database.
pub(super) fn ledger(url: &str, global: &Global) -> Result<Ledger, Failure> {
    let named = format!(
        " --ledger {}",
        text::shell(Path::new(&without_password(url)))
    );
    Ok(Ledger {
        jobs: jobs(url)?,
        arguments: Some(arguments(Some(named), global)),
        path: None,
        key: usual_path().map(|path| path.with_file_name(KEY)),
    })
}

/// The jobs in this database. Waits for the connection, also where nothing else can wait: a registry asks for the slots of
/// an account when it is connected.
#[cfg(feature = "postgres")]
pub(super) fn jobs(url: &str) -> Result<Jobs, Failure> {
    use ticket_jobs_postgres::PostgresLedger;

    let connect = || tokio::runtime::Handle::current().block_on(PostgresLedger::connect(url));
    let ledger = tokio::task::block_in_place(connect)?;
    Ok(super::jobs(ledger))
}

#[cfg(not(feature = "postgres"))]
pub(super) fn jobs(url: &str) -> Result<Jobs, Failure> {
    let url = without_password(url);
    Err(Failure::unconfigured(format!(
        "this program cannot use the ledger {url}; nothing was sent"
    ))
    .hinting(
        "build it with the feature `postgres`: cargo install --path crates/ticket-cli --features postgres"
            .to_owned(),
    ))
}

/// The URL without its password, which nobody else is to see. What cannot be read as a URL loses too much, and not too little.
fn without_password(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let is_secret = |parameter: &str| {
        let name = parameter.split('=').next().unwrap_or_default();
        name.to_ascii_lowercase().contains("password") || name.contains('%')
    };
    let shown = query
        .split('&')
        .filter(|one| !one.is_empty() && !is_secret(one));
    let query = shown.collect::<Vec<_>>().join("&");
    let question = if query.is_empty() { "" } else { "?" };
    let url = format!("{place}{question}{query}");
    let Some((scheme, rest)) = url.split_once("://") else {
        return url;
    };
    match rest.rsplit_once('@') {
        Some((who, host)) => {
            let user = who.split_once(':').map_or(who, |(user, _)| user);
            format!("{scheme}://{user}@{host}")
        }
        None => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_is_shown_without_its_password_wherever_it_stands() {
        for (url, shown) in [
            ("postgres://ann:s3cret@db/jobs", "postgres://ann@db/jobs"),
            (
                "postgresql://ann:s3:c@ret@db:5432",
                "postgresql://ann@db:5432",
            ),
            ("postgres://:s3cret@db/jobs", "postgres://@db/jobs"),
            (
                "postgres://db/jobs?user=ann&Password=s3cret&sslmode=require",
                "postgres://db/jobs?user=ann&sslmode=require",
            ),
            ("postgres:///jobs?password=s3cret", "postgres:///jobs"),
            ("postgres://ann@db?password=s3cret", "postgres://ann@db"),
            ("postgres://ann:s/3cret@db/jobs", "postgres://ann@db/jobs"),
            ("postgres://ann:s?3&cret@db/jobs", "postgres://ann@db/jobs"),
            (
                "postgres://db/jobs?p%61ssword=s3cret&user=a@b",
                "postgres://db/jobs?user=a@b",
            ),
            ("postgres://db/jobs", "postgres://db/jobs"),
        ] {
            assert!(is_url(url));
            assert_eq!(without_password(url), shown, "{url}");
        }
        assert!(!is_url("jobs.db") && !is_url("/srv/postgres://db"));
    }
}
