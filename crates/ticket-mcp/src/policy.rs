//! What a server lets its client do.

/// Whether tickets can be deleted through a server, and who agrees to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Deletes {
    /// Nobody can plan a delete.
    Off,
    /// The client plans a delete, and a person confirms it outside: `tickets job confirm` asks on a terminal.
    #[default]
    Plan,
    /// The client plans a delete, and has the person in front of it type the number of tickets. A client that cannot ask
    /// is refused.
    ///
    /// The server cannot see who answers: a client that answers by itself deletes what it planned.
    Ask,
}

/// What a server lets its client do. The default reads and plans, and changes nothing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// Whether tickets can be deleted, and who agrees to it.
    pub deletes: Deletes,
    /// Whether single tickets can be created, commented on, updated and resolved without asking anybody.
    pub allow_writes: bool,
    /// Whether the client can neither plan nor change anything, whatever else is set.
    pub read_only: bool,
    /// The accounts that the client can reach, by name. If it is empty, those that are configured.
    pub accounts: Vec<String>,
    /// How many tickets one plan may have.
    pub max_per_plan: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            deletes: Deletes::Plan,
            allow_writes: false,
            read_only: false,
            accounts: Vec::new(),
            max_per_plan: Self::MAX_PER_PLAN,
        }
    }
}

impl Policy {
    /// How many tickets one plan may have, unless another number is set.
    pub const MAX_PER_PLAN: u64 = 100;

    /// Sets whether tickets can be deleted, and who agrees to it.
    #[must_use]
    pub const fn deletes(mut self, deletes: Deletes) -> Self {
        self.deletes = deletes;
        self
    }

    /// Sets whether single tickets can be created, commented on, updated and resolved.
    #[must_use]
    pub const fn allow_writes(mut self, allow: bool) -> Self {
        self.allow_writes = allow;
        self
    }

    /// Sets whether the client can neither plan nor change anything.
    #[must_use]
    pub const fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets the accounts that the client can reach.
    #[must_use]
    pub fn accounts<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.accounts = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how many tickets one plan may have.
    #[must_use]
    pub const fn max_per_plan(mut self, tickets: u64) -> Self {
        self.max_per_plan = tickets;
        self
    }

    /// Whether anything may be changed at a vendor by this process.
    pub(crate) fn may_write(&self) -> bool {
        !self.read_only && (self.allow_writes || self.deletes == Deletes::Ask)
    }
}
