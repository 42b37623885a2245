//! Compile-time promises: what can be shared between threads, and that the trait is dyn-compatible.

use std::sync::Arc;

use futures_util::StreamExt as _;
use ticket_core::bulk::BulkOptions;
use ticket_core::call::StackOptions;
use ticket_core::model::{Cursor, PageRequest};
use ticket_core::provider::Settings;
use ticket_core::{
    CallContext, Change, DeleteReport, Error, NewComment, NewTicket, Page, Ticket, TicketId,
    TicketPatch, TicketProvider, TicketQuery, Tickets,
};

fn send_sync_static<T: Send + Sync + 'static>() {}
fn send<T: Send>(_: &T) {}
fn unpin<T: Unpin>(_: &T) {}

#[test]
fn handles_and_types_are_send_sync_and_static() {
    send_sync_static::<Tickets>();
    send_sync_static::<Arc<dyn TicketProvider>>();
    send_sync_static::<Box<dyn TicketProvider>>();
    send_sync_static::<Ticket>();
    send_sync_static::<NewTicket>();
    send_sync_static::<Page<Ticket>>();
    send_sync_static::<Cursor>();
    send_sync_static::<DeleteReport>();
    send_sync_static::<Error>();
    send_sync_static::<Settings>();
    send_sync_static::<StackOptions>();
}

/// Never called: it need only compile.
#[expect(dead_code, reason = "a compile-time test")]
fn futures_are_send(tickets: &Tickets, provider: &dyn TicketProvider, id: &TicketId) {
    let (query, page) = (TicketQuery::new(), PageRequest::first());
    let (ticket, patch) = (NewTicket::new(""), TicketPatch::new());
    let comment = NewComment::internal("");
    send(&tickets.get("1"));
    send(&tickets.list(&query));
    send(&tickets.list_all(TicketQuery::new()));
    unpin(&tickets.list_all(TicketQuery::new()));
    unpin(&tickets.messages_all("1".into()));
    send(&tickets.create(&ticket));
    send(&tickets.update("1", &patch));
    send(&tickets.resolve("1"));
    send(&tickets.delete(["1"]));
    let (ids, options) = (futures_util::stream::iter(["1"]), BulkOptions::default());
    send(&tickets.apply(Change::Delete, ids.clone().enumerate(), &options));
    send(&tickets.apply(Change::Resolve, ids.enumerate(), &options));
    send(&tickets.messages("1", &page));
    send(&tickets.comment("1", &comment));
    send(&provider.get(&CallContext::new(), id));
}
