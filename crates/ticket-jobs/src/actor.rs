//! Who acts.

/// The user and the host of this process, as `user@host`.
///
/// Both are what the operating system says: the user of the process, not `$USER`. A user without a name is named by the
/// number that the system knows: `1000@host`.
pub fn user_at_host() -> String {
    let user = whoami::username().ok().filter(|name| !name.is_empty());
    let host = whoami::hostname().ok().filter(|name| !name.is_empty());
    let user = user.unwrap_or_else(number);
    let host = host.unwrap_or_else(|| "unknown".to_owned());
    format!("{user}@{host}")
}

#[cfg(unix)]
fn number() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

#[cfg(not(unix))]
fn number() -> String {
    "unknown".to_owned()
}
