//! Guides, one for each task. Every example is compiled and run against the sandbox.
//!
//! | Guide | What it answers |
//! |---|---|
//! | [`errors`] | A call failed. May it be repeated? Did anything change? What does a person have to do? |
//! | [`bulk`] | How do I change thousands of tickets and know what happened to each one? |
//! | [`pacing`] | How fast are calls made, who waits for whom, and how long does a change take? |
//! | [`finding`] | Which tickets are those of a person, and was every account searched? |
//! | [`testing`] | How do I test an application without an account, including what goes wrong? |
//! | [`providers`] | How do I connect a ticket system that is not built in? |
//!
//! Changes that survive a crash, erasures of personal data, and what an operator has to watch and back up are in
//! the guides of the crate `ticket-jobs`.
//!
//! These modules contain no items; they exist in the documentation only.

#[doc = include_str!("guide/bulk.md")]
pub mod bulk {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/finding.md")]
pub mod finding {}

#[doc = include_str!("guide/pacing.md")]
pub mod pacing {}

#[doc = include_str!("guide/providers.md")]
pub mod providers {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}
