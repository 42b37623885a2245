//! The plans of Zendesk, which decide how many calls an account may make.

use serde::Deserialize;

/// A plan of Zendesk: how many calls a minute the account may make (page `usage_limits`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Plan {
    /// 200 calls a minute.
    #[default]
    Team,
    /// 400 calls a minute.
    Growth,
    /// 400 calls a minute.
    Professional,
    /// 700 calls a minute.
    Enterprise,
    /// Enterprise Plus or the add-on High Volume: 2,500 calls a minute.
    HighVolume,
}

impl Plan {
    /// How many calls a minute.
    pub const fn calls_per_minute(self) -> u32 {
        match self {
            Self::Team => 200,
            Self::Growth | Self::Professional => 400,
            Self::Enterprise => 700,
            Self::HighVolume => 2_500,
        }
    }
}
