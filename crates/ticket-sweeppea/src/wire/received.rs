//! What comes back: the replies, as far as they are modelled.

use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use ticket_http::{Reply, WireId, debug_fields, lenient};

/// A created ticket: `Data` of the reply of `POST /tickets/create`. `Debug` prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct CreatedTicket {
    /// The new ticket's key: 7 characters, not always digits.
    pub case_number: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// 1 is low, 2 medium, 3 high.
    #[serde(default, deserialize_with = "lenient::value")]
    pub priority: Option<i64>,
    /// Who works on it: null without `AssignTo`, absent in older replies.
    #[serde(default, deserialize_with = "lenient::value")]
    pub assigned_to: Option<AssignedTo>,
    /// When it was filed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub creation_date: Option<Timestamp>,
    /// Here a text, `Open`; in [`Ticket`] a truth value.
    #[serde(default, deserialize_with = "lenient::text")]
    pub status: Option<String>,
}

debug_fields!(CreatedTicket { case_number });

/// Who works on a ticket. `Debug` prints nothing of it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct AssignedTo {
    /// The full name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub full_name: Option<String>,
    /// The e-mail address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
}

debug_fields!(AssignedTo {});

/// A ticket: `Data` of the reply of `POST /tickets/fetchSingleTicket`, as far as it is modelled. `Debug`
/// prints the key only. What is not as documented counts as absent, except for the key.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Ticket {
    /// The ticket's key: 7 characters, not always digits.
    pub case_number: WireId,
    /// When it was filed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub date: Option<Timestamp>,
    /// Who filed it, with much personal data.
    #[serde(default, deserialize_with = "lenient::value")]
    pub account_info: Option<AccountInfo>,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The text, often HTML.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// 1 is low, 2 medium, 3 high.
    #[serde(default, deserialize_with = "lenient::value")]
    pub priority: Option<i64>,
    /// When it was closed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub close_date: Option<Timestamp>,
    /// The platform that is affected, the nearest thing to a category. Case differs from call to call.
    #[serde(default, deserialize_with = "lenient::text")]
    pub resource_affected: Option<String>,
    /// **False is open, true is closed.**
    #[serde(default, deserialize_with = "lenient::value")]
    pub status: Option<bool>,
    /// What the people who work on it wrote. Read-only: no call adds one.
    #[serde(default, deserialize_with = "lenient::value")]
    pub notes: Option<Vec<Note>>,
}

debug_fields!(Ticket { case_number });

/// A note on a ticket. `Debug` prints the id only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Note {
    /// The note's id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// When it was written.
    #[serde(default, deserialize_with = "lenient::value")]
    pub date: Option<Timestamp>,
    /// The text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub note: Option<String>,
}

debug_fields!(Note { id });

/// A ticket of which only the notes count, each with its own JSON.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Notes {
    pub(crate) case_number: WireId,
    #[serde(default, deserialize_with = "lenient::rows_or_none")]
    pub(crate) notes: Vec<Option<Reply<Note>>>,
}

/// A page of tickets, each row with its own JSON: `Data` of the reply of the two lists. Pages hold 20 tickets.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TicketList {
    /// How many tickets the filter finds in this list.
    #[serde(default, deserialize_with = "lenient::value")]
    pub total_tickets: Option<u64>,
    /// The page.
    #[serde(default, deserialize_with = "lenient::value")]
    pub page: Option<u64>,
    /// How many pages there are.
    #[serde(default, deserialize_with = "lenient::value")]
    pub total_pages: Option<u64>,
    /// The tickets; `None` for a row that cannot be read or has no key.
    #[serde(deserialize_with = "lenient::rows")]
    pub tickets: Vec<Option<Reply<TicketRow>>>,
}

/// A row of a list. It has no status (which list it stands in says that) and no description, and its subject is
/// cut to 100 characters. `Debug` prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TicketRow {
    /// The ticket's key.
    pub case_number: WireId,
    /// The first 100 characters of the subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// When it was filed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub date: Option<Timestamp>,
    /// 1 is low, 2 medium, 3 high.
    #[serde(default, deserialize_with = "lenient::value")]
    pub priority: Option<i64>,
    /// The platform that is affected.
    #[serde(default, deserialize_with = "lenient::text")]
    pub resource_affected: Option<String>,
}

debug_fields!(TicketRow { case_number });

/// The reply of `POST /tickets/update`: **`Ticket` where every other one has `Data`.**
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UpdateEnvelope {
    #[serde(deserialize_with = "object")]
    pub(crate) ticket: UpdatedTicket,
}

/// An updated ticket. `Debug` prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct UpdatedTicket {
    /// The ticket's key.
    pub case_number: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// The text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// 1 is low, 2 medium, 3 high.
    #[serde(default, deserialize_with = "lenient::value")]
    pub priority: Option<i64>,
    /// False is open.
    #[serde(default, deserialize_with = "lenient::value")]
    pub status: Option<bool>,
}

debug_fields!(UpdatedTicket { case_number });

/// A resolved ticket: `Data` of the reply of `POST /tickets/resolve`. `Debug` prints the key only.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct ResolvedTicket {
    /// The ticket's key.
    pub case_number: WireId,
    /// The subject line.
    #[serde(default, deserialize_with = "lenient::text")]
    pub subject: Option<String>,
    /// True is closed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub status: Option<bool>,
    /// When it was closed.
    #[serde(default, deserialize_with = "lenient::value")]
    pub close_date: Option<Timestamp>,
    /// Who closed it, by name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub closed_by: Option<String>,
}

debug_fields!(ResolvedTicket { case_number });

/// Who filed a ticket. The vendor sends much more (address, location, device), which is in `raw` only.
/// `Debug` prints nothing of it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct AccountInfo {
    /// The full name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub full_name: Option<String>,
    /// The e-mail address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    /// The phone number.
    #[serde(default, deserialize_with = "lenient::text")]
    pub mobile_number: Option<String>,
}

debug_fields!(AccountInfo {});

/// An object and nothing else: of a list serde would take the items for the fields, by their order.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(PhantomData))
}

/// The envelope of a success.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[serde(bound = "T: Deserialize<'de>")]
pub(crate) struct Envelope<T> {
    #[serde(deserialize_with = "object")]
    pub(crate) data: T,
}

/// What every reply says of itself. `Code` equals the HTTP status, and is missing from some errors.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Verdict {
    pub(crate) response: bool,
    #[serde(default, deserialize_with = "lenient::text")]
    pub(crate) message: Option<String>,
    #[serde(default, deserialize_with = "lenient::value")]
    pub(crate) code: Option<u16>,
}
