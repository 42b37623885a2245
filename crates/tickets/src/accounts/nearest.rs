//! Finds the name that somebody may have meant.

use std::borrow::Cow;

/// The name that is most like this one, if it is like it at all: at most a third of its characters differ. The first one of
/// several that are.
pub(super) fn nearest<'a>(
    wrong: &str,
    names: impl IntoIterator<Item = &'a Cow<'a, str>>,
) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let most = wrong.chars().count() / 3;
    let distances = names.into_iter().map(|name| {
        let distance = strsim::damerau_levenshtein(&wrong, &name.to_lowercase());
        (distance, &**name)
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
        let names = ["eu", "onecloud", "support-eu"].map(Cow::Borrowed);
        for (wrong, meant) in [
            ("onecluod", Some("onecloud")),
            ("OneCloud", Some("onecloud")),
            ("supprt-eu", Some("support-eu")),
            ("EU", Some("eu")),
            ("us", None),
            ("zendesk", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, &names), meant, "{wrong}");
        }
    }
}
