//! What cases need from a fixture.

/// What a case needs from the [`Fixture`](crate::Fixture) in addition to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Need {
    /// [`new_ticket`](crate::Fixture::new_ticket).
    NewTicket,
    /// [`patch`](crate::Fixture::patch).
    Patch,
    /// [`ticket`](crate::Fixture::ticket).
    Ticket,
    /// [`missing_id`](crate::Fixture::missing_id).
    MissingId,
    /// [`fill`](crate::Fixture::fill).
    Fill,
    /// [`page_size`](crate::Fixture::page_size).
    PageSize,
    /// [`inject`](crate::Fixture::inject).
    Faults,
    /// [`restore_connections`](crate::Fixture::restore_connections).
    RestoreConnections,
    /// [`journal`](crate::Fixture::journal).
    Journal,
    /// [`exists`](crate::Fixture::exists).
    Exists,
    /// [`seed`](crate::Fixture::seed).
    Seed,
    /// [`conversation`](crate::Fixture::conversation).
    Conversation,
    /// [`secrets`](crate::Fixture::secrets).
    Secrets,
    /// [`short_timeout_provider`](crate::Fixture::short_timeout_provider).
    ShortTimeout,
    /// [`merge`](crate::Fixture::merge).
    Merge,
    /// [`dropped_update`](crate::Fixture::dropped_update).
    DroppedUpdate,
}
