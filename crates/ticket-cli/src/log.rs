//! What `-v` and `--log-format` say on stderr: sentences, objects of JSON, or spans with OpenTelemetry's names.
//!
//! `told.rs` is what there is to say, `words.rs` says it in sentences. All of it comes from the spans and events of this
//! workspace's crates, which hold no secrets and no texts of tickets; other crates' logs may.

mod told;
mod words;

use std::io::{self, IsTerminal as _, Write};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, SpanRef};
use tracing_subscriber::util::SubscriberInitExt as _;

use self::told::{Fields, Told};
use crate::args::{Global, LogFormat};
use crate::status::waits;
use crate::{record, status};

/// Starts logging, if it is asked for, and the collection of waits.
pub(crate) fn start(global: &Global) {
    let retries = filter_fn(|about| about.is_event() && about.target().ends_with("layers::retry"));
    let retries = waits::RetryEvents.with_filter(retries);
    let level = match (global.verbose, global.log_format) {
        (0, None) => LevelFilter::OFF,
        (0 | 1, _) => LevelFilter::INFO,
        (2, _) => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // A prefix: it matches `ticket_core`, `ticket_http`, `tickets` and so on.
    let ours = Targets::new().with_target("ticket", level);
    let format = global.log_format.unwrap_or_default();
    let spans = (format == LogFormat::Otel).then(|| {
        tracing_subscriber::fmt::layer()
            .with_writer(Stderr)
            .with_ansi(false)
            .with_target(global.verbose > 1)
            .with_span_events(FmtSpan::CLOSE)
            .with_filter(ours.clone())
    });
    let lines = (format != LogFormat::Otel).then(|| {
        let is_json = format == LogFormat::Json;
        Lines { is_json }.with_filter(ours)
    });
    tracing_subscriber::registry()
        .with(spans)
        .with(lines)
        .with(retries)
        .init();
}

/// Stderr beside the lines that say how far the command is.
struct Stderr;

impl<'w> MakeWriter<'w> for Stderr {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        Self
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A pager has the terminal.
        if !(status::is_paged() && io::stderr().is_terminal()) {
            status::beside(|| io::stderr().lock().write_all(bytes))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says each thing on a line: in a sentence, or as JSON.
struct Lines {
    is_json: bool,
}

impl Lines {
    fn say(&self, told: &Told) {
        let line = if self.is_json {
            record::json(told).ok()
        } else {
            words::sentence(told)
        };
        if let Some(line) = line {
            // What cannot be logged is lost: the work goes on.
            let _ = Stderr.write(format!("{line}\n").as_bytes());
        }
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    /// All that is known when an operation begins is recorded by the time it is entered first.
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let is_first = match span.extensions_mut().get_mut::<Fields>() {
            Some(fields) => !std::mem::replace(&mut fields.is_entered, true),
            None => false,
        };
        if is_first && span.name() == told::OPERATION {
            let mut told = told(Some(id), &context);
            told.event = "begun";
            self.say(&told);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(name) = told::event(&fields.message) else {
            return;
        };
        let span = context.event_span(event).map(|span| span.id());
        let mut told = told(span.as_ref(), &context);
        told.of_event(name, *event.metadata().level(), &fields);
        self.say(&told);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let event = match span.name() {
            told::OPERATION => "ended",
            told::REQUEST => "request",
            _ => return,
        };
        let begun = span
            .extensions()
            .get::<Fields>()
            .map(|fields| fields.begun.elapsed());
        drop(span);
        let mut told = told(Some(&id), &context);
        told.event = event;
        told.duration(begun.unwrap_or_default());
        self.say(&told);
    }
}

/// What is known of the span and those around it, the innermost first.
fn told<S>(span: Option<&Id>, context: &Context<'_, S>) -> Told
where
    S: Subscriber + for<'l> LookupSpan<'l>,
{
    let mut told = Told::default();
    let around = span.and_then(|id| context.span(id));
    for span in around.iter().flat_map(SpanRef::scope) {
        if let Some(fields) = span.extensions().get::<Fields>() {
            told.of_span(span.name(), fields);
        }
    }
    told
}

/// The name of a level as it is logged.
fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value.to_owned());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if let Ok(value) = u64::try_from(value) {
            self.number(field.name(), value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.text(field.name(), format!("{value:?}"));
    }
}
