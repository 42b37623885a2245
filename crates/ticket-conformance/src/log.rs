//! Captures what `tracing` logs while a future runs, at every level, including the fields of spans.
//!
//! Only on the future's own task: what is logged by tasks that it spawned is captured elsewhere.

use std::fmt;
use std::fmt::Write as _;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Runs the future and returns its output and what was logged.
pub(crate) async fn captured<T>(future: impl Future<Output = T>) -> (T, String) {
    let text = Arc::new(Mutex::new(String::new()));
    let capture = LogCapture {
        text: Arc::clone(&text),
        spans: AtomicU64::new(1),
    };
    let output = future.with_subscriber(capture).await;
    let text = text.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (output, text)
}

struct LogCapture {
    text: Arc<Mutex<String>>,
    spans: AtomicU64,
}

impl LogCapture {
    fn write(&self, name: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(name.to_owned());
        record(&mut line);
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(&line.0);
        text.push('\n');
    }
}

impl Subscriber for LogCapture {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.write(span.metadata().name(), |line| span.record(line));
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed))
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.write("", |line| values.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.write(event.metadata().target(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Writing to a `String` does not fail.
        _ = write!(self.0, " {field}={value}");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        _ = write!(self.0, " {field}={value:?}");
    }
}
