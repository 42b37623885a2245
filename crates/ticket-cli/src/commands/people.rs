//! Whose tickets are looked for: requesters from the arguments or standard input.

use std::path::Path;

use super::identifiers::is_address;
use super::input;
use crate::args::People;
use crate::failure::Failure;

/// The requesters, each once, in the order given.
pub(super) fn requesters(people: &People) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for given in &people.requesters {
        if given == "-" {
            let text = input::read_text(Path::new("-"))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            all.extend(lines.map(str::to_owned));
        } else if given.trim().is_empty() {
            return Err(Failure::refused("--requester is empty; nothing was sent"));
        } else {
            all.push(given.trim().to_owned());
        }
    }
    if all.iter().any(|one| one.contains('@') && !is_address(one)) {
        let message = "a requester with an @ is not an e-mail address; nothing was sent";
        return Err(Failure::refused(message));
    }
    if all.is_empty() && !people.requesters.is_empty() {
        let message = "standard input has no requester; nothing was sent";
        return Err(Failure::refused(message));
    }
    Ok(once(all))
}

/// Each address once. Addresses are compared without regard to the case of ASCII letters, as the search does.
pub(super) fn once(addresses: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut known = std::collections::HashSet::new();
    let addresses = addresses.into_iter();
    addresses
        .filter(|address| known.insert(address.to_ascii_lowercase()))
        .collect()
}
