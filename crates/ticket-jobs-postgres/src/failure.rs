//! Why a statement failed: for its caller, or to be tried again.

use std::error::Error as _;

use ticket_core::{Error, ErrorKind};
use tokio_postgres::error::SqlState;

/// What becomes of a statement that failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The transaction was ended so that others can go on; nothing happened.
    Repeat,
    /// The connection is gone, or the server ends or has not begun. Whether the statement was carried out is not known.
    Lost(Error),
    /// For a reason that the caller is told; nothing happened.
    Told(Error),
}

impl Failure {
    /// What this error of the ledger at `place` means.
    pub(crate) fn of(place: &str, error: &tokio_postgres::Error) -> Self {
        let Some(database) = error.as_db_error() else {
            let message = format!("the ledger {place} cannot be reached: {}", words(error));
            return Self::Lost(Error::config(message));
        };
        let (code, message) = (database.code(), database.message());
        let kind = match code.code() {
            "TJ001" => Some(ErrorKind::NotFound),
            "TJ002" => Some(ErrorKind::Conflict),
            "TJ003" => Some(ErrorKind::Cancelled),
            "TJ004" => Some(ErrorKind::InvalidInput),
            _ => None,
        };
        if let Some(kind) = kind {
            return Self::Told(Error::new(kind, message));
        }
        if [
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::T_R_SERIALIZATION_FAILURE,
        ]
        .contains(code)
        {
            return Self::Repeat;
        }
        let is_lost = code.code().starts_with("08")
            || [
                SqlState::ADMIN_SHUTDOWN,
                SqlState::CRASH_SHUTDOWN,
                SqlState::CANNOT_CONNECT_NOW,
                SqlState::IDLE_SESSION_TIMEOUT,
                // A server that was the primary before.
                SqlState::READ_ONLY_SQL_TRANSACTION,
                SqlState::TOO_MANY_CONNECTIONS,
            ]
            .contains(code)
            || code.code() == STANDBY;
        let error = Error::config(sentence(place, code, message));
        if is_lost {
            Self::Lost(error)
        } else {
            Self::Told(error)
        }
    }

    /// The error for the caller, if it is not tried again.
    pub(crate) fn told(self, place: &str) -> Error {
        match self {
            Self::Repeat => Error::config(format!(
                "the ledger {place} ended a transaction again and again so that others could go on; try again"
            )),
            Self::Lost(error) | Self::Told(error) => error,
        }
    }
}

/// The server is a standby.
const STANDBY: &str = "TJ005";

/// What is wrong with the ledger at this place, and what to do.
fn sentence(place: &str, code: &SqlState, message: &str) -> String {
    match code {
        &SqlState::DISK_FULL => format!(
            "the ledger {place} cannot be written: its disk is full; free some space and try again"
        ),
        &SqlState::INSUFFICIENT_PRIVILEGE => format!(
            "the ledger {place} does not allow this: {message}; connect as another user, or grant it one of the roles of \
             roles.sql"
        ),
        &SqlState::LOCK_NOT_AVAILABLE => format!(
            "the ledger {place} was kept locked for too long; see in pg_stat_activity who does, and try again"
        ),
        &SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => format!(
            "the ledger {place} refuses the user: {message}; set PGPASSWORD, a password file or a service"
        ),
        &SqlState::UNDEFINED_TABLE
        | &SqlState::INVALID_SCHEMA_NAME
        | &SqlState::UNDEFINED_FUNCTION => {
            format!("the ledger {place} lacks its tables or functions: {message}")
        }
        _ => format!("the ledger {place} cannot be used: {message}"),
    }
}

/// An error with its cause.
fn words(error: &tokio_postgres::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
