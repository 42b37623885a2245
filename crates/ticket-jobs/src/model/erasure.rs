//! What a ledger holds of an erasure: digests and counts, and nothing that names a person.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ticket_core::{Error, ErrorKind};

use super::seconds;

/// Whose ticket it is: the keyed hash of an address, made by an [`ErasureKey`](crate::erase::ErasureKey). Without the key
/// nobody can tell the address. As text 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonHash(pub(crate) [u8; 32]);

impl fmt::Display for PersonHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::digest::hex(&self.0))
    }
}

impl FromStr for PersonHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bytes = crate::digest::from_hex(text);
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(Self).ok_or_else(|| {
            Error::invalid_input("the keyed hash of a person has 64 hexadecimal digits")
        })
    }
}

impl TryFrom<String> for PersonHash {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<PersonHash> for String {
    fn from(person: PersonHash) -> Self {
        person.to_string()
    }
}

/// An erasure: whose tickets were searched for, where and how, and how it goes on once they are deleted. It names no person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Erasure {
    /// Which key made the hashes: see [`ErasureKey::id`](crate::erase::ErasureKey::id).
    pub key: String,
    /// The people that were asked for, each once.
    pub people: Vec<PersonHash>,
    /// The accounts that were searched, and those that could not be.
    pub searches: Vec<AccountSearch>,
    /// For how long the archive may keep what it holds; in whole seconds, as `keep_archive_s`.
    #[serde(
        rename = "keep_archive_s",
        with = "seconds::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub keep_archive: Option<Duration>,
    /// How long after the last outcome the tickets are looked at again; in whole seconds, as `look_again_after_s`.
    #[serde(rename = "look_again_after_s", with = "seconds")]
    pub look_again_after: Duration,
}

impl Erasure {
    /// The pause before the second look, unless it is set.
    pub const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5 * 60);

    /// An erasure of the tickets of these people, hashed by the key with this id.
    pub fn new(key: impl Into<String>, people: impl IntoIterator<Item = PersonHash>) -> Self {
        let mut each = Vec::new();
        let mut known = std::collections::HashSet::new();
        each.extend(people.into_iter().filter(|person| known.insert(*person)));
        Self {
            key: key.into(),
            people: each,
            searches: Vec::new(),
            keep_archive: None,
            look_again_after: Self::LOOK_AGAIN_AFTER,
        }
    }

    /// Adds how an account was searched.
    #[must_use]
    pub fn search(mut self, search: AccountSearch) -> Self {
        self.searches.push(search);
        self
    }

    /// Sets for how long the archive may keep what it holds.
    #[must_use]
    pub const fn keep_archive(mut self, time: Duration) -> Self {
        self.keep_archive = Some(time);
        self
    }

    /// Sets how long after the last outcome the tickets are looked at again.
    #[must_use]
    pub const fn look_again_after(mut self, pause: Duration) -> Self {
        self.look_again_after = pause;
        self
    }
}

/// How an account was searched for the tickets of people. Its words are for people, and hold no address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AccountSearch {
    /// The account's name.
    pub account: String,
    /// The provider's id.
    pub provider: String,
    /// The host of its base URL, with its port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// How it was searched: by which filter of the vendor's, or by reading what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// How many tickets were listed.
    pub listed: u64,
    /// How many of them were read one by one.
    pub read: u64,
    /// How many of them were read with their conversation.
    pub conversations: u64,
    /// How many are of the people that were asked for.
    pub found: u64,
    /// Of how many nobody knows whose they are: they could not be read, or the vendor does not tell.
    pub undecided: u64,
    /// Why it was not searched, or not to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_searched: Option<String>,
    /// What else has to be known about the search.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl AccountSearch {
    /// An account of which nothing is known yet.
    pub fn new(account: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            provider: provider.into(),
            ..Self::default()
        }
    }

    /// Sets the host.
    #[must_use]
    pub fn host(mut self, host: Option<String>) -> Self {
        self.host = host;
        self
    }

    /// Sets how it was searched.
    #[must_use]
    pub fn how(mut self, how: impl Into<String>) -> Self {
        self.how = Some(how.into());
        self
    }

    /// Says that it was not searched, or not to its end, because of this. Of an error nothing is kept that a vendor said.
    #[must_use]
    pub fn not_searched(mut self, why: &Error) -> Self {
        self.not_searched = Some(crate::words::words_of(why));
        self
    }

    /// Adds what else has to be known.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Whether the account was searched to its end, and of each ticket it is known whose it is.
    pub const fn is_complete(&self) -> bool {
        self.not_searched.is_none() && self.undecided == 0
    }
}

/// What the look after the pause found of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LookedAgain {
    /// When.
    pub at: Timestamp,
    /// What.
    pub found: Again,
    /// The kind of the error, if it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ErrorKind>,
}

impl LookedAgain {
    /// That this was found at this time.
    pub const fn new(at: Timestamp, found: Again) -> Self {
        Self {
            at,
            found,
            kind: None,
        }
    }
}

/// How a ticket stood at the look after the pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Again {
    /// It is gone.
    Gone,
    /// It is gone: another ticket, which was created later, has its id.
    Another,
    /// It is in the vendor's trash.
    InTrash,
    /// It is there.
    There,
    /// It cannot be told.
    Unknown,
}
