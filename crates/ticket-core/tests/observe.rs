//! What `Observe` writes: everything it promises, and nothing that people wrote.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use ticket_core::{
    Capabilities, Created, DeleteOutcome, DeleteReport, Error, ErrorKind, Field, Fields,
    MockTicketProvider, NewTicket, Person, ProviderInfo, Tickets,
};
use tracing_subscriber::fmt::format::FmtSpan;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const TEXT: &str = "what a customer wrote";

fn provider() -> MockTicketProvider {
    const FIELDS: Fields =
        Fields::carrying(&[Field::Subject, Field::Description, Field::RequesterName]);
    let mut provider = MockTicketProvider::new();
    let capabilities = Capabilities::none().get().create(FIELDS).delete(10);
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", capabilities));
    provider.expect_get().returning(|_| {
        Err(Error::new(ErrorKind::NotFound, "not found")
            .with_status(404)
            .with_vendor_message(TEXT))
    });
    let raw = serde_json::value::RawValue::from_string(format!("{{\"text\":\"{TEXT}\"}}")).unwrap();
    provider
        .expect_create()
        .returning(move |_| Ok(Created::new("7", raw.clone())));
    provider
        .expect_delete()
        .returning(|ids| Ok(DeleteReport::from_fn(ids, |_| DeleteOutcome::Deleted)));
    provider
}

#[tokio::test]
async fn a_span_tells_what_happened_and_no_text() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let tickets = Tickets::new(provider());
    tickets.get("12\n1").await.unwrap_err();
    tickets.get("121").await.unwrap_err();
    let ticket = NewTicket::new(TEXT)
        .description(TEXT)
        .requester(Person::named(TEXT));
    tickets.create(&ticket).await.unwrap();
    tickets.delete(["1", "2"]).await;
    drop(guard);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for part in [
        "ticket_operation{otel.kind=\"client\" ticket.provider=\"mock\" ticket.operation=\"get\" ticket.id=\"121\" \
            error.type=\"not_found\" ticket.effect=\"none\" http.response.status_code=404}",
        "ticket.operation=\"create\"}: ticket_core::layers::observe: answered",
        "ticket.operation=\"delete\" ticket.count=2}",
        r#"ticket.id="12\\n1""#,
    ] {
        assert!(log.contains(part), "{part}\nis not in\n{log}");
    }
    assert!(!log.contains(TEXT), "{log}");
}
