//! Who Pear is and what it can do: declared here once, enforced from here.

use ticket_core::ProviderInfo;
use ticket_core::provider::{Capabilities, Field, Fields};

pub(crate) const ID: &str = "pear";

/// Who Pear is and what it can do.
/// Its page documents no limits on calls.
pub fn info() -> ProviderInfo {
    let capabilities = Capabilities::none()
        .get()
        .list(Fields::carrying(&[Field::Cursor]))
        .delete(1);
    ProviderInfo::new(ID, "Pear", capabilities)
}
