//! Changes to the body of a reply that depend on the vendor's format: rows and totals of lists, ids of batches,
//! compression.
//!
//! When they apply is in `answer.rs`.

use serde_json::{Value, json};

use crate::fault::{OddId, OddRow, WrongTotal};
use crate::reply::Reply;
use crate::vendor::Vendor;

/// Where a vendor's list has what, as JSON pointers and keys.
struct ListFormat {
    total: &'static str,
    rows: &'static str,
    id: &'static str,
    subject: &'static str,
    date: &'static str,
}

fn list_format(vendor: Vendor) -> Option<ListFormat> {
    match vendor {
        Vendor::OneCloud => Some(ListFormat {
            total: "/total",
            rows: "/data",
            id: "Id",
            subject: "Subject",
            date: "CreateDate",
        }),
        Vendor::Sweeppea => Some(ListFormat {
            total: "/Data/TotalTickets",
            rows: "/Data/Tickets",
            id: "CaseNumber",
            subject: "Subject",
            date: "Date",
        }),
        Vendor::Rt => Some(ListFormat {
            total: "/total",
            rows: "/items",
            id: "id",
            subject: "Subject",
            date: "Created",
        }),
        Vendor::Zendesk => Some(ListFormat {
            total: "/count",
            rows: "/tickets",
            id: "id",
            subject: "subject",
            date: "created_at",
        }),
        Vendor::LeadSquared => None,
        Vendor::Redmine => Some(ListFormat {
            total: "/total_count",
            rows: "/issues",
            id: "id",
            subject: "subject",
            date: "created_on",
        }),
    }
}

/// Changes the body if it is JSON. Other bodies stay as they are.
fn change_json(reply: &mut Reply, change: impl FnOnce(&mut Value) -> Option<()>) {
    if let Ok(mut body) = serde_json::from_slice(&reply.body) {
        if change(&mut body).is_some() {
            reply.body = body.to_string().into_bytes();
        }
    }
}

/// `sequence` numbers the requests.
pub(crate) fn total(reply: &mut Reply, vendor: Option<Vendor>, how: WrongTotal, sequence: u64) {
    change_json(reply, |body| {
        let format = list_format(vendor?)?;
        let rows = body.pointer(format.rows)?.as_array()?.len() as u64;
        let total = body.pointer_mut(format.total)?;
        let correct = total.as_u64()?;
        *total = json!(match how {
            WrongTotal::PageSize => rows,
            WrongTotal::Zero => 0,
            WrongTotal::TooSmall => correct / 2,
            WrongTotal::TooLarge => correct + 7,
            WrongTotal::Changing => correct + 1 + sequence % 3,
        });
        Some(())
    });
}

/// JSON text cannot be built with half of a surrogate pair, so it is written in place of this private character.
const PLACEHOLDER: &str = "\u{f8ff}";

pub(crate) fn row(reply: &mut Reply, vendor: Option<Vendor>, how: OddRow) {
    change_json(reply, |body| {
        let format = list_format(vendor?)?;
        let rows = body.pointer_mut(format.rows)?.as_array_mut()?;
        let first = rows.first().cloned()?;
        let middle = rows.len() / 2;
        let row = rows.get_mut(middle)?;
        let date = json!(match how {
            OddRow::Null => {
                *row = Value::Null;
                return Some(());
            }
            OddRow::Repeated => {
                *row = first;
                return Some(());
            }
            OddRow::MissingId => {
                row.as_object_mut()?.remove(format.id);
                return Some(());
            }
            OddRow::NullId => {
                *row.get_mut(format.id)? = Value::Null;
                return Some(());
            }
            OddRow::LoneSurrogate => {
                let subject = row.get_mut(format.subject)?;
                *subject = json!(format!("{}{PLACEHOLDER}", subject.as_str()?));
                return Some(());
            }
            OddRow::NumberDate => {
                *row.get_mut(format.date)? = json!(1_737_885_600_000_u64);
                return Some(());
            }
            OddRow::EmptyDate => "",
            OddRow::YearOneDate => "0001-01-01T00:00:00",
            OddRow::ZonelessDate => "2025-01-26T10:00:00",
        });
        *row.get_mut(format.date)? = date;
        Some(())
    });
    if how == OddRow::LoneSurrogate {
        let text = String::from_utf8_lossy(&reply.body);
        reply.body = text.replace(PLACEHOLDER, r"\ud83d").into_bytes();
    }
}

/// The rows of RT's reply to a bulk delete: `[9, "Ticket 9: Ticket deleted"]`.
fn bulk_row(rows: &mut Vec<Value>, how: OddId) -> Option<()> {
    if how == OddId::Unasked {
        rows.push(json!([999_999_999, "Ticket 999999999: Ticket deleted"]));
        return Some(());
    }
    let id = rows.first_mut()?.get_mut(0)?;
    match how {
        OddId::Null => *id = Value::Null,
        OddId::Float => *id = json!(id.as_f64()?),
        OddId::Text => *id = json!(id.to_string()),
        OddId::Missing | OddId::Unasked => drop(rows.remove(0)),
    }
    Some(())
}

/// Only LeadSquared's and RT's deletes are batches.
pub(crate) fn batch_id(reply: &mut Reply, how: OddId) {
    change_json(reply, |body| {
        if let Some(rows) = body.as_array_mut() {
            return bulk_row(rows, how);
        }
        let ids = body.get_mut("SuccessfulIds")?.as_array_mut()?;
        match how {
            OddId::Null => *ids.first_mut()? = Value::Null,
            OddId::Float => {
                let id = ids.first_mut()?;
                *id = json!(id.as_f64()?);
            }
            OddId::Text => {
                let id = ids.first_mut()?;
                *id = json!(id.to_string());
            }
            OddId::Missing if ids.is_empty() => return None,
            OddId::Missing => drop(ids.remove(0)),
            OddId::Unasked => ids.push(json!(999_999_999)),
        }
        Some(())
    });
}

/// Compresses the body with gzip, as a single stored block per 65,535 bytes.
pub(crate) fn gzip(reply: &mut Reply) {
    let body = std::mem::take(&mut reply.body);
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
    gzip.extend(crc32(&body).to_le_bytes());
    gzip.extend(u32::try_from(body.len()).unwrap_or_default().to_le_bytes());
    reply.body = gzip;
    reply
        .headers
        .push(("content-encoding".to_owned(), "gzip".to_owned()));
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
    fn gzip_has_the_checksum_and_the_length_of_the_body() {
        let mut reply = Reply::text(200, "123456789");
        gzip(&mut reply);
        assert_eq!(reply.body.len(), 10 + 5 + 9 + 8);
        assert_eq!(reply.body[10..15], [1, 9, 0, 0xf6, 0xff]);
        assert_eq!(reply.body[24..28], 0xcbf4_3926_u32.to_le_bytes());
        assert_eq!(reply.body[28..], 9_u32.to_le_bytes());
    }

    #[test]
    fn long_body_is_written_in_several_blocks() {
        let mut reply = Reply::text(200, vec![b'x'; 70_000]);
        gzip(&mut reply);
        assert_eq!(reply.body.len(), 10 + 5 + 65_535 + 5 + 4_465 + 8);
        assert_eq!((reply.body[10], reply.body[10 + 5 + 65_535]), (0, 1));
    }
}
