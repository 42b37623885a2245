//! Who Acme is and what it can do: declared here once, enforced from here.

use ticket_core::ProviderInfo;
use ticket_core::provider::Capabilities;

pub(crate) const ID: &str = "acme";

/// Who Acme is and what it can do.
///
/// To be done: limits on calls, as the vendor documents them, go to `ProviderInfo::quotas`.
pub fn info() -> ProviderInfo {
    let capabilities = Capabilities::none().get().delete(1);
    ProviderInfo::new(ID, "Acme", capabilities)
}
