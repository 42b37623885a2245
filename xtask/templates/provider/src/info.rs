//! Who Acme is and what it can do: declared here once, enforced from here.

use ticket_core::ProviderInfo;
use ticket_core::provider::Capabilities;

pub(crate) const ID: &str = "acme";

/// Who Acme is and what it can do.
///
/// To be done, as the vendor documents it: limits on calls (`ProviderInfo::limit`), the form of ids
/// (`ProviderInfo::id_form`), whether they are reused (`never_reuses_ids`), what *not found* proves
/// (`Support::not_found`).
pub fn info() -> ProviderInfo {
    let capabilities = Capabilities::none().get().delete(1);
    ProviderInfo::new(ID, "Acme", capabilities)
}
