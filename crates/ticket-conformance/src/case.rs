//! The cases as data: their names, promises and needs. Their code is in `cases/`.

use futures_util::future::BoxFuture;

use crate::harness::{CaseResult, Harness};
use crate::need::Need;

/// One promise of the contract, and the code that checks it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Case {
    /// The name. It does not change between versions.
    pub name: &'static str,
    /// What it promises, in one line.
    pub promise: &'static str,
    /// What the case may need from the fixture. If the fixture cannot provide it, the case is skipped.
    pub needs: &'static [Need],
    pub(crate) run: for<'a> fn(&'a Harness) -> BoxFuture<'a, CaseResult>,
}

impl Case {
    /// The case with this name, if there is one.
    pub fn named(name: &str) -> Option<&'static Self> {
        CASES.iter().find(|case| case.name == name)
    }
}

/// Every case, in the order in which they run.
pub const CASES: &[Case] = crate::__cases! { __table [] [] };

/// Turns the rows into [`CASES`].
#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    ([] [] $($module:ident $name:ident [$($need:ident)*] $promise:literal;)*) => {
        &[$($crate::Case {
            name: stringify!($name),
            promise: $promise,
            needs: &[$($crate::Need::$need),*],
            run: |harness| Box::pin($crate::cases::$module::$name(harness)),
        }),*]
    };
}

