//! Compression without compressing: gzip with stored blocks, for faults.

/// The bytes in gzip, as stored blocks.
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut blocks = body.chunks(0xffff).peekable();
    if body.is_empty() {
        gzip.extend([1, 0, 0, 0xff, 0xff]);
    }
    while let Some(block) = blocks.next() {
        let size = u16::try_from(block.len()).unwrap_or(u16::MAX);
        gzip.push(u8::from(blocks.peek().is_none()));
        gzip.extend(size.to_le_bytes());
        gzip.extend((!size).to_le_bytes());
        gzip.extend(block);
    }
    gzip.extend(crc32(body).to_le_bytes());
    gzip.extend(u32::try_from(body.len()).unwrap_or_default().to_le_bytes());
    gzip
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0xedb8_8320 * carry);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksum_is_that_of_the_standard() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let gzip = gzip(b"123456789");
        assert_eq!(gzip.len(), 10 + 5 + 9 + 8);
    }
}
