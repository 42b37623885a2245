//! The text of an SSH signature, and what it says of itself. Nothing here is checked: that is `ssh-keygen`'s work.
//!
//! The format is OpenSSH's `PROTOCOL.sshsig`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// The length of a line, as OpenSSH writes it.
const COLUMNS: usize = 70;

/// A signature that was read.
#[derive(Debug)]
pub(super) struct Armored {
    bytes: Vec<u8>,
    pub(super) namespace: String,
    public_key: Vec<u8>,
}

impl Armored {
    /// Reads the text of a signature. `None` if it is none, or one of another version.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
        let inner: String = inner
            .chars()
            .filter(|character| !character.is_ascii_whitespace())
            .collect();
        let bytes = STANDARD.decode(inner).ok()?;
        let rest = bytes.strip_prefix(b"SSHSIG")?;
        let rest = rest.strip_prefix(&1_u32.to_be_bytes())?;
        let (public_key, rest) = string(rest)?;
        let (namespace, rest) = string(rest)?;
        let (reserved, rest) = string(rest)?;
        let (_hash, rest) = string(rest)?;
        let (_signature, rest) = string(rest)?;
        if !reserved.is_empty() || !rest.is_empty() {
            return None;
        }
        Some(Self {
            namespace: String::from_utf8(namespace.to_vec()).ok()?,
            public_key: public_key.to_vec(),
            bytes,
        })
    }

    /// The signature's text, as OpenSSH writes it. There is no other one for the same signature.
    pub(super) fn to_text(&self) -> String {
        let encoded = STANDARD.encode(&self.bytes);
        let mut text = format!("{BEGIN}\n");
        let mut rest = encoded.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at_checked(COLUMNS).unwrap_or((rest, ""));
            let _ = writeln!(text, "{line}");
            rest = after;
        }
        text + END + "\n"
    }

    /// The fingerprint of the key, as `ssh-keygen -l` shows it.
    pub(super) fn fingerprint(&self) -> String {
        let digest = STANDARD_NO_PAD.encode(Sha256::digest(&self.public_key));
        format!("SHA256:{digest}")
    }
}

/// The bytes of a string of SSH, and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `ssh-keygen -Y sign -n tickets-approval`.
    const TEXT: &str = "-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAg+oyo5+DYFZojepWTolnsS4xcwz
TSY4f14aZKZ5mpXLgAAAAQdGlja2V0cy1hcHByb3ZhbAAAAAAAAAAGc2hhNTEyAAAAUwAA
AAtzc2gtZWQyNTUxOQAAAEAZl6p5jjYuPfUl92NugMH2hTTJ+zdy9cSB1CN6+nZK9Xc8FL
jrXgQxT6ms79u/sbGvXUoaQV3xf2GRw74WOCUC
-----END SSH SIGNATURE-----
";

    #[test]
    fn signature_is_read_and_written_as_openssh_writes_it() {
        let signature = Armored::parse(TEXT).unwrap();
        assert_eq!(signature.namespace, "tickets-approval");
        assert_eq!(
            signature.fingerprint(),
            "SHA256:9/6lUBnQFsr/SsfdBCFxjc+2KkL/Lz2ZFrYjuCEJeSk"
        );
        assert_eq!(signature.to_text(), TEXT);
        let other_lines = TEXT.replace("\nTSY", "TSY").replace('\n', "\r\n");
        assert_eq!(Armored::parse(&other_lines).unwrap().to_text(), TEXT);
    }

    #[test]
    fn what_is_no_signature_of_version_1_is_not_read() {
        let version_0 = TEXT.replace("U1NIU0lHAAAAAQ", "U1NIU0lHAAAAAA");
        assert_ne!(version_0, TEXT);
        let cut = TEXT.replace("WOCUC", "");
        for text in ["", "x", BEGIN, &version_0, &cut] {
            assert!(Armored::parse(text).is_none(), "{text}");
        }
        // ssh-keygen accepts version 0 and what is reserved, which nobody signed.
        let signature = Armored::parse(TEXT).unwrap();
        let namespace = signature
            .bytes
            .windows(8)
            .position(|part| part == b"approval");
        let reserved = namespace.unwrap() + 8;
        let mut with_reserved = signature.bytes.clone();
        with_reserved.splice(reserved..reserved + 4, [0, 0, 0, 1, b'x']);
        let mut with_more = signature.bytes.clone();
        with_more.push(0);
        for bytes in [with_reserved, with_more] {
            let text = Armored {
                bytes,
                namespace: String::new(),
                public_key: Vec::new(),
            };
            assert!(Armored::parse(&text.to_text()).is_none(), "{text:?}");
        }
    }
}
