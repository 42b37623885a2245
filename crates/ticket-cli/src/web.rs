//! Opens a page in the user's browser.

/// Opens it, if there is a browser. No shell is involved, and only pages of the web are opened.
pub(crate) fn open(address: &str) -> bool {
    let is_page = address.starts_with("https://") || address.starts_with("http://");
    is_page && has_display() && ::open::that_detached(address).is_ok()
}

/// Whether a browser could show itself.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos")) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}
