//! TLS, as libpq's `sslmode` means it, and passwords.

use ticket_live::Postgres;

use super::*;

/// Whether a connection with these parameters is encrypted; or why there is none.
async fn is_encrypted(host: &str, user: &str, params: &str) -> Option<Result<bool, String>> {
    let database = shared::database()?;
    let name = database.split(['/', '?']).nth(3)?.to_owned();
    let port = ticket_live::postgres()?.port();
    let url = format!(
        "postgres://{user}@{host}:{port}/{name}?hostaddr=127.0.0.1&application_name={host}&{params}"
    );
    let connected = PostgresLedger::connect(&url).await;
    let found = match connected {
        Err(error) => Err(error.to_string()),
        Ok(_ledger) => {
            let sql = format!(
                "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                    WHERE ssl AND application_name = '{host}' AND datname = current_database()"
            );
            Ok(number(&client(&database).await, &sql).await > 0)
        }
    };
    Some(found)
}

#[tokio::test]
async fn modes_verify_what_libpq_verifies() {
    let authority = format!("sslrootcert={}", Postgres::AUTHORITY);
    for (host, mode, root, expected) in [
        ("localhost", "disable", false, Ok(false)),
        ("localhost", "prefer", false, Ok(true)),
        ("localhost", "require", false, Ok(true)),
        ("elsewhere", "require", true, Ok(true)),
        ("elsewhere", "verify-ca", true, Ok(true)),
        ("localhost", "verify-full", true, Ok(true)),
        ("elsewhere", "verify-full", true, Err("name")),
        // The system's authorities did not sign it.
        ("localhost", "verify-full", false, Err("cert")),
        ("localhost", "verify-ca", false, Err("cert")),
    ] {
        let root = if root {
            &authority
        } else {
            "sslrootcert=system"
        };
        let params = format!("sslmode={mode}&{root}");
        let Some(found) = is_encrypted(host, "postgres", &params).await else {
            return;
        };
        match (&found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(*found, expected, "{mode} {host}"),
            (Err(why), Err(word)) => assert!(why.contains(word), "{mode} {host}: {why}"),
            (found, _) => panic!("{mode} {host}: {found:?}"),
        }
    }
}

#[tokio::test]
async fn password_is_checked_and_never_told() {
    let Some((_, url)) = ledger().await else {
        return;
    };
    let client = client(&url).await;
    let sql = "CREATE USER guarded SUPERUSER PASSWORD 'right-secret'";
    client.batch_execute(sql).await.unwrap();
    let right = is_encrypted("localhost", "guarded:right-secret", "sslmode=require").await;
    assert_eq!(right.unwrap(), Ok(true));
    let wrong = is_encrypted("localhost", "guarded:wrong-secret", "sslmode=require").await;
    let error = wrong.unwrap().unwrap_err();
    assert!(
        error.contains("refuses the user") && !error.contains("secret"),
        "{error}"
    );
    // The server wants TLS of this user.
    let plain = is_encrypted("localhost", "guarded:right-secret", "sslmode=disable").await;
    let error = plain.unwrap().unwrap_err();
    assert!(
        error.contains("refuses the user") && !error.contains("secret"),
        "{error}"
    );
}
