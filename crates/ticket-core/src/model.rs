//! The data types of tickets, shared by all providers. They know nothing of calls.

pub(crate) mod draft;
pub(crate) mod hidden;
pub(crate) mod message;
pub(crate) mod names;
pub(crate) mod query;
pub(crate) mod raw;
pub(crate) mod reference;
pub(crate) mod text;
pub(crate) mod ticket;
