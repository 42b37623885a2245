//! What each case does: one function per row of the table in `case.rs`, one module per part of the contract.

pub(crate) mod accepted;
mod common;
pub(crate) mod data;
pub(crate) mod decided;
pub(crate) mod declared;
pub(crate) mod delete;
pub(crate) mod effect;
pub(crate) mod errors;
pub(crate) mod files;
pub(crate) mod gateways;
pub(crate) mod id_forms;
pub(crate) mod ids;
pub(crate) mod keys;
pub(crate) mod lifecycle;
pub(crate) mod messages;
pub(crate) mod odd_data;
pub(crate) mod other_tickets;
pub(crate) mod paging;
pub(crate) mod refused;
pub(crate) mod repeats;
pub(crate) mod replies;
pub(crate) mod secrets;
pub(crate) mod sent_fields;
pub(crate) mod time;
pub(crate) mod totals;
pub(crate) mod trash;
pub(crate) mod versions;
