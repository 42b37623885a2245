//! Ways in which a ledger can be wrong, and the cases that must see it.

macro_rules! flaws {
    ($($flaw:ident $test:ident $what:literal [$($case:ident)*];)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Flaw {
            $(#[doc = $what] $flaw,)*
        }

        /// What the ledger does, and the cases that see it.
        pub(crate) const FLAWS: &[(Flaw, &str, &[&str])] = &[
            $((Flaw::$flaw, $what, &[$(stringify!($case)),*])),*
        ];

        $(
            #[tokio::test]
            async fn $test() {
                crate::catch(Flaw::$flaw).await;
            }
        )*
    };
}

flaws! {
    // Jobs.
    AddsLate adds_late "takes tickets after the list was sealed" [job_is_loading_until_it_is_sealed];
    NeverCloses never_closes "takes tickets after the list was closed" [closed_list_tells_repetitions_apart];
    CompletesEmpty completes_empty "leaves an empty job open" [job_without_tickets_is_completed];
    KeepsDiscarded keeps_discarded "keeps a discarded job" [discarded_job_is_gone];
    InventsJobs invents_jobs "says that an unknown job is in conflict" [unknown_job_is_not_found];
    DropsRepetitions drops_repetitions "forgets that a ticket is named again" [repeated_tickets_are_one_ticket];
    DropsVersions drops_versions "forgets versions" [job_keeps_what_it_was_created_with];
    ListsOldestFirst lists_oldest_first "lists the oldest job first" [jobs_are_listed_newest_first];
    SkipsInPages skips_in_pages "leaves a ticket out between two pages" [lists_are_read_in_pages];
    ResumesCancelled resumes_cancelled "lets a job that is over be resumed" [steps_change_the_state];
    SendsWhilePaused sends_while_paused "gives slots to a paused job" [paused_job_makes_no_new_call];
    CompletesEarly completes_early "completes a job with its first outcome"
        [last_outcome_completes_the_job];
    // Workers.
    ClaimsBackwards claims_backwards "gives the highest places first" [lowest_places_are_claimed_first];
    ClaimsTwice claims_twice "gives tickets to two workers" [claims_are_exclusive];
    ClaimsOfAll claims_of_all "gives tickets of any account" [claims_are_of_one_account];
    ReplacesOutcomes replaces_outcomes "replaces an outcome" [ticket_gets_one_outcome cancelled_job_keeps_its_outcomes];
    ForgetsErrors forgets_errors "forgets why a ticket failed" [outcomes_are_read_back];
    SettlesForOthers settles_for_others "lets a worker settle what another one has" [worker_settles_only_what_it_has];
    KeepsAfterFinish keeps_after_finish "keeps what a worker had that has finished" [finished_worker_has_nothing];
    ForgetsBeats forgets_beats "forgets that a worker is alive" [worker_that_beats_is_not_lost];
    LostWorkerSettles lost_worker_settles "lets a lost worker settle" [worker_without_beats_is_lost];
    LostWorkerTakes lost_worker_takes "lets a lost worker take slots" [worker_without_beats_is_lost];
    LosesEarly loses_early "loses a worker a second early" [worker_without_beats_is_lost worker_that_beats_is_not_lost];
    PutsBackAtOnce puts_back_at_once "forgets the wait of what is put back" [put_back_tickets_wait];
    PutsBackAll puts_back_all "puts back what a worker has of other accounts" [put_back_tickets_wait];
    KeepsPutBack keeps_put_back "puts nothing back" [put_back_tickets_wait put_back_tickets_are_out_of_reach];
    ForgetsPutBack forgets_put_back "forgets how often tickets were put back" [put_back_tickets_tell_since_when];
    CountsGivenBack counts_given_back "counts what is given back at once" [put_back_tickets_tell_since_when];
    NeverSuspends never_suspends "forgets that an account is suspended" [suspended_account_gives_no_tickets];
    StaysSuspended stays_suspended "keeps accounts suspended when their job is resumed" [resumed_job_resumes_its_accounts];
    // Priority.
    GoesByTurns goes_by_turns "lets all jobs go at once whatever their priority"
        [jobs_of_higher_priority_go_first];
    WaitsForIdle waits_for_idle "lets a job wait for one that nobody works on"
        [jobs_that_nobody_works_on_hold_nobody_up];
    ForgetsPriority forgets_priority "forgets the priority that a job was created with" [priority_can_be_changed];
    KeepsPriority keeps_priority "keeps the priority that a job was created with" [priority_can_be_changed];
    OffersSuspended offers_suspended "offers what a suspended account has" [offers_are_what_can_be_claimed];
    OffersLeastFirst offers_least_first "offers the least urgent first" [most_urgent_offers_come_first];
    SettlesInParts settles_in_parts "records outcomes one after the other" [dropped_settle_is_whole_or_nothing];
    // Doubt.
    DoubtsAll doubts_all "takes each ticket that a lost worker had for sent" [unsent_tickets_are_not_in_doubt];
    ForgetsIntents forgets_intents "forgets which job a call was of" [sent_tickets_are_in_doubt];
    ForgetsExpiry forgets_expiry "takes a call in flight for one that cannot act any more"
        [doubt_tells_how_long_the_call_may_act];
    ForgetsLostCalls forgets_lost_calls "forgets calls that were lost" [calls_that_were_lost_are_told];
    ForgetsVendorJobs forgets_vendor_jobs "forgets as which job the vendor accepted a call"
        [accepted_calls_are_told_with_their_job];
    DoubtsReads doubts_reads "takes a read for a write" [reads_leave_no_doubt];
    DoubtsByIdAlone doubts_by_id_alone "takes the same id of another account for the same ticket"
        [doubt_is_about_the_same_ticket];
    ForgetsLateEnds forgets_late_ends "forgets the end of a call whose worker is lost"
        [late_end_without_effect_ends_the_doubt late_ends_of_a_lost_worker_are_recorded];
    EndsAgain ends_again "replaces the end of a call" [call_ends_once];
    RefusalEndsDoubt refusal_ends_doubt "takes a refused call as proof that no call acted" [each_call_leaves_its_own_doubt];
    PutBackEndsDoubt put_back_ends_doubt "forgets doubt when a ticket is put back" [doubt_stays_until_the_outcome];
    // Slots.
    CountsStarts counts_starts "frees a slot one window after the start of its call"
        [slot_is_free_one_window_after_the_end call_in_flight_holds_its_slot];
    OpensEarly opens_early "frees a slot a millisecond early" [slot_is_free_one_window_after_the_end];
    FreesTheDead frees_the_dead "frees the slots of lost workers" [dead_call_holds_its_slot_until_it_expires];
    CountsCalls counts_calls "counts a call of several requests once" [each_request_takes_a_slot];
    KeepsOneWindow keeps_one_window "keeps only the first window of a limit" [all_windows_hold_at_once];
    ForgetsOperations forgets_operations "counts all operations in each limit" [limit_counts_only_its_operations];
    UsesNothing uses_nothing "says that no slot is used" [used_slots_are_told];
    NeverBusy never_busy "forgets how many calls may be in flight" [calls_at_once_are_limited];
    CountsUnsent counts_unsent "counts what was not sent" [unsent_call_counts_nowhere];
    ReopensEarly reopens_early "lets a shorter pause end a longer one" [closed_account_gives_no_slots];
    OneAccount one_account "counts all accounts together" [accounts_have_their_own_slots];
    CountsJobsAlone counts_jobs_alone "does not count single commands" [all_calls_share_the_slots];
    LooksThenTakes looks_then_takes "looks for a slot in one transaction and takes it in the next"
        [calls_that_ask_at_once_keep_the_limits];
    RecordsRefused records_refused "records calls that it refuses" [refused_call_is_not_recorded];
    ForgetsOldCalls forgets_old_calls "forgets calls after an hour" [long_windows_are_kept];
    // Cancelling.
    CancelKeepsTickets cancel_keeps_tickets "cancels without deciding about open tickets"
        [cancelled_job_leaves_the_rest_unattempted];
    CancelsClaimed cancels_claimed "takes tickets from workers when a job is cancelled"
        [cancelling_waits_for_claimed_tickets];
    CancelsDoubt cancels_doubt "leaves tickets in doubt unattempted"
        [cancelling_job_gives_only_what_is_in_doubt];
    GivesNoDoubt gives_no_doubt "gives nothing of a job that is being cancelled"
        [cancelling_job_gives_only_what_is_in_doubt cancelling_goes_on_after_a_loss];
    SendsWhileCancelling sends_while_cancelling "lets a job write that is being cancelled"
        [cancelling_job_gives_only_what_is_in_doubt];
    // Plans.
    BeginsUnconfirmed begins_unconfirmed "lets workers begin on a job that nobody confirmed"
        [unconfirmed_job_cannot_be_worked_on];
    ConfirmsAgain confirms_again "takes a second confirmation" [confirmed_job_is_ready];
    DropsApproval drops_approval "forgets the approval of a second person" [confirmed_job_is_ready];
    KeepsUnconfirmed keeps_unconfirmed "lets nobody cancel a job that is not confirmed"
        [unconfirmed_job_can_be_cancelled steps_change_the_state];
    ForgetsGuards forgets_guards "forgets the guards of a job" [job_is_read_back_as_planned];
    ForgetsSeen forgets_seen "forgets how tickets were seen" [tickets_are_read_back_as_seen];
    SeesLate sees_late "says that it recorded how tickets were seen when it is too late" [tickets_are_read_back_as_seen];
    ForgetsArchived forgets_archived "forgets what is archived" [archived_tickets_are_told];
    LostWorkerArchives lost_worker_archives "lets a lost worker archive" [archived_tickets_are_told];
    ArchivesInParts archives_in_parts "archives what a worker has although it named others too"
        [worker_archives_only_what_it_has];
    CountsWritesAlone counts_writes_alone "does not count reads about a ticket" [calls_about_a_ticket_are_counted];
    KeepsUnsent keeps_unsent "counts what was not sent as an attempt" [unsent_call_is_no_attempt];
    ForgetsEarlierCall forgets_earlier_call "forgets the call before one that was not sent" [unsent_call_is_no_attempt];
    ReversesEvents reverses_events "tells the latest event first" [events_are_read_back_in_order];
    // Erasures.
    ForgetsErasure forgets_erasure "forgets that a job is an erasure"
        [erasure_is_read_back_as_planned second_look_is_told_with_its_ticket];
    ForgetsPeople forgets_people "forgets whose tickets are" [erasure_is_read_back_as_planned];
    LooksOnce looks_once "keeps the first look after the pause" [second_look_is_told_with_its_ticket];
    LooksInParts looks_in_parts "records looks one after the other" [second_look_is_told_with_its_ticket];
    LooksAtAll looks_at_all "says that it recorded a look at a ticket that is open" [second_look_is_told_with_its_ticket];
    // The canary.
    NeverHolds never_holds "holds no ticket back"
        [canary_holds_back_the_rest canary_of_a_lost_worker_is_claimed_again];
    ReleasesOneMore releases_one_more "takes one ticket too many for the canary" [canary_holds_back_the_rest];
    NeverReleases never_releases "goes on to hold back what was released" [released_tickets_are_claimed];
    HeldIsNothing held_is_nothing "says that nothing is left where tickets wait for the canary"
        [canary_holds_back_the_rest];
    SuspensionHidesCanary suspension_hides_canary "says that an account is suspended of which only held tickets are left"
        [held_account_says_so_whatever_its_state];
    HoldsCancelled holds_cancelled "holds tickets back whose job was cancelled"
        [cancelled_canary_leaves_the_rest_unattempted];
    // Rows.
    TimeStandsStill time_stands_still "stops its time" [time_is_that_of_the_clock];
    ForgetsTickets forgets_tickets "forgets which tickets a call named" [calls_are_recorded_with_their_ends];
    MixesJobs mixes_jobs "gives calls of all jobs" [calls_are_read_in_pages];
    Miscounts miscounts "counts one outcome too few" [counts_are_those_of_the_rows];
    FindsGhosts finds_ghosts "finds contradictions where there are none" [verify_finds_nothing_in_any_state];
    NeverLost never_lost "does not count the calls of lost workers" [accounts_tell_what_is_in_flight];
    PrunesAll prunes_all "removes jobs that are not over" [prune_removes_what_is_over];
    PrunesSlots prunes_slots "removes calls that still count" [pruned_calls_keep_their_slots];
}
