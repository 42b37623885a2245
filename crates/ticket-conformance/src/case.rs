//! The cases as data: their names, what they promise, what they need. What they do is in `cases/`.

use futures_util::future::BoxFuture;

use crate::harness::{CaseResult, Harness};
use crate::need::Need;

/// One promise of the contract, and how to tell whether it holds.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Case {
    /// The name, which stays the same from version to version.
    pub name: &'static str,
    /// What it promises, in one line.
    pub promise: &'static str,
    /// What it may ask of the fixture. A case skips what one fixture cannot give and another can.
    pub needs: &'static [Need],
    pub(crate) run: for<'a> fn(&'a Harness) -> BoxFuture<'a, CaseResult>,
}

impl Case {
    /// The case of this name, where there is one.
    pub fn named(name: &str) -> Option<&'static Self> {
        CASES.iter().find(|case| case.name == name)
    }
}

/// Every case, in the order they are run.
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

/// The rows: module, name, needs, promise. The only list of them; [`CASES`] and the tests are made from it.
#[doc(hidden)]
#[macro_export]
macro_rules! __cases {
    ($then:ident $start:tt $skips:tt) => { $crate::$then! { $start $skips
        declared info_is_the_same_at_every_call []
            "who a provider is and what it can do does not change, and its quotas allow calls";
        declared the_manifest_is_kept []
            "the operations are those that the author expects, no fewer and no others";
        declared declared_operations_work [NewTicket Patch Ticket]
            "what is declared works";
        declared undeclared_operations_are_unsupported []
            "what is not declared answers `Unsupported`, says which operation it is, and has no effect";
        declared undeclared_operations_send_nothing [Journal]
            "what is not declared sends nothing";
        declared one_call_is_one_request [NewTicket Patch Ticket Journal]
            "one call is at most one request, and a write is one";
        declared failed_calls_are_not_repeated [NewTicket Patch Ticket Faults Journal]
            "a call that failed is not repeated by the provider";
        declared reads_change_nothing [Ticket Journal]
            "reading sends no request that writes";

        refused what_cannot_be_carried_is_refused_by_name [NewTicket Patch Ticket Journal]
            "a field that the vendor cannot carry is refused by name, and nothing is sent";
        refused required_fields_are_required [NewTicket Ticket Journal]
            "a call without a required field is refused by its name, and nothing is sent";
        refused empty_updates_are_refused [Ticket Journal]
            "an update that names nothing is refused, and nothing is sent";
        refused texts_over_the_limit_are_refused [NewTicket Patch Ticket Journal]
            "a text over the declared limit is refused by name, and nothing is sent";
        refused pages_of_nothing_are_refused [Journal]
            "a page of no items is refused, and nothing is sent";
        sent given_fields_of_a_ticket_are_sent [NewTicket Journal]
            "each field of a new ticket that the provider carries reaches the vendor";
        sent given_fields_of_a_patch_are_sent [Ticket Journal]
            "each field of an update that the provider carries reaches the vendor";
        sent given_filters_are_sent [Journal]
            "each filter of a list that the provider carries reaches the vendor";
        sent comments_are_sent_whole [Ticket Journal]
            "a comment reaches the vendor with all of its text and files, and says whom it is for";

        life created_tickets_exist [NewTicket Exists]
            "the id that a create gives is that of a ticket which exists";
        life created_tickets_read_back [NewTicket]
            "a created ticket is read back with its id and subject, and each field in its own place";
        life each_create_is_a_ticket_of_its_own [NewTicket]
            "filing the same twice makes two tickets";
        life get_gives_the_ticket_asked_for [Ticket]
            "a ticket that is read is the one that was asked for";
        life updates_change_what_they_name [Ticket]
            "an update changes the field that it names";
        life updates_leave_the_rest [Ticket]
            "an update changes no field that it does not name";
        life resolved_tickets_are_not_open [Ticket]
            "a resolved ticket is no longer open";
        messages messages_are_read [Seed]
            "what was written on a ticket is read, to the letter, with what the vendor sent of it in `raw`";
        messages every_message_is_read_once [Seed Conversation]
            "over several pages no message is lost and none comes twice; without a cursor there is one page";
        messages messages_are_the_tickets_own [Seed Ticket]
            "the messages of one ticket are not those of another";

        ids impossible_ids_are_refused [Journal]
            "a text that cannot be an id is refused, and nothing is sent";
        ids hostile_ids_keep_to_their_endpoint [Ticket Patch Journal]
            "an id is one segment of a path or a value, whatever it holds";
        ids hostile_ids_touch_no_ticket [Ticket Patch Exists]
            "an id that contains another does nothing to that one's ticket";
        ids missing_tickets_are_not_found [MissingId]
            "reading a ticket that does not exist is `NotFound`";
        ids missing_tickets_cannot_be_changed [MissingId Patch]
            "changing a ticket that does not exist fails without effect";

        delete delete_of_nothing_sends_nothing [Journal]
            "deleting no ids is an empty report, and nothing is sent";
        delete deleted_tickets_are_gone [Ticket Exists]
            "`Deleted` means that the ticket is gone, and `NotFound` that there is none unless that is vague";
        delete deleted_tickets_are_not_found [Ticket]
            "a deleted ticket is not read any more";
        delete delete_leaves_others_alone [Ticket Exists]
            "a delete touches no ticket that was not named";
        delete delete_again_deletes_nothing [Ticket]
            "deleting what is gone is `NotFound` or `Failed`, not `Deleted`";
        delete delete_of_missing_is_no_success [MissingId]
            "deleting what never was is `NotFound` or `Failed`, with the reason";
        delete delete_of_duplicates_answers_each [Ticket Exists]
            "an id that is named twice is answered twice, alike";
        delete delete_of_a_mix_answers_in_order [Ticket MissingId Exists]
            "each id has its own outcome, in the order asked";
        delete delete_of_a_full_batch_is_one_request [Ticket Journal]
            "as many ids as declared go in one request, and each is answered";
        delete delete_over_the_batch_is_refused [Ticket Journal]
            "more ids than declared are refused, and nothing is sent";
        delete unmentioned_ids_are_unknown [Ticket Faults]
            "an id that the reply does not mention is `Unknown`";
        delete failed_delete_calls_are_errors [Ticket Faults]
            "a delete that failed as a whole is an error, no report";

        paging an_empty_list_is_one_empty_page [Fill]
            "a list of nothing is one page without items and without a next one";
        paging a_short_list_is_one_page [Fill PageSize]
            "the last page has no next one";
        paging every_ticket_is_listed_once [Fill PageSize]
            "over several pages no ticket is lost and none comes twice";
        paging a_full_last_page_ends_the_list [Fill PageSize]
            "a list that fills its last page exactly comes to an end";
        paging cursors_move_on [Fill PageSize]
            "no cursor comes twice in a walk";
        paging the_same_cursor_is_the_same_page [Fill PageSize]
            "a cursor that is used twice gives the same page";
        paging page_limits_are_kept [Fill]
            "a page has no more items than were asked for, and the rest follows";
        paging foreign_cursors_do_no_harm [Fill PageSize]
            "a cursor that no list gave is refused, or its walk comes to an end";
        paging totals_are_true [Fill PageSize]
            "where a total is stated, it is the number of tickets";
        paging listed_tickets_can_be_read [Fill]
            "the id of a listed ticket is one to read it by, and `raw` is what the vendor sent of it";
        paging state_filters_hold [Fill PageSize]
            "a list of open tickets has no resolved one on any page, and the other way round";

        errors refused_credentials_are_unauthenticated [NewTicket Patch Ticket Faults]
            "401 is `Unauthenticated` or `TokenExpired`";
        errors forbidden_is_forbidden [NewTicket Patch Ticket Faults]
            "403 is `Forbidden`, unless the vendor says that it is the key or the quota";
        errors not_found_is_not_found [NewTicket Patch Ticket Faults]
            "404 is `NotFound`, or `BadResponse` where the address is wrong";
        errors a_conflict_is_a_conflict [NewTicket Patch Ticket Faults]
            "409 is `Conflict`";
        errors a_bad_request_is_invalid_input [NewTicket Patch Ticket Faults]
            "400 and 422 are `InvalidInput` or `Conflict`";
        errors too_many_calls_are_rate_limited [NewTicket Patch Ticket Faults]
            "a refusal for too many calls is `RateLimited` or `QuotaExhausted`";
        errors the_wait_is_told [NewTicket Patch Ticket Faults]
            "how long the vendor asks to wait reaches the caller";
        errors a_failure_is_the_servers [NewTicket Patch Ticket Faults]
            "500 is `Server`";
        errors an_outage_is_unavailable [NewTicket Patch Ticket Faults]
            "502, 503 and 504 are `Unavailable`";
        errors no_connection_is_connect [NewTicket Patch Ticket Faults]
            "where no connection can be made the error is `Connect`";
        errors a_broken_connection_is_unavailable [NewTicket Patch Ticket Faults]
            "a connection that breaks before the reply is `Unavailable`, never `Connect`";
        errors the_status_is_told [NewTicket Patch Ticket Faults]
            "an error of a reply says its status";
        errors the_vendors_words_are_told [NewTicket Patch Ticket Faults]
            "what the vendor says reaches the caller, bounded and on one line";
        errors errors_say_where [NewTicket Patch Ticket Faults]
            "an error names its provider and its operation";

        errors errors_show_no_url [NewTicket Patch Ticket Faults]
            "no error shows an address that was called";
        errors errors_show_no_ticket_text [NewTicket Faults]
            "no error shows what people wrote, unless the vendor says it";

        effect never_sent_is_no_effect [NewTicket Patch Ticket Faults]
            "a write that was never sent has no effect";
        effect refusals_are_no_effect [NewTicket Patch Ticket Faults]
            "a write that the vendor refused has no effect";
        effect lost_responses_are_unknown [NewTicket Patch Ticket Faults]
            "a write whose reply was lost is of unknown effect";
        effect failures_are_unknown [NewTicket Patch Ticket Faults]
            "a write that the vendor did and called a failure is of unknown effect";
        effect unreadable_replies_are_unknown [NewTicket Patch Ticket Faults]
            "a write whose reply cannot be read is of unknown effect, and no success";
        effect no_effect_is_true [NewTicket Patch Ticket Faults Journal]
            "where an error says that nothing happened, nothing happened";
        effect reads_have_no_effect [Ticket Faults]
            "the error of a read has no effect, whatever went wrong";

        replies malformed_replies_are_bad_responses [Ticket Faults]
            "a reply that is not what the vendor documents is `BadResponse`";
        replies truncated_replies_are_bad_responses [Ticket Faults]
            "a reply that ends in its middle is `BadResponse` or `Unavailable`";
        replies empty_replies_are_bad_responses [Ticket Faults]
            "an empty reply to a read is `BadResponse`";
        replies web_pages_are_bad_responses [Ticket Faults]
            "a web page in place of a reply is `BadResponse`";
        replies wrong_types_make_no_wrong_ticket [NewTicket Ticket Faults]
            "where numbers are texts the ticket is right, or the reply is `BadResponse`";
        replies redirects_are_not_followed [NewTicket Patch Ticket Faults Journal]
            "a redirect is an error: nobody but the vendor's own address is called";
        replies oversized_replies_are_refused [NewTicket Patch Ticket Faults]
            "a reply that is too large is not read to its end, and no success";

        time no_answer_is_a_timeout [NewTicket Patch Ticket Faults ShortTimeout]
            "a provider with a time limit of its own keeps it, and says `Timeout`";
        time an_endless_reply_is_a_timeout [NewTicket Patch Ticket Faults ShortTimeout]
            "the time limit holds for the whole reply, not for its beginning alone";
        time calls_not_polled_send_nothing [NewTicket Ticket Patch Journal]
            "a call that is dropped before it began sends nothing";
        time dropped_calls_are_not_continued [NewTicket Ticket Patch Faults Journal]
            "a call that is dropped under way sends nothing more";
        time dropped_calls_leave_nothing_behind [NewTicket Ticket Patch Faults Journal]
            "after a call was dropped under way the next one works";
        time failures_leave_nothing_behind [NewTicket Ticket Patch Faults]
            "after a call failed the next one works";
        time the_provider_connects_again [Ticket Faults Heal]
            "after a time without a connection the next call works";
        time concurrent_creates_are_apart [NewTicket]
            "tickets filed at the same time are each its own";
        time concurrent_reads_are_apart [Ticket]
            "tickets read at the same time are each the one asked for";
        time concurrent_failures_are_apart [Ticket Faults]
            "one call that fails takes no other with it";

        data unknown_statuses_survive [Seed]
            "a status without a meaning is kept as the vendor writes it";
        data unknown_priorities_survive [Seed]
            "a priority without a meaning is kept as the vendor writes it";
        data raw_is_complete [Seed]
            "what the ticket has no field for stays in `raw`, to the letter";

        secrets debug_shows_no_secret [Secrets]
            "`Debug` of a provider shows nothing that it was configured with in secret";
        secrets errors_show_no_secret [Secrets NewTicket Patch Ticket Faults]
            "no error shows a secret, in `Display`, `Debug` or its causes";
        secrets repeated_secrets_are_hidden [Secrets NewTicket Patch Ticket Faults]
            "a secret that the vendor repeats does not reach an error";
        secrets results_show_no_secret [Secrets NewTicket Patch Ticket]
            "no result shows a secret in `Debug`";
        secrets logs_hold_no_secret [Secrets NewTicket Patch Ticket Faults]
            "nothing that the provider logs holds a secret";
        secrets logs_hold_no_ticket_text [NewTicket Faults]
            "nothing that the provider logs holds what people wrote";
    } };
}
