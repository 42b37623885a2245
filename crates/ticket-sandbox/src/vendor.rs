//! The vendors and endpoints that the sandbox implements, in vendor-neutral terms.
//!
//! Their behaviour is in `vendors/`.

use serde::{Deserialize, Serialize};

/// A vendor that the sandbox implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Vendor {
    /// OneCloud, under the path prefix `/onecloud`.
    OneCloud,
    /// Sweeppea, under the path prefix `/sweeppea`.
    Sweeppea,
    /// LeadSquared Service CRM, under the path prefix `/leadsquared`.
    LeadSquared,
    /// Redmine, under the path prefix `/redmine`.
    Redmine,
    /// Request Tracker, under the path prefix `/rt`.
    Rt,
    /// Zendesk, under the path prefix `/zendesk`.
    Zendesk,
}

impl Vendor {
    /// Every vendor, in the order of the variants.
    pub const ALL: [Self; 6] = [
        Self::OneCloud,
        Self::Sweeppea,
        Self::LeadSquared,
        Self::Redmine,
        Self::Rt,
        Self::Zendesk,
    ];

    /// The path prefix without slashes: `onecloud`, `sweeppea`, `leadsquared`, `redmine`, `rt`, `zendesk`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::OneCloud => "onecloud",
            Self::Sweeppea => "sweeppea",
            Self::LeadSquared => "leadsquared",
            Self::Redmine => "redmine",
            Self::Rt => "rt",
            Self::Zendesk => "zendesk",
        }
    }
}

/// An endpoint of a vendor, by its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Endpoint {
    /// Exchange a password for a token (OneCloud).
    Authenticate,
    /// Read one ticket.
    Get,
    /// Read tickets, a page at a time (OneCloud, Sweeppea, RT).
    List,
    /// Read the messages of one ticket (OneCloud, LeadSquared, RT).
    Messages,
    /// Create a ticket.
    Create,
    /// Change a ticket's fields (Sweeppea, LeadSquared, RT).
    Update,
    /// Close a ticket (Sweeppea). LeadSquared and RT close tickets with `Update`.
    Resolve,
    /// Comment on a ticket: a portal activity or an internal note (LeadSquared), a comment or a correspondence (RT).
    Comment,
    /// Delete one ticket, or several if the vendor supports that. RT's call for several, which can change any field,
    /// counts as a delete.
    Delete,
    /// Read a ticket's attachments: their list, or the content of one.
    Attachments,
    /// Read what an account has: statuses, priorities, users and so on.
    Lookup,
    /// Send a file that a later call attaches to a ticket. Until then, no ticket shows it, so it is not a write.
    Stage,
    /// Read a job that an earlier call began (Zendesk).
    Job,
}

impl Endpoint {
    /// Whether the endpoint is a write.
    ///
    /// The purpose decides, not the HTTP method: Sweeppea reads with POST. Requesting a token is not a write.
    pub fn is_write(self) -> bool {
        match self {
            Self::Authenticate
            | Self::Get
            | Self::List
            | Self::Messages
            | Self::Attachments
            | Self::Lookup
            | Self::Stage
            | Self::Job => false,
            Self::Create | Self::Update | Self::Resolve | Self::Comment | Self::Delete => true,
        }
    }
}

/// A request's path, split into the vendor and the decoded segments after its prefix.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) vendor: Option<Vendor>,
    pub(crate) segments: Vec<String>,
}

impl Target {
    /// Splits on literal slashes only, so `a%2Fb` is one segment. Dot segments are not resolved, so that a client
    /// that sends them gets an error.
    pub(crate) fn parse(path: &str) -> Self {
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        let prefix = parts.next().unwrap_or_default();
        Self {
            vendor: Vendor::ALL
                .into_iter()
                .find(|vendor| vendor.prefix() == prefix),
            segments: parts.map(percent_decode).collect(),
        }
    }
}

fn percent_decode(segment: &str) -> String {
    if !segment.contains('%') {
        return segment.to_owned();
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match tail.first_chunk::<2>().copied().and_then(hex_pair) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_pair(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_slash_does_not_split_a_segment() {
        let target = Target::parse("/onecloud/api/ticketrz/a%2Fb");
        assert_eq!(target.vendor, Some(Vendor::OneCloud));
        assert_eq!(target.segments, ["api", "ticketrz", "a/b"]);
    }

    #[test]
    fn broken_percent_escapes_are_kept() {
        assert_eq!(percent_decode("%"), "%");
        assert_eq!(percent_decode("%4"), "%4");
        assert_eq!(percent_decode("%zz%41"), "%zzA");
        assert_eq!(percent_decode("%ff"), "\u{fffd}");
    }

    #[test]
    fn unknown_prefix_has_no_vendor() {
        assert_eq!(Target::parse("/onecloudx/api").vendor, None);
        assert_eq!(Target::parse("").vendor, None);
        assert_eq!(Target::parse("//onecloud").vendor, None);
    }
}
