//! The charts of the page, as SVG. Colours come from its style sheet, by classes; patterns tell outcomes apart without them.

use jiff::Timestamp;
use maud::{Markup, html};

use super::model::{AccountFacts, Report, Series};
use super::numbers::grouped;

/// The size of a chart over time, in its own units, and where its axes are.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;

/// The times that all charts show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    from: i64,
    to: i64,
}

impl Span {
    /// From the first to the last time of a report; `None` if nothing happened.
    pub(super) fn of(report: &Report) -> Option<Self> {
        let ends = |series: &mut dyn Iterator<Item = (i64, i64)>| -> Option<(i64, i64)> {
            series.reduce(|(from, to), (begin, end)| (from.min(begin), to.max(end)))
        };
        let of_outcomes = ends_of(&report.outcomes_over_time);
        let of_calls = report
            .accounts
            .iter()
            .filter_map(|account| ends_of(&account.calls_over_time));
        let (from, to) = ends(&mut of_outcomes.into_iter().chain(of_calls))?;
        Some(Self { from, to })
    }

    fn x(self, second: i64) -> f64 {
        let part = ratio(second - self.from, self.to - self.from);
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    /// When it begins and ends, as far as they differ.
    pub(super) fn words(self) -> [String; 2] {
        let text = |second| Timestamp::from_second(second).map_or_else(|_| String::new(), minute);
        [text(self.from), text(self.to)]
    }

    /// Times of round numbers in between, and their labels.
    fn ticks(self) -> Vec<(i64, String)> {
        const STEPS: [i64; 16] = [
            1, 5, 10, 15, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800,
            2_419_200,
        ];
        let length = self.to - self.from;
        let step = STEPS.into_iter().find(|step| length / step <= 6);
        let step = step.unwrap_or(length.max(1));
        let first = self.from.div_euclid(step) * step;
        let ticks = (0..9).map(|index| first + index * step);
        let ticks = ticks.filter(|tick| (self.from..=self.to).contains(tick));
        ticks
            .map(|tick| {
                let text = Timestamp::from_second(tick).map(|at| at.to_string());
                let text = text.unwrap_or_default();
                let (day, clock) = text.split_once('T').unwrap_or((&text, ""));
                let label = match step {
                    1..60 => clock.trim_end_matches('Z'),
                    60..86_400 => clock.get(..5).unwrap_or(clock),
                    _ => day.get(5..).unwrap_or(day),
                };
                (tick, label.to_owned())
            })
            .collect()
    }
}

fn ends_of<T>(series: &Series<T>) -> Option<(i64, i64)> {
    let first = series.buckets.keys().next()?.as_second();
    let last = series.buckets.keys().next_back()?.as_second();
    Some((first, last + seconds(series)))
}

fn seconds<T>(series: &Series<T>) -> i64 {
    i64::try_from(series.bucket_s).unwrap_or(1)
}

/// `2026-11-28 22:14 UTC`.
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('T') {
        Some((day, clock)) => format!("{day} {} UTC", clock.get(..5).unwrap_or(clock)),
        None => text,
    }
}

/// `2026-11-28 22:14:05 UTC`.
pub(super) fn second(at: Timestamp) -> String {
    let text = at.to_string();
    match text.split_once('T') {
        Some((day, clock)) => format!("{day} {} UTC", clock.get(..8).unwrap_or(clock)),
        None => text,
    }
}

/// A part of a whole, as a number that is fit to draw with.
#[expect(
    clippy::cast_precision_loss,
    reason = "a chart has fewer points than a float has digits"
)]
fn ratio(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

fn share(part: u64, whole: u64) -> f64 {
    let number = |value| i64::try_from(value).unwrap_or(i64::MAX);
    ratio(number(part), number(whole))
}

/// A coordinate in a few digits.
fn at(value: f64) -> String {
    format!("{value:.2}")
}

/// The patterns of outcomes that are not done, once for all charts.
pub(super) fn patterns() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" focusable="false" {
            defs {
                pattern id="p-failed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    rect.o-failed width="6" height="6" {}
                    rect.ink width="2" height="6" {}
                }
                pattern id="p-unknown" width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.o-unknown width="6" height="6" {}
                    circle.ink cx="3" cy="3" r="1.4" {}
                }
                pattern id="p-not_found" width="6" height="6" patternUnits="userSpaceOnUse" {
                    rect.o-not_found width="6" height="6" {}
                    rect.ink width="6" height="1.5" {}
                }
            }
        }
    }
}

