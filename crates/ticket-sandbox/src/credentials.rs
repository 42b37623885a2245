//! The keys that the sandbox accepts. They are constants because they protect nothing.

/// A bearer token of OneCloud that is valid until `Sandbox::expire_token` is called.
pub const ONECLOUD_TOKEN: &str = "sandbox-onecloud-token";
/// The email address that OneCloud issues tokens for.
pub const ONECLOUD_EMAIL: &str = "sandbox@example.com";
/// The password for [`ONECLOUD_EMAIL`].
pub const ONECLOUD_PASSWORD: &str = "sandbox-onecloud-password";
/// The site for [`ONECLOUD_EMAIL`].
pub const ONECLOUD_SITE_ID: &str = "123";
/// The API key of Sweeppea.
pub const SWEEPPEA_API_KEY: &str = "sandbox-sweeppea-key";
/// The organisation id of LeadSquared, part of every path.
pub const LEADSQUARED_ORG_ID: &str = "22824";
/// The access key of LeadSquared.
pub const LEADSQUARED_ACCESS_KEY: &str = "sandbox-leadsquared-access";
/// The secret key of LeadSquared.
pub const LEADSQUARED_SECRET_KEY: &str = "sandbox-leadsquared-secret";
/// The API key of Redmine's manager, who may do everything.
pub const REDMINE_API_KEY: &str = "sandbox-redmine-key";
/// The login of Redmine's manager.
pub const REDMINE_LOGIN: &str = "admin";
/// The password of Redmine's manager.
pub const REDMINE_PASSWORD: &str = "sandbox-redmine-password";
/// Redmine's public project.
pub const REDMINE_PROJECT: &str = "support";
/// The API key of Redmine's reporter, who files tickets and writes public notes in the public project, and may not edit
/// or delete. What the reporter may not change is dropped without a word.
pub const REDMINE_AGENT_API_KEY: &str = "sandbox-redmine-agent-key";
/// A token of RT's user `root`, who may do everything.
pub const RT_TOKEN: &str = "sandbox-rt-token";
/// The user whose password RT accepts as well.
pub const RT_USER: &str = "root";
/// The password for [`RT_USER`].
pub const RT_PASSWORD: &str = "sandbox-rt-password";
/// A token of an RT user who may read, create and comment, but not change or delete.
pub const RT_AGENT_TOKEN: &str = "sandbox-rt-agent-token";
/// A token of an RT user who has no rights.
pub const RT_STRANGER_TOKEN: &str = "sandbox-rt-stranger-token";
/// The address of the owner of Zendesk's API token.
pub const ZENDESK_EMAIL: &str = "agent@example.com";
/// An API token of Zendesk: the password of `ADDRESS/token`.
pub const ZENDESK_API_TOKEN: &str = "sandbox-zendesk-token";
/// An OAuth token of Zendesk.
pub const ZENDESK_OAUTH_TOKEN: &str = "sandbox-zendesk-oauth-token";
