//! The keys that the sandbox accepts. They are constants because they protect nothing.

/// The bearer token of OneCloud.
pub const ONECLOUD_TOKEN: &str = "sandbox-onecloud-token";
/// The API key of Sweeppea.
pub const SWEEPPEA_API_KEY: &str = "sandbox-sweeppea-key";
/// The organisation id of LeadSquared, part of every path.
pub const LEADSQUARED_ORG_ID: &str = "22824";
/// The access key of LeadSquared.
pub const LEADSQUARED_ACCESS_KEY: &str = "sandbox-leadsquared-access";
/// The secret key of LeadSquared.
pub const LEADSQUARED_SECRET_KEY: &str = "sandbox-leadsquared-secret";