/// The fill of an outcome: a class, and a pattern where it has one.
fn bar(class: &str, [x, y, width, height]: [f64; 4], words: &str) -> Markup {
    let pattern = match class {
        "failed" | "unknown" | "not_found" => Some(format!("url(#p-{class})")),
        "in_doubt" => Some("url(#p-unknown)".to_owned()),
        _ => None,
    };
    html! {
        rect class=(format!("o-{class}")) x=(at(x)) y=(at(y)) width=(at(width)) height=(at(height)) {
            title { (words) }
        }
        @if let Some(pattern) = pattern {
            rect x=(at(x)) y=(at(y)) width=(at(width)) height=(at(height)) fill=(pattern) {
                title { (words) }
            }
        }
    }
}

/// A square in the colour and pattern of an outcome.
pub(super) fn swatch(class: &str) -> Markup {
    html! {
        svg.swatch viewBox="0 0 14 14" width="14" height="14" aria-hidden="true" focusable="false" {
            (bar(class, [0.0, 0.0, 14.0, 14.0], ""))
        }
    }
}

/// All outcomes side by side, as parts of one bar. `outcomes`: class, words, count.
pub(super) fn parts(outcomes: &[(&'static str, String, u64)], all: u64) -> Markup {
    const LENGTH: f64 = 1000.0;
    let mut x = 0.0;
    let bars = outcomes.iter().map(|(class, words, count)| {
        // What is rare can still be seen.
        let width = (share(*count, all) * LENGTH).max(3.0);
        let begin = x;
        x += width;
        (class, words, count, begin, width)
    });
    let bars: Vec<_> = bars.collect();
    let words: Vec<_> = outcomes
        .iter()
        .map(|(_, words, count)| format!("{} {words}", grouped(*count)))
        .collect();
    html! {
        svg.parts viewBox=(format!("0 0 {} 16", at(x.max(1.0)))) preserveAspectRatio="none" role="img" {
            title { "Outcomes" }
            desc { (words.join(", ")) }
            @for (class, words, count, begin, width) in bars {
                (bar(class, [begin, 0.0, width, 16.0], &format!("{} {words}", grouped(*count))))
            }
        }
    }
}

/// The axes of a chart over time.
fn axes(span: Span, height: f64, most: &str) -> Markup {
    let bottom = TOP + height;
    html! {
        @for y in [TOP, TOP + height / 2.0] {
            line.grid x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(y)) y2=(at(y)) {}
        }
        line.axis x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(bottom)) y2=(at(bottom)) {}
        text.end x=(at(LEFT - 6.0)) y=(at(TOP + 8.0)) { (most) }
        text.end x=(at(LEFT - 6.0)) y=(at(bottom)) { "0" }
        @for (tick, label) in span.ticks() {
            line.axis x1=(at(span.x(tick))) x2=(at(span.x(tick))) y1=(at(bottom)) y2=(at(bottom + 4.0)) {}
            text.mid x=(at(span.x(tick).clamp(LEFT + 12.0, WIDTH - RIGHT - 16.0))) y=(at(bottom + 19.0)) { (label) }
        }
    }
}

/// How many tickets were decided over time, stacked by their outcomes. `order`: class and word of each outcome.
pub(super) fn outcomes(report: &Report, span: Span, order: &[(&'static str, String)]) -> Markup {
    const HEIGHT: f64 = 150.0;
    let series = &report.outcomes_over_time;
    let most = series.buckets.values().map(|counts| counts.values().sum());
    let most: u64 = most.max().unwrap_or(0);
    let bars = series.buckets.iter().flat_map(|(begin, counts)| {
        let (x, width) = place(span, *begin, seconds(series));
        let mut y = TOP + HEIGHT;
        order.iter().filter_map(move |(class, name)| {
            let count = *counts.get(name).filter(|count| **count > 0)?;
            let height = share(count, most) * HEIGHT;
            y -= height;
            let words = format!(
                "{}: {} {}",
                second(*begin),
                grouped(count),
                name.replace('_', " ")
            );
            Some(bar(class, [x, y, width, height], &words))
        })
    });
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {}", TOP + HEIGHT + 26.0)) role="img" {
            title { "Tickets decided over time, by outcome" }
            desc {
                "Stacked bars of " (length(series.bucket_s)) " each. At most " (grouped(most))
                " tickets were decided in one of them. The table of outcomes has the totals."
            }
            (axes(span, HEIGHT, &grouped(most)))
            @for bar in bars { (bar) }
        }
    }
}

