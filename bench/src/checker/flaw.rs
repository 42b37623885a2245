//! Lies on purpose: what a wrong provider, layer or transport would say or do. The checker must find each.

use super::rule;

/// A lie on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// A delete that is only accepted (201 to 207) counts as done.
    AcceptedIsDeleted,
    /// A delete without an answer counts as done.
    LostIsDeleted,
    /// Whatever comes with 200 counts as done: an empty body, a sign-in page, an error.
    AnyBodyIsDeleted,
    /// A refusal of a delete counts as done.
    RefusedIsDeleted,
    /// A delete of unknown effect is told as without effect.
    UnknownIsFailed,
    /// Any 404 proves that the ticket is gone.
    Any404IsGone,
    /// *Not found* proves that the ticket is gone at a vendor that says so of other users' tickets.
    AmbiguousIsGone,
    /// Reads are declared as consistent although they lag.
    StaleReadIsProof,
    /// The delete is repeated although ids are given out again.
    RepeatsWithReusedIds,
    /// The provider repeats a delete by itself and forgets the first attempt.
    ForgetsFirstAttempt,
    /// A merged ticket's id is deleted without a look.
    DeletesThroughMerge,
    /// The ticket with the next id is deleted too.
    DeletesNeighbour,
    /// Of a batch, what is done for one is told of all.
    BatchIsAllOrNothing,
    /// Tickets that the vendor deleted unasked are not told.
    UnaskedIsDropped,
    /// A create without an answer is repeated.
    CreateIsRepeated,
    /// A create of unknown effect is told as without effect.
    UnknownCreateIsFailed,
    /// A created ticket is told by another id.
    CreatedIdIsWrong,
    /// A list ends after its first page.
    ListLosesPages,
    /// A list loses the last row of a page.
    ListLosesRows,
    /// What a page says of missing rows is dropped.
    ListHidesGaps,
    /// The answer about another ticket is told as the one asked for.
    ReadIsOfAnother,
    /// The calls are not held within the windows.
    IgnoresWindows,
    /// More calls run at once than the vendor takes.
    IgnoresConcurrency,
    /// Every read is sent twice.
    ReadsTwice,
    /// An outcome is dropped.
    OutcomeIsDropped,
    /// An outcome is told twice.
    OutcomeIsDoubled,
    /// Two outcomes are exchanged.
    OutcomesAreSwapped,
    /// What is unknown is told as already gone.
    UnknownIsGone,
    /// What is unknown is told as not attempted.
    UnknownIsUnattempted,
    /// The waits between attempts are random in each run.
    JitterIsNotSeeded,
    /// Redmine is declared as one that never gives out an id again.
    RepeatsAtRedmine,
    /// At RT, the provider follows the id of a merged ticket and deletes the other ticket.
    DeletesMergeTarget,
    /// With a subtask, the ticket above it is deleted too.
    DeletesParent,
    /// A restore counts as done whatever the vendor answers.
    AcceptedIsRestored,
    /// A restore of unknown effect is told as without effect.
    UnknownRestoreIsFailed,
    /// The provider follows the id of a merged ticket and restores the other ticket.
    RestoresMergeTarget,
    /// An update that the vendor dropped counts as done.
    DroppedUpdateIsDone,
    /// An update of unknown effect is told as without effect.
    UnknownUpdateIsFailed,
    /// After an abandon, tickets of unknown outcome are still looked at, as after a stop.
    LooksAfterAbandon,
    /// A delete that the vendor accepted as a job counts as done.
    JobIsDone,
    /// A delete that the vendor accepted as a job is told as without effect.
    JobIsFailed,
    /// A job that the vendor no longer knows counts as done.
    LostJobIsDone,
    /// Of a job that has ended, all tickets count as deleted.
    EndedJobIsDone,
    /// No ticket is ever looked at.
    NeverLooks,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 44] = [
        Self::AcceptedIsDeleted,
        Self::LostIsDeleted,
        Self::AnyBodyIsDeleted,
        Self::RefusedIsDeleted,
        Self::UnknownIsFailed,
        Self::Any404IsGone,
        Self::AmbiguousIsGone,
        Self::StaleReadIsProof,
        Self::RepeatsWithReusedIds,
        Self::ForgetsFirstAttempt,
        Self::DeletesThroughMerge,
        Self::DeletesNeighbour,
        Self::BatchIsAllOrNothing,
        Self::UnaskedIsDropped,
        Self::CreateIsRepeated,
        Self::UnknownCreateIsFailed,
        Self::CreatedIdIsWrong,
        Self::ListLosesPages,
        Self::ListLosesRows,
        Self::ListHidesGaps,
        Self::ReadIsOfAnother,
        Self::IgnoresWindows,
        Self::IgnoresConcurrency,
        Self::ReadsTwice,
        Self::OutcomeIsDropped,
        Self::OutcomeIsDoubled,
        Self::OutcomesAreSwapped,
        Self::UnknownIsGone,
        Self::UnknownIsUnattempted,
        Self::JitterIsNotSeeded,
        Self::RepeatsAtRedmine,
        Self::DeletesMergeTarget,
        Self::DeletesParent,
        Self::AcceptedIsRestored,
        Self::UnknownRestoreIsFailed,
        Self::RestoresMergeTarget,
        Self::DroppedUpdateIsDone,
        Self::UnknownUpdateIsFailed,
        Self::LooksAfterAbandon,
        Self::JobIsDone,
        Self::JobIsFailed,
        Self::LostJobIsDone,
        Self::EndedJobIsDone,
        Self::NeverLooks,
    ];

    /// The rules that find it.
    pub(super) const fn rules(self) -> &'static [&'static str] {
        match self {
            Self::AcceptedIsDeleted
            | Self::LostIsDeleted
            | Self::AnyBodyIsDeleted
            | Self::RefusedIsDeleted
            | Self::JobIsDone
            | Self::LostJobIsDone
            | Self::EndedJobIsDone => &[rule::DELETED],
            Self::JobIsFailed | Self::UnknownIsFailed | Self::StaleReadIsProof => &[rule::FAILED],
            Self::ForgetsFirstAttempt => &[rule::NOT_BY_US],
            Self::Any404IsGone | Self::AmbiguousIsGone => &[rule::NOT_FOUND, rule::ALREADY_GONE],
            Self::RepeatsWithReusedIds | Self::RepeatsAtRedmine => &[rule::ANOTHER],
            Self::DeletesThroughMerge
            | Self::DeletesNeighbour
            | Self::DeletesMergeTarget
            | Self::DeletesParent => &[rule::NOTHING_UNASKED],
            Self::BatchIsAllOrNothing => &[rule::DELETED, rule::BY_US],
            Self::UnaskedIsDropped => &[rule::UNASKED_TOLD],
            Self::CreateIsRepeated => &[rule::CREATED_ONCE],
            Self::UnknownCreateIsFailed => &[rule::NOT_CREATED],
            Self::CreatedIdIsWrong => &[rule::CREATED_ID],
            Self::ListLosesPages | Self::ListLosesRows | Self::ListHidesGaps => &[rule::LIST],
            Self::ReadIsOfAnother => &[rule::READ],
            Self::IgnoresWindows | Self::ReadsTwice => &[rule::WINDOWS, rule::QUOTA],
            Self::IgnoresConcurrency => &[rule::CONCURRENCY],
            Self::OutcomeIsDropped | Self::OutcomeIsDoubled | Self::OutcomesAreSwapped => {
                &[rule::ONE_OUTCOME]
            }
            Self::UnknownIsGone => &[rule::ALREADY_GONE],
            Self::UnknownIsUnattempted => &[rule::UNATTEMPTED],
            Self::JitterIsNotSeeded => &[rule::TWICE],
            Self::AcceptedIsRestored => &[rule::RESTORED],
            Self::UnknownRestoreIsFailed => &[rule::NOT_RESTORED],
            Self::RestoresMergeTarget => &[rule::NOTHING_ELSE_RESTORED],
            Self::DroppedUpdateIsDone => &[rule::UPDATED],
            Self::UnknownUpdateIsFailed => &[rule::NOT_UPDATED],
            Self::LooksAfterAbandon => &[rule::ABANDONED],
            Self::NeverLooks => &[rule::SETTLED],
        }
    }
}
