//! Where an archived ticket comes from.

/// Where a ticket comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The account's name.
    pub account: String,
    /// The provider's id.
    pub provider: String,
    /// The vendor's host, if it is known.
    pub host: Option<String>,
}

impl Place {
    /// An account of this provider.
    pub fn new(account: impl Into<String>, provider: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            provider: provider.into(),
            host: None,
        }
    }

    /// Adds the vendor's host.
    #[must_use]
    pub fn host(mut self, host: impl Into<Option<String>>) -> Self {
        self.host = host.into();
        self
    }
}
