//! Everything that can be wrong about the provider, and the cases that must see it.

use crate::fixture::Extent;

macro_rules! flaws {
    ($($flaw:ident $extent:ident $what:literal [$($case:ident)+];)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Flaw {
            $(#[doc = $what] $flaw,)*
        }

        /// Each flaw: to which extent of the provider it belongs, what it is, and the cases that must fail by it.
        pub(crate) const FLAWS: &[(Flaw, Extent, &str, &[&str])] = &[
            $((Flaw::$flaw, Extent::$extent, $what, &[$(stringify!($case)),+])),*
        ];

        #[expect(non_snake_case, reason = "each test is named as its flaw")]
        mod is_caught {
            $(
                #[tokio::test(start_paused = true)]
                async fn $flaw() {
                    crate::catch(super::Flaw::$flaw).await;
                }
            )*
        }
    };
}

flaws! {
    // Declared.
    ChangesItsMind Full "says another time that it can do nothing" [info_is_the_same_at_every_call];
    HasNoTitle Full "has no name for people" [info_is_the_same_at_every_call];
    AllowsNoCalls Full "declares a quota of no calls" [info_is_the_same_at_every_call];
    LosesAnOperation Full "does not declare comments any more" [the_manifest_is_kept];
    ClaimsAnOperation Full "declares `resolve` and answers `Unsupported`" [declared_operations_work];
    DoesTheUndeclared Narrow "lists without declaring it"
        [undeclared_operations_are_unsupported undeclared_operations_send_nothing];
    ReadsBeforeItWrites Full "reads a ticket before it updates it" [one_call_is_one_request];
    RetriesInside Full "repeats what failed" [failed_calls_are_not_repeated repeated_delete_spares_a_reused_id];
    MarksTicketsAsRead Full "writes when it reads" [reads_change_nothing one_call_is_one_request];

    // Refused.
    DropsWhatItCannotCarry Full "files tickets without the fields that it cannot carry"
        [unsupported_fields_are_refused_by_name required_fields_are_required];
    SendsBlankComments Full "sends comments without a text" [required_fields_are_required];
    SendsEmptyUpdates Full "sends updates that name nothing" [empty_updates_are_refused];
    CutsTexts Full "cuts texts that are too long" [texts_over_the_limit_are_refused];
    ReadsPagesOfNothing Full "asks for pages of no items" [page_limit_of_zero_is_refused];
    SwallowsAField Full "loses the phone number of a new ticket" [given_fields_of_a_ticket_are_sent];
    SwallowsTheSubject Full "files every ticket under the same subject"
        [given_fields_of_a_ticket_are_sent created_tickets_read_back];
    SwallowsAPatchedField Full "loses the category of an update" [given_fields_of_a_patch_are_sent];
    SendsOneTag Full "sends the first tag alone" [given_fields_of_a_ticket_are_sent];
    SendsOneFile Full "sends the first file alone"
        [given_fields_of_a_ticket_are_sent comments_are_sent_whole];
    SendsEmptyFiles Full "sends files by name, without their bytes"
        [given_fields_of_a_ticket_are_sent comments_are_sent_whole];
    DropsTheSearch Full "lists without the words that are searched for" [given_filters_are_sent];
    TellsTheCustomer Full "sends notes for colleagues to the customer" [comments_are_sent_whole];
    CutsComments Full "cuts comments at 255 characters" [comments_are_sent_whole];
    StagesFiles Full "sends each file of a new ticket by itself first, and does not declare it"
        [files_cost_the_declared_requests];

    // Life.
    GuessesTheId Full "gives another id than the vendor's" [created_tickets_exist created_tickets_read_back];
    ConfusesPriorities Full "files every priority as low" [created_tickets_read_back];
    SwapsNameAndAddress Full "files the name for the address, and the other way round"
        [created_tickets_read_back];
    FilesTheSameOnce Full "files a ticket of a known subject no more" [each_create_makes_its_own_ticket];
    SendsNoKey Full "sends no idempotency key, and declares that the vendor keeps it"
        [create_repeated_with_its_key_is_one_ticket];
    HidesTheEarlierAttempt Full "does not tell that an earlier attempt created the ticket"
        [create_repeated_with_its_key_is_one_ticket];
    KeepsTheLastTicket Full "gives the last ticket whatever is asked for" [get_returns_the_requested_ticket];
    RemembersTickets Full "reads no ticket twice"
        [updates_change_the_given_fields deleted_tickets_are_not_found];
    ReopensTickets Full "opens a ticket whatever status an update names" [updates_change_the_given_fields];
    UpdatesNothing Full "says that it updated and sends nothing"
        [updates_change_the_given_fields given_fields_of_a_patch_are_sent];
    OverwritesTheRest Full "empties the fields that an update does not name" [updates_change_no_other_field];
    ReadsResolvedAsOpen Full "reads a resolved ticket as open" [resolved_tickets_are_not_open];
    TrimsMessages Full "trims what was written" [messages_are_read];
    ReadsMessagesWithoutRaw Full "does not keep what the vendor sent of a message" [messages_are_read];
    ReadsTheFirstMessages Full "reads the first page of messages alone" [every_message_is_read_once];
    RepeatsMessages Full "reads the first messages whatever the cursor says" [every_message_is_read_once];
    ReadsEverybodysMessages Full "reads the messages of all tickets" [messages_belong_to_their_ticket];
    ListsNoFiles Full "lists no files" [files_are_listed_and_read_to_the_byte];
    CutsTheLastByte Full "cuts the last byte of a file" [files_are_listed_and_read_to_the_byte];
    ReadsTheFirstFile Full "reads the first file of a ticket whatever is asked for"
        [files_are_listed_and_read_to_the_byte];

    // Ids.
    TakesAnyId Full "does not look at ids before it sends them" [invalid_ids_are_refused];
    PastesIds Full "puts ids into the path as they are"
        [hostile_ids_stay_one_path_segment hostile_ids_affect_no_ticket];
    ReadsNumbersOutOfIds Full "takes the first number in an id for the id" [hostile_ids_affect_no_ticket];
    DeletesByTheNumber Full "deletes by the number in an id, and says `NotFound` of the id" [hostile_ids_affect_no_ticket];
    TakesMissingForDone Full "takes 404 for a success"
        [missing_tickets_are_not_found missing_tickets_cannot_be_changed deleted_tickets_are_not_found];

    DeclaresNoForm Full "declares no form of ids, where the vendor reads the number in front"
        [hostile_ids_affect_no_ticket];
    ChecksNoForm Full "sends ids of another form than it declares" [ids_of_another_form_are_refused];
    TakesTheAskedId Full "gives every ticket that it reads the id that was asked for"
        [reads_about_another_ticket_are_conflicts merged_tickets_do_not_delete_others];
    IgnoresWhomAWriteNames Full "does not look at which ticket the reply to a write names"
        [writes_about_another_ticket_are_conflicts];

    // Deleting.
    SendsEmptyDeletes Full "sends a delete of no ids" [delete_of_nothing_sends_nothing];
    DeletesNothing Full "says `Deleted` and sends nothing"
        [deleted_tickets_are_gone delete_of_duplicates_answers_each];
    DeletesTheNeighbour Full "deletes the ticket before the one named, too" [delete_affects_no_other_ticket];
    DeletesTheOpenOnly Full "says `NotFound` of a resolved ticket, and does not declare it"
        [deleted_tickets_are_gone];
    CallsMissingDeleted Full "says `Deleted` of what was not there"
        [delete_again_deletes_nothing delete_of_missing_ticket_is_not_a_success delete_of_a_mix_answers_in_order
         a_second_delete_settles];
    AnswersDuplicatesOnce Full "answers an id that is named twice once" [delete_of_duplicates_answers_each];
    SortsTheAnswers Full "answers in its own order" [delete_of_a_mix_answers_in_order];
    LosesAnAnswer Full "leaves the last id without an answer"
        [deleted_tickets_are_gone delete_of_a_mix_answers_in_order];
    DropsAnId Full "does not send the last id" [delete_of_a_full_batch_is_one_request];
    SplitsBatches Full "sends a request for each id" [delete_of_a_full_batch_is_one_request];
    TakesAnyBatch Full "takes more ids than it declares" [delete_over_the_batch_is_refused];
    CallsUnmentionedDeleted Full "says `Deleted` of what the reply does not mention" [unmentioned_ids_are_unknown];
    MakesErrorsOutcomes Full "gives a report where the whole call failed" [failed_delete_calls_are_errors];
    HidesThatIdsRedirect Full "does not declare that a merged ticket's id leads to another ticket"
        [merged_tickets_do_not_delete_others];
    ClaimsIdsAreNeverReused Full "declares that ids are never given out again, where they are"
        [deleted_ids_are_not_reused];
    OneOddIdSpoilsTheBatch Full "reads no reply to a delete that has an odd id" [odd_id_affects_no_other_outcome];
    TakesOddIdsForMissing Full "says `NotFound` of an id that the reply has in an odd form"
        [odd_id_affects_no_other_outcome];
    ForgetsUnaskedIds Full "does not tell an id that nobody asked for" [unrequested_deleted_ids_are_reported];
    ReadsGoneAsNonsense Full "calls the vendor's word that a ticket is gone unreadable"
        [gone_tickets_settle_after_a_failure a_second_run_reaches_the_rest missing_tickets_are_not_found];
    ClaimsConsistentReads Full "declares that reads are consistent, where they lag"
        [consistent_reads_show_every_write];

    // Paging.
    AlwaysHasANextPage Full "gives a cursor with every page"
        [an_empty_list_is_one_empty_page a_short_list_is_one_page totals_are_true];
    SkipsARow Full "begins each page one row late" [every_ticket_is_listed_once];
    RepeatsARow Full "begins each page one row early" [every_ticket_is_listed_once];
    SwallowsTheFirstRow Full "loses the first row of each page" [a_short_list_is_one_page];
    LosesTheLastPage Full "ends before a last page that is not full" [every_ticket_is_listed_once page_limits_are_kept];
    RepeatsAFullLastPage Full "reads a last page that is full again and again" [a_full_last_page_ends_the_list];
    IgnoresTheCursor Full "reads the first page whatever the cursor says"
        [cursors_move_on every_ticket_is_listed_once];
    KeepsThePosition Full "reads on from where it was, not from the cursor" [the_same_cursor_is_the_same_page];
    IgnoresTheLimit Full "reads full pages whatever was asked for" [page_limits_are_kept];
    PanicsOnForeignCursors Full "panics where a cursor is not its own" [foreign_cursors_are_refused_or_end];
    CountsThePage Full "takes the rows of the page for the total" [totals_are_true];
    ListsOtherIds Full "lists tickets by other ids than it reads them by"
        [listed_tickets_can_be_read vendor_ids_have_the_declared_form];
    ListsWithoutRaw Full "does not keep what the vendor sent of a listed ticket" [listed_tickets_can_be_read];
    ForgetsTheFilter Full "lists every state from the second page on" [state_filters_hold];
    IgnoresTheState Full "lists every state" [state_filters_hold];
    CutsListedSubjects Full "declares that rows decide the subject, and cuts it" [decided_fields_are_told];
    ListsEverybody Full "lists everybody's tickets, whoever is asked for" [exact_filters_are_exact];
    EndsByTheTotal Full "ends a list where its total says" [wrong_totals_do_not_shorten_a_list];
    MakesItsOwnTotal Full "gives the number of rows that it read for the total" [wrong_totals_are_reported];
    OneOddRowEndsTheList Full "reads no list with an odd row"
        [odd_row_affects_no_other_row half_characters_are_replaced rows_without_an_id_are_reported];
    DropsHalfCharacters Full "takes a text with half of a surrogate pair for none" [half_characters_are_replaced];
    DropsOddRows Full "leaves out a row with an unreadable date" [odd_row_affects_no_other_row];
    LosesRowsInSilence Full "does not tell a row without an id" [rows_without_an_id_are_reported];

    // Of a desk that retires tickets.
    LooksWhereTheRetiredAre Careful "looks for a ticket where retired ones are shown"
        [delete_again_deletes_nothing a_second_delete_settles deleted_tickets_are_not_found];
    ListsTheRetired Careful "lists retired tickets" [deleted_tickets_are_not_listed];
    RepeatsWithANewVersion Careful "writes again where the version has changed" [failed_preconditions_are_conflicts];
    IgnoresTheVersion Careful "writes with the version that the ticket has, whichever was named"
        [an_update_of_an_old_version_is_a_conflict a_delete_of_an_old_version_is_a_conflict];
    RefusesEveryVersion Careful "calls every version that is named an old one"
        [an_update_of_an_old_version_is_a_conflict a_delete_of_an_old_version_is_a_conflict];
    CallsAStaleVersionBadInput Careful "calls another version a wrong argument" [failed_preconditions_are_conflicts];
    FailedLooksAreUnknown Careful "does not know that nothing was written where the look failed"
        [failed_preparing_reads_have_no_effect];
    DeclaresOneRequest Careful "makes several requests for a write, and declares one" [one_call_is_one_request];
    DeclaresNoTrash Careful "declares `restore` and no trash" [restore_is_declared_with_a_trash];
    RestoresNothing Careful "says that it restored and sends nothing"
        [restored_tickets_are_back one_call_is_one_request];
    MovesBackAndForth Careful "restores a ticket by moving it out of the trash, or into it"
        [restoring_a_ticket_that_is_not_deleted_changes_nothing];
    PurgesNothing Careful "says that it deleted for good and sends nothing"
        [purged_tickets_are_gone_for_good one_call_is_one_request];
    PurgesWhatIsNotInTheTrash Careful "deletes for good what is not in the trash"
        [purging_a_ticket_that_is_not_in_the_trash_changes_nothing];
    BelievesTheStatus Careful "believes a success, whatever the update changed" [what_an_update_drops_is_reported];
    DropsHaveNoEffect Careful "says that nothing changed where one field of two did" [what_an_update_drops_is_reported];
    BelievesATotalPastTheEnd Careful "returns a total that lies past the end" [wrong_totals_past_the_end_are_left_out_or_reported];

    // Of a desk that deletes later.
    TakesAcceptedForDone Later "takes a delete that is only accepted for one that is done"
        [accepted_deletes_are_told_with_their_job];
    CallsUnknownJobsBad Later "cannot read the answer about a job that the vendor does not know"
        [unknown_jobs_are_not_found];
    KeepsUnknownJobsRunning Later "takes a job that the vendor does not know for one that is not carried out yet"
        [unknown_jobs_are_not_found];

    // Errors.
    CallsEverythingAFailure Full "calls every refusal a failure of the server"
        [refused_credentials_are_unauthenticated forbidden_is_forbidden not_found_is_not_found
         a_conflict_is_a_conflict a_bad_request_is_invalid_input too_many_calls_are_rate_limited
         an_outage_is_unavailable];
    CallsEverythingAnOutage Full "calls every refusal an outage"
        [status_500_is_a_server_error not_found_is_not_found missing_tickets_are_not_found];
    CallsNoConnectionUnavailable Full "does not tell a connection that was never made from one that broke"
        [no_connection_is_connect never_sent_is_no_effect];
    CallsALostReplyNoConnection Full "says that nothing was sent when the reply was lost"
        [a_broken_connection_is_unavailable lost_responses_are_unknown errors_of_no_effect_changed_nothing];
    ForgetsTheWait Full "does not say how long to wait" [retry_after_is_reported];
    TakesAnyWait Full "takes a wait that it cannot read for none at all" [invalid_retry_after_is_not_a_wait_of_zero];
    ForgetsTheStatus Full "does not say the status" [the_status_is_reported];
    ForgetsTheWords Full "does not say what the vendor said" [the_vendor_message_is_reported];
    TellsTheUrl Full "tells in errors which address was called" [errors_show_no_url];
    QuotesTheReply Full "quotes a reply that it cannot read" [errors_show_no_ticket_text];
    SaysNotWhere Full "does not say which operation failed" [errors_name_provider_and_operation];

    // Effect.
    RefusalsAreUnknown Full "does not know that a refusal has no effect" [refusals_are_no_effect];
    FailuresHaveNoEffect Full "says of a 500 that nothing happened" [failures_are_unknown errors_of_no_effect_changed_nothing];
    LateRefusalsHaveNoEffect Full "says of 408 and 499 that nothing happened" [late_refusals_are_unknown];
    TakesAnySuccess Full "takes every status from 200 to 299 for a confirmation"
        [only_the_documented_status_confirms];
    TakesAnyWord Full "takes every word in a success for a confirmation" [only_the_documented_word_confirms];
    IgnoresErrorsInASuccess Full "looks at the status alone" [errors_in_a_success_are_unknown];
    NonsenseHasNoEffect Full "says of a reply that it cannot read that nothing happened"
        [unreadable_replies_are_unknown errors_of_no_effect_changed_nothing];
    TakesAnyReplyForSuccess Full "takes any 200 for a success" [unreadable_replies_are_unknown];
    ReadsOfUnknownEffect Full "does not know that reading has no effect" [reads_have_no_effect];

    // Replies.
    CallsNonsenseAFailure Full "calls a reply that it cannot read a failure of the server"
        [malformed_replies_are_bad_responses truncated_replies_are_bad_responses
         empty_replies_are_bad_responses web_pages_are_bad_responses];
    TakesAGatewaysWord Full "takes everybody's 404 for the vendor's" [gateway_replies_are_bad_responses];
    TakesAFirewallsWord Full "takes everybody's 403 for the vendor's" [gateway_replies_are_bad_responses];
    CallsARedirectASignIn Full "says that the key is wrong where it is redirected"
        [gateway_replies_are_bad_responses];
    NamesNoCoding Full "does not name the coding of a reply that it cannot read" [compressed_replies_are_named];
    PanicsOnNonsense Full "panics where it cannot read a reply" [malformed_replies_are_bad_responses];
    TakesNothingForATicket Full "takes an empty reply for an empty ticket" [empty_replies_are_bad_responses];
    GuessesTypes Full "takes a text in place of a number for 0" [swapped_types_give_no_wrong_ticket];
    FollowsRedirects Full "follows redirects" [redirects_are_not_followed];
    ReadsWithoutABound Full "reads replies of any size" [oversized_replies_are_refused];

    // Time.
    WaitsForEver Full "waits as long as the vendor likes" [no_answer_is_a_timeout];
    TimesTheBeginningOnly Full "waits for the end of a reply as long as the vendor likes"
        [an_endless_reply_is_a_timeout];
    BeginsBeforeItIsPolled Full "sends before it is polled" [calls_not_polled_send_nothing];
    ContinuesInTheBackground Full "sends once more when a call is dropped" [dropped_calls_are_not_continued];
    StaysBusyAfterADrop Full "thinks that a dropped call is still under way" [dropped_calls_leave_nothing_behind];
    BreaksAfterAFailure Full "does nothing any more after a failure" [failures_leave_nothing_behind];
    GivesUpOnAFreshToken Full "calls the key wrong when a fresh token is refused" [call_with_refused_fresh_token_is_tried_again];
    NeverConnectsAgain Full "does not connect again" [the_provider_connects_again];
    MixesCreatesUp Full "gives the id of the ticket that was filed last" [concurrent_creates_make_separate_tickets];
    MixesReadsUp Full "gives the ticket that was read last" [concurrent_reads_return_their_own_tickets];
    FailsTogether Full "lets calls fail because another one did" [concurrent_failures_affect_no_other_call];

    // Data.
    ReadsUnknownStatusesAsOpen Full "reads an unknown status as open" [unknown_statuses_survive];
    ReadsUnknownPrioritiesAsMedium Full "reads an unknown priority as medium" [unknown_priorities_survive];
    RebuildsRaw Full "writes `raw` anew from what it read" [raw_is_complete];

    // Secrets.
    PrintsTheKey Full "prints its key in `Debug`" [debug_shows_no_secret];
    TellsTheKey Full "tells the key in errors" [errors_show_no_secret];
    HidesTheKeyInACause Full "has the key, in base64, in the cause of an error" [errors_show_no_secret];
    RepeatsTheVendor Full "repeats a key that the vendor repeats" [repeated_secrets_are_hidden];
    ShowsTheKeyInATicket Full "shows the key, in base64, in a ticket" [results_show_no_secret];
    LogsTheKey Full "logs the key" [logs_hold_no_secret];
    LogsTheKeyInHex Full "logs the key in hex, as a field of a span" [logs_hold_no_secret];
    LogsTheBody Full "logs what it sends" [logs_hold_no_ticket_text];
}
