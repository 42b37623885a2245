//! The name of a folder for an account or a ticket, whatever text that is called.

use std::fmt::Write as _;

use crate::digest::sha256;

/// Longer names are cut, and end with a digest. File systems allow 255 bytes.
const LONGEST: usize = 150;

/// How much of a longer name is kept.
const KEPT: usize = 80;

/// Names that Windows keeps for devices, and the folder of the attached files.
const TAKEN: &[&str] = &["con", "prn", "aux", "nul", "files"];

/// A name of a folder for this text.
///
/// Small letters, digits, `_` and inner `-` stand for themselves, every other byte is `%` and two hexadecimal digits. So
/// texts that differ have names that differ, also where `A` and `a` are the same name, and none leads to another folder.
pub(super) fn folder_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let must_differ = is_taken(text);
    for (index, byte) in text.bytes().enumerate() {
        let is_plain = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'_' => index > 0 || !must_differ,
            b'-' => index > 0,
            _ => false,
        };
        if is_plain {
            name.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.is_empty() {
        return "%".to_owned();
    }
    if name.len() > LONGEST {
        // All of it is ASCII, so that it can be cut anywhere. No other name has `=`.
        name.truncate(KEPT);
        name.push('=');
        name.push_str(&sha256(text.as_bytes()));
    }
    name
}

fn is_taken(text: &str) -> bool {
    let is_port = |name: &str| {
        let number = text.strip_prefix(name);
        number.is_some_and(|number| {
            number.len() == 1 && number.bytes().all(|one| one.is_ascii_digit())
        })
    };
    TAKEN.contains(&text) || is_port("com") || is_port("lpt")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn usual_texts_stay_and_all_others_become_safe() {
        for (text, name) in [
            ("121", "121"),
            ("support-eu_2", "support-eu_2"),
            ("A", "%41"),
            ("..", "%2e%2e"),
            ("../x", "%2e%2e%2fx"),
            ("-rf", "%2drf"),
            ("a%41", "a%2541"),
            ("", "%"),
            ("files", "%66iles"),
            ("com1", "%63om1"),
            ("com10", "com10"),
            ("ü", "%c3%bc"),
        ] {
            assert_eq!(folder_name(text), name);
        }
    }

    #[test]
    fn different_texts_have_different_names_of_a_length_that_file_systems_allow() {
        let long = "x".repeat(256);
        let texts = [
            "A".to_owned(),
            "a".to_owned(),
            "%41".to_owned(),
            "a=b".to_owned(),
            "é".to_owned(),
            "e\u{301}".to_owned(),
            long.clone() + "1",
            long.clone() + "2",
            "É".repeat(128),
            "é".repeat(128),
            folder_name(&long),
            long,
        ];
        let names: BTreeSet<_> = texts.iter().map(|text| folder_name(text)).collect();
        assert_eq!(names.len(), texts.len());
        for name in names {
            assert!(name.len() <= 150, "{name}");
            assert_eq!(name, name.to_ascii_lowercase());
        }
    }
}
