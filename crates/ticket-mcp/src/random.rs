//! What nobody can guess.

use tickets::{Error, Result};

/// Random bytes of the operating system.
///
/// # Errors
///
/// `Config` if it has none.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::config(format!("the system gives no random bytes: {error}")))?;
    Ok(bytes)
}

/// Thirty-two random hexadecimal digits.
pub(crate) fn token() -> Result<String> {
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes()?)))
}
