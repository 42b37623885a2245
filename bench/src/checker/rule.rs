//! The names of the rules.

pub(super) const ONE_OUTCOME: &str = "one outcome each";
pub(super) const DELETED: &str = "deleted means gone";
pub(super) const BY_US: &str = "deleted means deleted by us";
pub(super) const ALREADY_GONE: &str = "already_gone means gone";
pub(super) const NOT_FOUND: &str = "not_found means gone";
pub(super) const VENDORS_WORD: &str = "not_found is the vendor's word";
pub(super) const NOT_BY_US: &str = "not_found means not deleted by us";
pub(super) const FAILED: &str = "failed means nothing happened";
pub(super) const UNATTEMPTED: &str = "unattempted means nothing happened";
pub(super) const NOTHING_UNASKED: &str = "nothing unasked is deleted";
pub(super) const ANOTHER: &str = "never another ticket";
pub(super) const UNASKED_TOLD: &str = "unasked is told";
pub(super) const LIST: &str = "a complete list is whole";
pub(super) const READ: &str = "a read is of the ticket";
pub(super) const CREATED_ONCE: &str = "created once";
pub(super) const CREATED_ID: &str = "created means this id";
pub(super) const NOT_CREATED: &str = "failed creates nothing";
pub(super) const WINDOWS: &str = "windows are kept";
pub(super) const QUOTA: &str = "the vendor never refuses for the quota";
pub(super) const CONCURRENCY: &str = "no more calls at a time than the vendor takes";
pub(super) const ABANDONED: &str = "nothing is sent after an abandon";
pub(super) const RESTORED: &str = "restored means out of the trash";
pub(super) const NOT_RESTORED: &str = "what is not restored stays in the trash";
pub(super) const NOTHING_ELSE_RESTORED: &str = "nothing unasked is restored";
pub(super) const UPDATED: &str = "updated means changed";
pub(super) const NOT_UPDATED: &str = "failed changes nothing";
pub(super) const SETTLED: &str = "unknown only if no look tells";
pub(super) const TWICE: &str = "the same twice";

/// What a rule found: its name, and what is not true.
pub type Lie = (&'static str, String);
