//! Domain field ↔ wire field ↔ refused: a table per direction, driven through the wire. Each row sets one
//! thing and states all that arrives.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

#[path = "../common/mod.rs"]
mod common;

mod read;
mod sent;
