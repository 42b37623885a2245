//! The data types of tickets, shared by all providers. They know nothing of calls.

pub(crate) mod attached;
pub(crate) mod attachment;
pub(crate) mod custom;
pub(crate) mod draft;
pub(crate) mod hidden;
pub(crate) mod message;
pub(crate) mod names;
pub(crate) mod query;
pub(crate) mod raw;
pub(crate) mod reference;
pub(crate) mod status;
pub(crate) mod text;
pub(crate) mod ticket;

pub use attached::AttachedFile;
pub use attachment::{Attachment, AttachmentSource};
pub use custom::{CustomFields, FieldValue};
pub use draft::Created;
pub use message::Direction;
pub use query::{Cursor, Order, PageRequest, Sort, State, Times};
pub use raw::RawJson;
pub use status::{Priority, Status};
pub use text::{bounded, escape_formula, is_invisible, is_misleading};
pub use ticket::{Person, Version};

/// A part of a vendor's reply as received, such as a row of a list. A [`RawJson`] is made of it.
pub use serde_json::value::RawValue;