/// The rows: module, name, needs, promise. [`CASES`] and the tests are generated from this list.
#[doc(hidden)]
#[macro_export]
macro_rules! __cases {
    ($then:ident $start:tt $skips:tt) => { $crate::$then! { $start $skips
        declared info_is_the_same_at_every_call []
            "identity and capabilities do not change, and the quotas allow calls";
        declared the_manifest_is_kept []
            "the operations are exactly those in the manifest";
        trash restore_is_declared_with_a_trash []
            "`restore` is declared only together with a trash";
        declared declared_operations_work [NewTicket Patch Ticket]
            "declared operations work";
        declared undeclared_operations_are_unsupported []
            "undeclared operations return `Unsupported`, name the operation, and have no effect";
        declared undeclared_operations_send_nothing [Journal]
            "undeclared operations send nothing";
        declared one_call_is_one_request [NewTicket Patch Ticket Journal]
            "one call makes at most the declared requests; a write is exactly one that writes";
        declared failed_calls_are_not_repeated [NewTicket Patch Ticket Faults Journal]
            "the provider does not repeat a failed call";
        declared reads_change_nothing [Ticket Journal]
            "reads send no write request";

        refused unsupported_fields_are_refused_by_name [NewTicket Patch Ticket Journal]
            "an unsupported field is refused by name, and nothing is sent";
        refused required_fields_are_required [NewTicket Ticket Journal]
            "a call without a required field is refused by its name, and nothing is sent";
        refused empty_updates_are_refused [Ticket Journal]
            "an empty update is refused, and nothing is sent";
        refused texts_over_the_limit_are_refused [NewTicket Patch Ticket Journal]
            "a text over the declared limit is refused by name, and nothing is sent";
        refused page_limit_of_zero_is_refused [Journal]
            "a page of no items is refused, and nothing is sent";
        sent_fields given_fields_of_a_ticket_are_sent [NewTicket Journal]
            "each supported field of a new ticket reaches the vendor";
        sent_fields given_fields_of_a_patch_are_sent [Ticket Journal]
            "each supported field of an update reaches the vendor";
        sent_fields given_filters_are_sent [Journal]
            "each supported filter of a list reaches the vendor";
        sent_fields comments_are_sent_whole [Ticket Journal]
            "a comment reaches the vendor with its whole text, its files and its direction";
        files files_cost_the_declared_requests [NewTicket Patch Ticket Journal]
            "a call with files makes at most the declared requests";

        lifecycle created_tickets_exist [NewTicket Exists]
            "the id that a create returns is the id of an existing ticket";
        lifecycle created_tickets_read_back [NewTicket]
            "a created ticket is read back with its id and subject, and no field in the place of another";
        lifecycle each_create_makes_its_own_ticket [NewTicket]
            "creating the same ticket twice creates two tickets";
        keys create_repeated_with_its_key_is_one_ticket [NewTicket Faults Journal]
            "where it is declared, a create that is repeated with its idempotency key is one ticket, and is told as the earlier one";
        lifecycle get_returns_the_requested_ticket [Ticket]
            "a read returns the requested ticket";
        lifecycle updates_change_the_given_fields [Ticket]
            "an update changes the fields that it sets";
        lifecycle updates_change_no_other_field [Ticket]
            "an update changes no other field";
        lifecycle what_an_update_drops_is_reported [DroppedUpdate]
            "an update of which the vendor dropped a field is `Conflict` and names the field";
        versions an_update_of_an_old_version_is_a_conflict [Ticket Patch]
            "where it is declared, an update that names an old version is `Conflict` and changes nothing";
        lifecycle resolved_tickets_are_not_open [Ticket]
            "a resolved ticket is no longer open";
        messages messages_are_read [Seed]
            "messages are read unchanged, with the vendor's JSON in `raw`";
        messages every_message_is_read_once [Seed Conversation]
            "over several pages every message is returned exactly once; without cursor support there is one page";
        messages messages_belong_to_their_ticket [Seed Ticket]
            "the messages of one ticket are not those of another";
        files files_are_listed_and_read_to_the_byte [Ticket NewTicket]
            "the files of a ticket are listed, and each is read with its own bytes";

        ids invalid_ids_are_refused [Journal]
            "a text that is not a valid id is refused, and nothing is sent";
        ids hostile_ids_stay_one_path_segment [Ticket Patch Journal]
            "any id is sent as one path segment or one value";
        ids hostile_ids_affect_no_ticket [Ticket Patch Exists]
            "an id that contains another id does not affect that ticket";
        ids missing_tickets_are_not_found [MissingId]
            "reading a ticket that does not exist is `NotFound`";
        ids missing_tickets_cannot_be_changed [MissingId Patch]
            "changing a ticket that does not exist fails without effect";
        id_forms vendor_ids_have_the_declared_form [NewTicket Ticket MissingId Fill]
            "the declared form of ids admits the vendor's own ids";
        id_forms ids_of_another_form_are_refused [Ticket Patch Journal]
            "an id of another form than the declared one is refused, and nothing is sent";
        other_tickets reads_about_another_ticket_are_conflicts [Ticket Faults]
            "a reply about another ticket is not given as the requested one";
        other_tickets writes_about_another_ticket_are_conflicts [Ticket Patch Faults]
            "a write is `Conflict` if its reply names another ticket";

        delete delete_of_nothing_sends_nothing [Journal]
            "deleting no ids is an empty report, and nothing is sent";
        delete deleted_tickets_are_gone [Ticket Exists]
            "`Done` means that the ticket is gone; `NotFound` means that there is none, unless the provider declares it ambiguous";
        delete deleted_tickets_are_not_found [Ticket]
            "a deleted ticket cannot be read, unless as deleted";
        paging deleted_tickets_are_not_listed [Fill]
            "a deleted ticket is not listed, unless as deleted, and every other one is";
        delete delete_affects_no_other_ticket [Ticket Exists]
            "a delete affects no other ticket";
        delete delete_again_deletes_nothing [Ticket]
            "deleting a deleted ticket is `NotFound` or `Failed`, not `Deleted`";
        delete delete_of_missing_ticket_is_not_a_success [MissingId]
            "deleting a ticket that never existed is `NotFound` or `Failed`, with the reason";
        delete delete_of_duplicates_answers_each [Ticket Exists]
            "an id that is given twice gets the same outcome twice";
        delete delete_of_a_mix_answers_in_order [Ticket MissingId Exists]
            "each id has its own outcome, in the requested order";
        delete delete_of_a_full_batch_is_one_request [Ticket Journal]
            "a full batch is one request, and each id has an outcome";
        delete delete_over_the_batch_is_refused [Ticket Journal]
            "a batch over the declared size is refused, and nothing is sent";
        delete unmentioned_ids_are_unknown [Ticket Faults]
            "an id that is missing in the reply is `Unknown`";
        delete failed_delete_calls_are_errors [Ticket Faults]
            "a delete call that fails completely is an error, not a report";
        versions a_delete_of_an_old_version_is_a_conflict [Ticket Patch]
            "where it is declared, a delete that names an old version is `Conflict` and deletes nothing";
        other_tickets merged_tickets_do_not_delete_others [Ticket Merge Exists]
            "deleting a ticket that was merged into another one does not delete the other one";
        other_tickets deleted_ids_are_not_reused [Ticket]
            "where it is declared, the id of a deleted ticket is not given to the next one";
        other_tickets repeated_delete_spares_a_reused_id [Ticket Faults Journal]
            "a delete whose reply was lost is not repeated, unless ids are never given out again";
        odd_data odd_id_affects_no_other_outcome [Ticket Faults]
            "an odd id in the reply to a delete changes no other outcome";
        odd_data unrequested_deleted_ids_are_reported [Ticket Faults]
            "an id that the vendor deleted and nobody asked for is reported";
        accepted accepted_deletes_are_told_with_their_job [Ticket]
            "a delete that the vendor only accepts is told with its job, which can be asked about";
        accepted unknown_jobs_are_not_found [Ticket]
            "a job that the vendor does not know is `NotFound`";
        trash restored_tickets_are_back [Ticket Journal]
            "a restored ticket is there again, after one write";
        trash restoring_a_ticket_that_is_not_deleted_changes_nothing [Ticket Journal]
            "restoring a ticket that is not deleted changes nothing";
        trash purged_tickets_are_gone_for_good [Ticket Journal]
            "a purged ticket cannot be restored, after one write";
        trash purging_a_ticket_that_is_not_in_the_trash_changes_nothing [Ticket Journal]
            "a purge does not find a ticket that is not in the trash, and changes nothing";
        repeats a_second_delete_settles [Ticket]
            "the second delete of a ticket has a definite outcome that is not a success";
        repeats gone_tickets_settle_after_a_failure [Ticket Faults]
            "the second delete of a ticket has a definite outcome even if the vendor answers it with a failure";
        repeats a_second_run_reaches_the_rest [Ticket Faults]
            "a second run over the same list reaches the tickets that are left";
        repeats consistent_reads_show_every_write [Ticket Patch]
            "where it is declared, a read shows every write that ended before it";

        paging an_empty_list_is_one_empty_page [Fill]
            "an empty list is one page without items and without a cursor";
        paging a_short_list_is_one_page [Fill PageSize]
            "the last page has no cursor";
        paging every_ticket_is_listed_once [Fill PageSize]
            "over several pages every ticket is returned exactly once";
        paging a_full_last_page_ends_the_list [Fill PageSize]
            "a list whose last page is exactly full ends";
        paging cursors_move_on [Fill PageSize]
            "no cursor is returned twice in a walk";
        paging the_same_cursor_is_the_same_page [Fill PageSize]
            "using a cursor twice returns the same page";
        paging page_limits_are_kept [Fill]
            "a page has at most the requested number of items, and the rest follows";
        paging foreign_cursors_are_refused_or_end [Fill PageSize]
            "a cursor that no list returned is refused, or its walk ends";
        paging totals_are_true [Fill PageSize]
            "a total, if returned, is the number of tickets";
        paging listed_tickets_can_be_read [Fill]
            "a listed ticket can be read by its id, and `raw` is the vendor's JSON";
        paging state_filters_hold [Fill PageSize]
            "a list of open tickets contains no resolved ticket on any page, and vice versa";
        decided decided_fields_are_told [NewTicket]
            "a reply tells whole what is declared to be decided by it";
        decided exact_filters_are_exact [NewTicket]
            "a filter that is declared to be exact lists exactly the tickets that it should";
        totals wrong_totals_do_not_shorten_a_list [Fill PageSize Faults]
            "a list is read to its end whatever its total says";
        totals wrong_totals_are_reported [Fill PageSize Faults]
            "a total that contradicts the pages is reported as `Incomplete`";
        totals wrong_totals_past_the_end_are_left_out_or_reported [Fill PageSize Faults]
            "a wrong total on a page after the last ticket is left out, or reported in the `gaps` of the page";
        odd_data odd_row_affects_no_other_row [Fill Faults]
            "an odd row does not end a list, and no other row is lost";
        odd_data half_characters_are_replaced [Fill Faults]
            "half of a surrogate pair becomes U+FFFD and ends neither a list nor a text";
        odd_data rows_without_an_id_are_reported [Fill Faults]
            "a row without an id is reported in the `gaps` of its page";

        errors refused_credentials_are_unauthenticated [NewTicket Patch Ticket Faults]
            "401 is `Unauthenticated` or `TokenExpired`";
        errors forbidden_is_forbidden [NewTicket Patch Ticket Faults]
            "403 is `Forbidden`, unless the vendor says that it is the key or the quota";
        errors not_found_is_not_found [NewTicket Patch Ticket Faults]
            "404 is `NotFound`, or `BadResponse` where the address is wrong";
        errors a_conflict_is_a_conflict [NewTicket Patch Ticket Faults]
            "409 is `Conflict`";
        errors failed_preconditions_are_conflicts [Patch Ticket Faults Journal]
            "412 is `Conflict` without effect, and the write is not repeated";
        errors a_bad_request_is_invalid_input [NewTicket Patch Ticket Faults]
            "400 and 422 are `InvalidInput` or `Conflict`";
        errors too_many_calls_are_rate_limited [NewTicket Patch Ticket Faults]
            "a reply that says too many calls is `RateLimited` or `QuotaExhausted`";
        errors retry_after_is_reported [NewTicket Patch Ticket Faults]
            "the caller gets the wait that the vendor asks for";
        gateways invalid_retry_after_is_not_a_wait_of_zero [NewTicket Patch Ticket Faults]
            "a `Retry-After` that is 0, negative, past or unreadable is not a wait of zero";
        errors status_500_is_a_server_error [NewTicket Patch Ticket Faults]
            "500 is `Server`";
        errors an_outage_is_unavailable [NewTicket Patch Ticket Faults]
            "502, 503 and 504 are `Unavailable`";
        errors no_connection_is_connect [NewTicket Patch Ticket Faults]
            "a refused connection is `Connect`";
        errors a_broken_connection_is_unavailable [NewTicket Patch Ticket Faults]
            "a connection that breaks before the reply is `Unavailable`, never `Connect`";
        errors the_status_is_reported [NewTicket Patch Ticket Faults]
            "an error from a reply has its status";
        errors the_vendor_message_is_reported [NewTicket Patch Ticket Faults]
            "the caller gets the vendor's message, bounded and on one line";
        errors errors_name_provider_and_operation [NewTicket Patch Ticket Faults]
            "an error names its provider and its operation";

        errors errors_show_no_url [NewTicket Patch Ticket Faults]
            "no error shows a URL";
        errors errors_show_no_ticket_text [NewTicket Faults]
            "no error shows the text of a ticket, unless the vendor's message contains it";

        effect never_sent_is_no_effect [NewTicket Patch Ticket Faults]
            "a write that was never sent has no effect";
        effect refusals_are_no_effect [NewTicket Patch Ticket Faults]
            "a write that the vendor refused has no effect";
        effect lost_responses_are_unknown [NewTicket Patch Ticket Faults]
            "a write whose reply was lost has unknown effect";
        effect failures_are_unknown [NewTicket Patch Ticket Faults]
            "a write that took effect but was answered with an error has unknown effect";
        effect late_refusals_are_unknown [NewTicket Patch Ticket Faults]
            "a write that took effect but was answered with 408 or 499 has unknown effect";
        effect only_the_documented_status_confirms [NewTicket Patch Ticket Faults Journal]
            "a write whose reply has another success status than usual has unknown effect";
        effect only_the_documented_word_confirms [Patch Ticket NewTicket Faults]
            "where a word confirms a write, another word has unknown effect";
        effect failed_preparing_reads_have_no_effect [NewTicket Patch Ticket Faults Journal]
            "if a read before a write fails, the error has no effect and nothing is written";
        effect errors_in_a_success_are_unknown [NewTicket Patch Ticket Faults]
            "a write whose reply is an error with a success status has unknown effect";
        effect unreadable_replies_are_unknown [NewTicket Patch Ticket Faults]
            "a write whose reply cannot be read is an error of unknown effect";
        effect errors_of_no_effect_changed_nothing [NewTicket Patch Ticket Faults Journal]
            "if an error says that there was no effect, there was none";
        effect reads_have_no_effect [Ticket Faults]
            "the error of a read always has no effect";

        replies malformed_replies_are_bad_responses [Ticket Faults]
            "a reply that is not what the vendor documents is `BadResponse`";
        replies truncated_replies_are_bad_responses [Ticket Faults]
            "a truncated reply is `BadResponse` or `Unavailable`";
        replies empty_replies_are_bad_responses [Ticket Faults]
            "an empty reply to a read is `BadResponse`";
        replies web_pages_are_bad_responses [Ticket Faults]
            "a web page in place of a reply is `BadResponse`";
        gateways gateway_replies_are_bad_responses [NewTicket Patch Ticket Faults]
            "the reply of a sign-in page, a firewall, a redirect or a gateway says nothing about the ticket or the account";
        gateways compressed_replies_are_named [NewTicket Patch Ticket Faults]
            "a reply that is compressed although nobody asked for it is `BadResponse` and names the coding";
        replies swapped_types_give_no_wrong_ticket [NewTicket Ticket Faults]
            "if types are swapped, the ticket is correct or the reply is `BadResponse`";
        replies redirects_are_not_followed [NewTicket Patch Ticket Faults Journal]
            "a redirect is an error and is not followed";
        replies oversized_replies_are_refused [NewTicket Patch Ticket Faults]
            "a reply that is too large is an error and is not read completely";

        time no_answer_is_a_timeout [NewTicket Patch Ticket Faults ShortTimeout]
            "a provider with its own timeout returns `Timeout` when it expires";
        time an_endless_reply_is_a_timeout [NewTicket Patch Ticket Faults ShortTimeout]
            "the timeout applies to the whole reply, not only to its start";
        time calls_not_polled_send_nothing [NewTicket Ticket Patch Journal]
            "a call that is dropped before its first poll sends nothing";
        time dropped_calls_are_not_continued [NewTicket Ticket Patch Faults Journal]
            "a call that is dropped in flight sends nothing more";
        time dropped_calls_leave_nothing_behind [NewTicket Ticket Patch Faults Journal]
            "after a call is dropped in flight, the next call works";
        time failures_leave_nothing_behind [NewTicket Ticket Patch Faults]
            "after a failed call, the next call works";
        repeats call_with_refused_fresh_token_is_tried_again [NewTicket Ticket Patch Faults]
            "a call whose fresh token is refused at first is tried again";
        time the_provider_connects_again [Ticket Faults RestoreConnections]
            "after a connection failure, the next call works";
        time concurrent_creates_make_separate_tickets [NewTicket]
            "tickets created concurrently are separate tickets";
        time concurrent_reads_return_their_own_tickets [Ticket]
            "concurrent reads return the requested tickets";
        time concurrent_failures_affect_no_other_call [Ticket Faults]
            "a failed call does not affect concurrent calls";

        data unknown_statuses_survive [Seed]
            "an unknown status is kept as the vendor writes it";
        data unknown_priorities_survive [Seed]
            "an unknown priority is kept as the vendor writes it";
        data raw_is_complete [Seed]
            "unmodelled data is kept unchanged in `raw`";

        secrets debug_shows_no_secret [Secrets]
            "`Debug` of a provider shows no secret of its configuration";
        secrets errors_show_no_secret [Secrets NewTicket Patch Ticket Faults]
            "no error shows a secret, in `Display`, `Debug` or its causes";
        secrets repeated_secrets_are_hidden [Secrets NewTicket Patch Ticket Faults]
            "a secret that the vendor repeats does not appear in an error";
        secrets results_show_no_secret [Secrets NewTicket Patch Ticket]
            "no result shows a secret in `Debug`";
        secrets logs_hold_no_secret [Secrets NewTicket Patch Ticket Faults]
            "the provider logs no secret";
        secrets logs_hold_no_ticket_text [NewTicket Faults]
            "the provider logs no text of a ticket";
    } };
}
