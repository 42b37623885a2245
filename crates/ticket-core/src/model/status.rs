//! The status and the priority of a ticket, with the vendor's own codes where there are others.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The status of a ticket. An unknown code is kept unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// In progress, or waiting for an agent.
    Open,
    /// Waiting for somebody else, such as the customer.
    OnHold,
    /// Solved; can be reopened.
    Resolved,
    /// Finished.
    Closed,
    /// In the vendor's trash. Some vendors return deleted tickets to `get`, for as long as they can be restored.
    Deleted,
    /// The vendor's own code or name.
    Other(String),
}

impl Status {
    /// The status in `snake_case`, or the vendor's own code.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Open => "open",
            Self::OnHold => "on_hold",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Deleted => "deleted",
            Self::Other(code) => code,
        }
    }
}

/// The priority of a ticket. An unknown code is kept unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// Lower than usual.
    Low,
    /// The usual priority.
    Medium,
    /// Higher than usual.
    High,
    /// The highest priority.
    Urgent,
    /// The vendor's own code or name.
    Other(String),
}

impl Priority {
    /// The priority in `snake_case`, or the vendor's own code.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Urgent => "urgent",
            Self::Other(code) => code,
        }
    }

    /// The priority with this name (any case); an unknown name becomes [`Priority::Other`].
    ///
    /// ```
    /// use ticket_core::model::Priority;
    ///
    /// assert_eq!(Priority::from_name("High"), Priority::High);
    /// assert_eq!(Priority::from_name("P0"), Priority::Other("P0".to_owned()));
    /// ```
    pub fn from_name(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "urgent" => Self::Urgent,
            _ => Self::Other(name.to_owned()),
        }
    }
}

macro_rules! text_like {
    ($($type:ident: $($known:ident),+;)+) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let mut known = [$(Self::$known),+].into_iter();
                let known = known.find(|known| known.as_str() == text);
                Ok(known.unwrap_or(Self::Other(text)))
            }
        }
    )+};
}
text_like! {
    Status: Open, OnHold, Resolved, Closed, Deleted;
    Priority: Low, Medium, High, Urgent;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_codes_survive() {
        assert_eq!(Status::Other("TS1".to_owned()).as_str(), "TS1");
        assert_eq!(Priority::from_name("P0").as_str(), "P0");
    }
}
