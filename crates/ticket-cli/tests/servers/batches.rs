//! LeadSquared deletes batches. Here it refuses a batch as a whole because of some of its tickets.

use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, TicketFault, Vendor};

use super::{calls, counts, delete, delete_with_remaining, id, vendor_with};

const STATUSES: [u16; 3] = [400, 409, 423];

fn refuse(sandbox: &Sandbox, sick: &[&String], status: u16) {
    for ticket in sick {
        let refused = TicketFault::Refused(status);
        sandbox.set_ticket_fault(Vendor::LeadSquared, id(ticket), refused);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_refused_for_one_ticket_deletes_the_others_in_few_calls() {
    for status in STATUSES {
        let (sandbox, tickets) = vendor_with(Vendor::LeadSquared, 100).await;
        refuse(&sandbox, &[&tickets[37]], status);
        let (run, left) = delete_with_remaining(&sandbox, &[], &tickets).await;
        assert_eq!(run.code, 1, "{status} {run:?}");
        for (ticket, outcome) in run.outcomes() {
            let expected = ticket != tickets[37];
            assert_eq!(
                outcome == "deleted",
                expected,
                "{status} {ticket} {outcome}"
            );
            let exists = sandbox.exists(Vendor::LeadSquared, id(&ticket));
            assert_eq!(exists, !expected, "{status} {ticket}");
        }
        assert!(left.len() <= 1, "{status} {left:?}");
        // Two calls for the ticket itself, and two more each time that its part is halved.
        let deletes = calls(&sandbox, Endpoint::Delete).len();
        assert!(deletes <= 2 + 2 * 7, "{status}: {deletes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sick_tickets_of_several_batches_are_found_and_the_others_deleted() {
    for status in STATUSES {
        let (sandbox, tickets) = vendor_with(Vendor::LeadSquared, 250).await;
        refuse(&sandbox, &[&tickets[3], &tickets[120]], status);
        let run = delete(&sandbox, &[], &tickets).await;
        assert_eq!(run.code, 1, "{status} {run:?}");
        assert_eq!(counts(&run)["deleted"], 248, "{status}");
        let left = sandbox.ticket_ids(Vendor::LeadSquared);
        assert_eq!(left, [id(&tickets[3]), id(&tickets[120])], "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_sick_tickets_only_cost_at_most_two_calls_each() {
    for status in STATUSES {
        let (sandbox, tickets) = vendor_with(Vendor::LeadSquared, 40).await;
        refuse(&sandbox, &tickets.iter().collect::<Vec<_>>(), status);
        let run = delete(&sandbox, &[], &tickets).await;
        assert_eq!(run.code, 1, "{status} {run:?}");
        assert_eq!(counts(&run).get("deleted"), None, "{status}");
        assert_eq!(sandbox.ticket_ids(Vendor::LeadSquared).len(), 40);
        let deletes = calls(&sandbox, Endpoint::Delete).len();
        assert!(deletes <= 2 * 40, "{status}: {deletes}");
    }
}

/// A 404 without the vendor's words may come from anywhere; with them it is about a ticket.
#[tokio::test(flavor = "multi_thread")]
async fn batch_not_found_in_the_vendors_words_is_sent_in_parts() {
    let (sandbox, tickets) = vendor_with(Vendor::LeadSquared, 100).await;
    let not_found = Fault::Reply {
        status: 404,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: br#"{"Status":"Error","ExceptionMessage":"Ticket 142 was not found"}"#.to_vec(),
    };
    sandbox.inject(Rule::new(not_found).endpoint(Endpoint::Delete));
    let run = delete(&sandbox, &[], &tickets).await;
    let said = vec!["100 tickets: 100 deleted"];
    assert_eq!((run.code, run.notices()), (0, said), "{run:?}");
    assert_eq!(counts(&run), [("deleted".to_owned(), 100)].into());
    assert!(sandbox.ticket_ids(Vendor::LeadSquared).is_empty());
    // Nobody was the reason in the end, so that every first half is deleted: 100, 50, 25, 12, 6, 3, 1 and the rest.
    assert_eq!(calls(&sandbox, Endpoint::Delete).len(), 9);
}

/// What is refused is the call, not a ticket of it.
#[tokio::test(flavor = "multi_thread")]
async fn batch_refused_whatever_it_names_ends_the_account() {
    let (sandbox, tickets) = vendor_with(Vendor::LeadSquared, 100).await;
    sandbox.inject(
        Rule::new(Fault::Status(403))
            .endpoint(Endpoint::Delete)
            .always(),
    );
    let run = delete(&sandbox, &[], &tickets).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(sandbox.ticket_ids(Vendor::LeadSquared).len(), 100);
    let deletes = calls(&sandbox, Endpoint::Delete).len();
    // Five in a row, and what was in flight when the fifth came.
    assert!(deletes <= 9, "{deletes}");
}
