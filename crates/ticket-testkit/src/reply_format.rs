//! Where a vendor's replies have what some faults change.

use serde_json::{Value, json};
use ticket_conformance::{Fault, FixtureResult, OddId, OddRow, SkipReason, WrongTotal};

use crate::message::Reply;

/// Where a vendor's replies have what some faults change, as JSON pointers (`/tickets`) and names (`id`).
///
/// ```
/// use ticket_testkit::ReplyFormat;
///
/// // {"tickets": [{"id": 1, "subject": "Card refused", "created": "2026-01-26T10:00:00Z"}], "total": 1}
/// let format = ReplyFormat::default()
///     .rows("/tickets", "id")
///     .subject("subject")
///     .date("created")
///     .total("/total");
/// # let _ = format;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyFormat {
    /// The rows of a list, and the name of the id in each.
    pub rows: Option<(&'static str, &'static str)>,
    /// The name of the subject in a row.
    pub subject: Option<&'static str>,
    /// The name of a date in a row.
    pub date: Option<&'static str>,
    /// The total of a list.
    pub total: Option<&'static str>,
    /// The ids of the deleted tickets in the reply to a delete.
    pub deleted_ids: Option<&'static str>,
}

impl ReplyFormat {
    /// Sets where the rows of a list are, and the name of the id in each.
    #[must_use]
    pub const fn rows(mut self, pointer: &'static str, id: &'static str) -> Self {
        self.rows = Some((pointer, id));
        self
    }

    /// Sets the name of the subject in a row.
    #[must_use]
    pub const fn subject(mut self, name: &'static str) -> Self {
        self.subject = Some(name);
        self
    }

    /// Sets the name of a date in a row.
    #[must_use]
    pub const fn date(mut self, name: &'static str) -> Self {
        self.date = Some(name);
        self
    }

    /// Sets where the total of a list is.
    #[must_use]
    pub const fn total(mut self, pointer: &'static str) -> Self {
        self.total = Some(pointer);
        self
    }

    /// Sets where the ids of the deleted tickets are in the reply to a delete.
    #[must_use]
    pub const fn deleted_ids(mut self, pointer: &'static str) -> Self {
        self.deleted_ids = Some(pointer);
        self
    }

    /// Whether this fault can be made in such replies.
    pub(crate) fn check_supports(&self, fault: &Fault) -> FixtureResult<()> {
        let (is_known, what) = match fault {
            Fault::OddRow(OddRow::LoneSurrogate) => (
                self.rows.and(self.subject).is_some(),
                "where a list has subjects",
            ),
            Fault::OddRow(
                OddRow::EmptyDate | OddRow::YearOneDate | OddRow::NumberDate | OddRow::ZonelessDate,
            ) => (self.rows.and(self.date).is_some(), "where a list has dates"),
            Fault::OddRow(_) => (self.rows.is_some(), "where a list has its rows"),
            Fault::WrongTotal(_) => (
                self.rows.and(self.total).is_some(),
                "where a list has its total",
            ),
            Fault::OddId(_) => (
                self.deleted_ids.is_some(),
                "where a reply to a delete has ids",
            ),
            _ => return Ok(()),
        };
        if is_known {
            return Ok(());
        }
        Err(SkipReason::new(format!("the fixture does not say {what}")))
    }

    /// Whether a fault of a list meets a reply without rows: a provider may look something up before it lists.
    pub(crate) fn is_about_another(&self, fault: &Fault, reply: &Reply) -> bool {
        if !matches!(fault, Fault::OddRow(_) | Fault::WrongTotal(_)) {
            return false;
        }
        let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        self.rows
            .is_some_and(|(pointer, _)| body.pointer(pointer).is_none())
    }

    pub(crate) fn odd_row(&self, mut reply: Reply, odd: OddRow) -> Reply {
        // JSON text with half of a surrogate pair cannot be built, so it is written in place of this character.
        const PLACEHOLDER: &str = "\u{f8ff}";
        change(&mut reply, |body| {
            let (pointer, id) = self.rows?;
            let rows = body.pointer_mut(pointer)?.as_array_mut()?;
            let first = rows.first().cloned()?;
            let middle = rows.len() / 2;
            let row = rows.get_mut(middle)?;
            let date = match odd {
                OddRow::LoneSurrogate => {
                    let subject = row.get_mut(self.subject?)?;
                    *subject = format!("{}{PLACEHOLDER}", subject.as_str()?).into();
                    return Some(());
                }
                OddRow::MissingId => {
                    row.as_object_mut()?.remove(id)?;
                    return Some(());
                }
                OddRow::NullId => {
                    *row.get_mut(id)? = Value::Null;
                    return Some(());
                }
                OddRow::Null => {
                    *row = Value::Null;
                    return Some(());
                }
                OddRow::Repeated => {
                    *row = first;
                    return Some(());
                }
                OddRow::EmptyDate => json!(""),
                OddRow::YearOneDate => json!("0001-01-01T00:00:00"),
                OddRow::NumberDate => json!(1_737_885_600_000_u64),
                OddRow::ZonelessDate => json!("2025-01-26T10:00:00"),
                _ => return None,
            };
            *row.get_mut(self.date?)? = date;
            Some(())
        });
        if odd == OddRow::LoneSurrogate {
            let text = String::from_utf8_lossy(&reply.body);
            reply.body = text.replace(PLACEHOLDER, r"\ud83d").into_bytes();
        }
        reply
    }

    pub(crate) fn wrong_total(&self, mut reply: Reply, wrong: WrongTotal) -> Reply {
        change(&mut reply, |body| {
            let rows = body.pointer(self.rows?.0)?.as_array()?.len();
            let total = body.pointer_mut(self.total?)?;
            let correct = total.as_u64()?;
            *total = match wrong {
                WrongTotal::PageSize => json!(rows),
                WrongTotal::Zero => json!(0),
                WrongTotal::TooSmall => json!(correct / 2),
                WrongTotal::TooLarge => json!(correct + 7),
                _ => return None,
            };
            Some(())
        });
        reply
    }

    pub(crate) fn odd_id(&self, mut reply: Reply, odd: OddId) -> Reply {
        change(&mut reply, |body| {
            let ids = body.pointer_mut(self.deleted_ids?)?.as_array_mut()?;
            let is_text = ids.first()?.is_string();
            let first = ids.first_mut()?;
            let text = first
                .as_str()
                .map_or_else(|| first.to_string(), str::to_owned);
            match odd {
                OddId::Null => *first = Value::Null,
                OddId::Float => *first = json!(text.parse::<f64>().ok()?),
                OddId::OtherType if is_text => *first = json!(text.parse::<u64>().ok()?),
                OddId::OtherType => *first = json!(text),
                OddId::Missing => drop(ids.remove(0)),
                OddId::Unasked if is_text => ids.push(json!(OddId::UNASKED.to_string())),
                OddId::Unasked => ids.push(json!(OddId::UNASKED)),
                _ => return None,
            }
            Some(())
        });
        reply
    }
}

/// Changes the body if it is JSON and has what is changed. Other bodies stay as they are.
fn change(reply: &mut Reply, change: impl FnOnce(&mut Value) -> Option<()>) {
    if let Ok(mut body) = serde_json::from_slice(&reply.body) {
        if change(&mut body).is_some() {
            reply.body = body.to_string().into_bytes();
        }
    }
}
