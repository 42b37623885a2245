//! What each case does: one function per row of the table in `case.rs`, one module per part of the contract.

pub(crate) mod again;
mod common;
pub(crate) mod data;
pub(crate) mod declared;
pub(crate) mod delete;
pub(crate) mod effect;
pub(crate) mod errors;
pub(crate) mod forms;
pub(crate) mod ids;
pub(crate) mod life;
pub(crate) mod messages;
pub(crate) mod odd;
pub(crate) mod others;
pub(crate) mod paging;
pub(crate) mod refused;
pub(crate) mod replies;
pub(crate) mod secrets;
pub(crate) mod sent;
pub(crate) mod strangers;
pub(crate) mod time;
pub(crate) mod totals;
