//! Guides, one for each task. Every example is compiled and run against the sandbox.
//!
//! | Guide | What it answers |
//! |---|---|
//! | [`jobs`] | How do I change a million tickets so that a crash loses nothing, and stop before damage is done? |
//! | [`erasing`] | How do I erase a person's tickets and prove it, without keeping the person? |
//! | [`operating`] | Where is the ledger, what do I back up, what do I watch, and how do I upgrade? |
//! | [`fleets`] | How do several machines work on jobs, and what do I do when the database, an account or a ticket is in trouble? |
//! | [`dispatchers`] | Who hands out the work: workers, Restate, or an engine that I have? |
//!
//! Errors, quotas, finding and testing are in the guides of the crate `tickets`.
//!
//! These modules contain no items; they exist in the documentation only.

#[doc = include_str!("guide/dispatchers.md")]
pub mod dispatchers {}

#[doc = include_str!("guide/erasing.md")]
pub mod erasing {}

#[doc = include_str!("guide/fleets.md")]
pub mod fleets {}

#[doc = include_str!("guide/jobs.md")]
pub mod jobs {}

#[doc = include_str!("guide/operating.md")]
pub mod operating {}
