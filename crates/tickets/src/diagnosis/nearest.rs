//! Finds the name that somebody may have meant.

/// The name that is most like this one, if it is like it at all: at most a third of its characters differ, whatever their
/// case. The first one of several that are.
///
/// ```
/// use tickets::diagnosis::nearest;
///
/// assert_eq!(nearest("onecluod", ["onecloud", "sweeppea"]), Some("onecloud"));
/// assert_eq!(nearest("zendesk", ["onecloud", "sweeppea"]), None);
/// ```
pub fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = wrong.to_lowercase();
    let most = wrong.chars().count() / 3;
    let distances = names.into_iter().map(|name| {
        let distance = strsim::damerau_levenshtein(&wrong, &name.to_lowercase());
        (distance, name)
    });
    let near = distances.filter(|(distance, _)| *distance <= most);
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_name_is_one_that_was_mistyped() {
        let names = ["eu", "onecloud", "support-eu"];
        for (wrong, meant) in [
            ("onecluod", Some("onecloud")),
            ("OneCloud", Some("onecloud")),
            ("supprt-eu", Some("support-eu")),
            ("EU", Some("eu")),
            ("us", None),
            ("zendesk", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names), meant, "{wrong}");
        }
    }
}