/// The calls of an account over time.
pub(super) fn calls(account: &AccountFacts, span: Span) -> Markup {
    const HEIGHT: f64 = 64.0;
    let series = &account.calls_over_time;
    let most = series.buckets.values().map(|then| then.calls).max();
    let most = most.unwrap_or(0);
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {}", TOP + HEIGHT + 26.0)) role="img" {
            title { "Calls of " (super::html::words::text(&account.name)) " over time" }
            desc {
                "Bars of " (length(series.bucket_s)) " each. At most " (grouped(most))
                " calls were made in one of them."
            }
            (axes(span, HEIGHT, &grouped(most)))
            @for (begin, then) in &series.buckets {
                @let (x, width) = place(span, *begin, seconds(series));
                @let height = share(then.calls, most) * HEIGHT;
                (bar("calls", [x, TOP + HEIGHT - height, width, height], &format!("{}: {} calls", second(*begin), grouped(then.calls))))
            }
        }
    }
}

/// How much of an account's limits was used over time.
pub(super) fn quota(account: &AccountFacts, span: Span) -> Markup {
    const HEIGHT: f64 = 64.0;
    let series = &account.calls_over_time;
    let most = series.buckets.values().map(|then| then.used_percent).max();
    let most = most.unwrap_or(0);
    // The limit is never at the top edge, so that more than it could be seen.
    let scale = most.max(100) * 11 / 10;
    let limit = TOP + HEIGHT - share(100, scale) * HEIGHT;
    html! {
        svg.chart viewBox=(format!("0 0 {WIDTH} {}", TOP + HEIGHT + 26.0)) role="img" {
            title { "Use of the quota of " (super::html::words::text(&account.name)) " over time" }
            desc {
                "The largest share of a limit that counted at once, for each " (length(series.bucket_s))
                ". At most " (most) " % of a limit was used. The dashed line is the limit."
            }
            line.axis x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(TOP + HEIGHT)) y2=(at(TOP + HEIGHT)) {}
            @for (tick, label) in span.ticks() {
                line.axis x1=(at(span.x(tick))) x2=(at(span.x(tick))) y1=(at(TOP + HEIGHT)) y2=(at(TOP + HEIGHT + 4.0)) {}
                text.mid x=(at(span.x(tick).clamp(LEFT + 12.0, WIDTH - RIGHT - 16.0))) y=(at(TOP + HEIGHT + 19.0)) { (label) }
            }
            @for (begin, then) in &series.buckets {
                @let (x, width) = place(span, *begin, seconds(series));
                @let height = share(then.used_percent, scale) * HEIGHT;
                (bar("quota", [x, TOP + HEIGHT - height, width, height], &format!("{}: {} % of the limit", second(*begin), then.used_percent)))
            }
            line.limit x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(limit)) y2=(at(limit)) {}
            text.end x=(at(LEFT - 6.0)) y=(at(limit + 3.5)) { "100 %" }
            text.end x=(at(LEFT - 6.0)) y=(at(TOP + HEIGHT)) { "0" }
        }
    }
}

/// Where the bar of a time stands, and how wide it is.
fn place(span: Span, begin: Timestamp, seconds: i64) -> (f64, f64) {
    let x = span.x(begin.as_second());
    let width = span.x(begin.as_second() + seconds) - x;
    let gap = if width > 4.0 { 1.0 } else { 0.0 };
    (x, (width - gap).max(1.0))
}

/// A time in its largest unit.
pub(super) fn length(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min")];
    let unit = units
        .into_iter()
        .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
    unit.map_or_else(
        || format!("{seconds} s"),
        |(unit, name)| format!("{} {name}", seconds / unit),
    )
}
