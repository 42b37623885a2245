//! The chart: the ratios that have goals, beside those of the other contestants, as an SVG 900 pixels wide.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::build::{BUILDS, BUILT, OURS, PLAIN};
use super::calls::CALLS;
use super::goals::{Goal, Limit, Verdict};
use super::sheet::{Cell, Metric, Sheet, Summary};
use super::{CONTESTANTS, Part, REQWEST};
use crate::Result;

/// Bars below one title.
#[derive(Debug)]
struct Group {
    title: &'static str,
    bars: Vec<Bar>,
}

#[derive(Debug, PartialEq)]
struct Bar {
    label: String,
    ratio: Summary,
    /// Where it has to end, if there is a goal, and whether it does.
    goal: Option<(f64, bool)>,
}

const WIDTH: i32 = 900;
/// Where the bars begin, and where the longest ends.
const BARS: (i32, i32) = (300, 840);
const HEAD: i32 = 84;
const TITLE: i32 = 34;
const ROW: i32 = 21;
const FOOT: i32 = 30;

const MET: RGBColor = RGBColor(46, 125, 94);
const MISSED: RGBColor = RGBColor(214, 123, 34);
const OTHERS: RGBColor = RGBColor(168, 178, 190);
const LIMIT: RGBColor = RGBColor(190, 30, 45);
const TEXT: RGBColor = RGBColor(30, 36, 44);
const BAND: RGBColor = RGBColor(243, 245, 248);
const GRID: RGBColor = RGBColor(222, 226, 231);

/// Draws what there is; a chart without bars says so.
pub(super) fn svg(sheet: &Sheet, goals: &[Goal]) -> Result<String> {
    draw(&groups(sheet, goals))
}

fn groups(sheet: &Sheet, goals: &[Goal]) -> Vec<Group> {
    let mut groups = Vec::new();
    let calls = [
        (
            "CPU time per call, one at a time (less is better)",
            Metric::CpuNs,
            Part::Calls,
            1,
        ),
        (
            "Instructions per call (less is better)",
            Metric::Instructions,
            Part::Counts,
            1,
        ),
        (
            "Calls per second on one core, 64 at once (more is better)",
            Metric::PerSecond,
            Part::Calls,
            64,
        ),
    ];
    for (title, metric, part, load) in calls {
        let mut bars = Vec::new();
        for case in CALLS {
            let cell = Cell::new(part, case, load);
            for who in CONTESTANTS.iter().filter(|who| **who != REQWEST) {
                let label = format!("{who}, {case}");
                bars.extend(bar(sheet, goals, label, (cell, who, metric), REQWEST));
            }
        }
        groups.push(Group { title, bars });
    }
    let mut bars = Vec::new();
    for (label, metric) in [
        ("CPU time to build", Metric::BuildCpuSeconds),
        ("crates", Metric::Crates),
        ("size, stripped", Metric::StrippedBytes),
    ] {
        let label = format!("{OURS}, {label}");
        bars.extend(bar(sheet, goals, label, (BUILT, OURS, metric), PLAIN));
    }
    for who in BUILDS.iter().filter(|who| ![OURS, PLAIN].contains(who)) {
        let label = format!("{who}, CPU time to build");
        let of = (BUILT, *who, Metric::BuildCpuSeconds);
        bars.extend(bar(sheet, goals, label, of, PLAIN));
    }
    groups.push(Group {
        title: "A small program, by one with plain reqwest (less is better)",
        bars,
    });
    groups.retain(|group| !group.bars.is_empty());
    groups
}

fn bar(
    sheet: &Sheet,
    goals: &[Goal],
    label: String,
    (cell, who, metric): (Cell, &'static str, Metric),
    base: &'static str,
) -> Option<Bar> {
    let ratio = sheet.ratio((cell, (who, metric)), (cell, (base, metric)))?;
    let mut goals = goals.iter();
    let goal = goals.find(|goal| (goal.cell, goal.who, goal.metric) == (cell, who, metric));
    let goal = goal.map(|goal| {
        let (Limit::AtMost(limit) | Limit::AtLeast(limit)) = goal.limit;
        (limit, goal.verdict == Verdict::Met)
    });
    Some(Bar { label, ratio, goal })
}

fn draw(groups: &[Group]) -> Result<String> {
    let bars = || groups.iter().flat_map(|group| &group.bars);
    let titles = i32::try_from(groups.len())? * TITLE;
    let bottom = HEAD + titles + i32::try_from(bars().count())? * ROW;
    let longest = bars().map(|bar| bar.ratio.upper).fold(1.2, f64::max);
    let scale = Scale {
        longest: longest.min(3.0),
    };
    let mut svg = String::new();
    {
        let size = (WIDTH.unsigned_abs(), (bottom + FOOT).unsigned_abs());
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        head(&area)?;
        axis(&area, &scale, bottom)?;
        let mut y = HEAD;
        for group in groups {
            let title = [(0, y + 8), (WIDTH, y + TITLE - 4)];
            area.draw(&Rectangle::new(title, BAND.filled()))?;
            write(&area, group.title, (16, y + TITLE / 2 + 2), 17, HPos::Left)?;
            y += TITLE;
            for bar in &group.bars {
                draw_bar(&area, &scale, bar, y + ROW / 2)?;
                y += ROW;
            }
        }
        if groups.is_empty() {
            let text = "nothing of this was measured";
            write(&area, text, (16, HEAD + 4), 16, HPos::Left)?;
        }
        area.present()?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn write(area: &Area<'_>, text: &str, at: (i32, i32), size: i32, anchor: HPos) -> Result<()> {
    let style = ("sans-serif", size).into_font().color(&TEXT);
    let style = style.pos(Pos::new(anchor, VPos::Center));
    Ok(area.draw(&Text::new(text.to_owned(), at, style))?)
}

fn line(area: &Area<'_>, ends: [(i32, i32); 2], colour: RGBColor) -> Result<()> {
    Ok(area.draw(&PathElement::new(ends, colour.stroke_width(1)))?)
}

/// What the chart shows, and what its colours mean.
fn head(area: &Area<'_>) -> Result<()> {
    let title = "Ratios to reqwest written by hand, 1.0 being the same";
    write(area, title, (16, 22), 21, HPos::Left)?;
    let mut x = 16;
    for (colour, text, width) in [
        (MET, "goal met", 112),
        (MISSED, "goal missed", 130),
        (OTHERS, "no goal, for comparison", 206),
        (LIMIT, "goal", 74),
        (TEXT, "quartiles of the rounds", 0),
    ] {
        if colour == TEXT {
            line(area, [(x, 52), (x + 12, 52)], TEXT)?;
        } else {
            let half = if colour == LIMIT { 1 } else { 6 };
            let sample = [(x + 6 - half, 46), (x + 6 + half, 58)];
            area.draw(&Rectangle::new(sample, colour.filled()))?;
        }
        write(area, text, (x + 18, 52), 16, HPos::Left)?;
        x += width;
    }
    Ok(())
}

fn axis(area: &Area<'_>, scale: &Scale, bottom: i32) -> Result<()> {
    for half in 0..=6 {
        let ratio = f64::from(half) / 2.0;
        if ratio > scale.longest {
            break;
        }
        let x = scale.x(ratio);
        let colour = if half == 2 { TEXT } else { GRID };
        line(area, [(x, HEAD), (x, bottom)], colour)?;
        for y in [HEAD - 10, bottom + 12] {
            write(area, &format!("{ratio:.1}"), (x, y), 15, HPos::Center)?;
        }
    }
    Ok(())
}

fn draw_bar(area: &Area<'_>, scale: &Scale, bar: &Bar, middle: i32) -> Result<()> {
    write(area, &bar.label, (BARS.0 - 8, middle), 16, HPos::Right)?;
    let colour = match bar.goal {
        Some((_, true)) => MET,
        Some((_, false)) => MISSED,
        None => OTHERS,
    };
    let end = scale.x(bar.ratio.median);
    let shape = [(BARS.0, middle - 6), (end, middle + 6)];
    area.draw(&Rectangle::new(shape, colour.filled()))?;
    let (from, to) = (scale.x(bar.ratio.lower), scale.x(bar.ratio.upper));
    line(area, [(from, middle), (to, middle)], TEXT)?;
    let mut end = end.max(to);
    if let Some((limit, _)) = bar.goal {
        let x = scale.x(limit);
        let mark = [(x - 1, middle - 8), (x + 1, middle + 8)];
        area.draw(&Rectangle::new(mark, LIMIT.filled()))?;
        end = end.max(x);
    }
    let value = format!("{:.2}", bar.ratio.median);
    write(area, &value, (end + 6, middle), 15, HPos::Left)
}

/// From ratios to pixels.
struct Scale {
    longest: f64,
}

impl Scale {
    /// A bar that is longer than the chart ends at its edge; its number is still right.
    fn x(&self, ratio: f64) -> i32 {
        let share = (ratio / self.longest).clamp(0.0, 1.0);
        let (from, to) = BARS;
        #[expect(clippy::cast_possible_truncation, reason = "between the two ends")]
        let x = (f64::from(from) + f64::from(to - from) * share).round() as i32;
        x
    }
}

#[cfg(test)]
mod tests {
    use super::super::goals::goals;
    use super::*;

    fn sheet() -> Sheet {
        let mut sheet = Sheet::default();
        let cell = Cell::new(Part::Calls, "onecloud-get", 1);
        for (who, cpu) in [
            ("stack", 120.0),
            ("provider", 100.0),
            ("reqwest", 100.0),
            ("hyper", 80.0),
        ] {
            sheet.add(cell, (who, Metric::CpuNs), cpu);
        }
        sheet
    }

    #[test]
    fn a_bar_is_a_ratio_and_knows_its_goal() {
        let sheet = sheet();
        let groups = groups(&sheet, &goals(&sheet));
        assert_eq!(groups.len(), 1, "{groups:?}");
        let bars: Vec<_> = groups[0]
            .bars
            .iter()
            .map(|bar| (&*bar.label, bar.ratio.median, bar.goal))
            .collect();
        let expected = [
            ("provider, onecloud-get", 1.0, Some((1.03, true))),
            ("stack, onecloud-get", 1.2, Some((1.05, false))),
            ("hyper, onecloud-get", 0.8, None),
        ];
        assert_eq!(bars, expected);
    }

    #[test]
    fn the_chart_shows_each_bar_with_its_number() {
        let sheet = sheet();
        let svg = svg(&sheet, &goals(&sheet)).unwrap();
        for text in [
            "stack, onecloud-get",
            "1.20",
            "hyper, onecloud-get",
            "0.80",
            "goal missed",
        ] {
            assert_eq!(
                svg.matches(&format!("\n{text}\n")).count(),
                1,
                "{text}\n{svg}"
            );
        }
        assert!(svg.starts_with("<svg width=\"900\""), "{svg}");
    }

    #[test]
    fn a_ratio_beyond_the_chart_ends_at_its_edge() {
        let scale = Scale { longest: 2.0 };
        assert_eq!(
            [0.0, 1.0, 2.0, 9.0].map(|ratio| scale.x(ratio)),
            [300, 570, 840, 840]
        );
    }

    #[test]
    fn a_chart_of_nothing_says_so() {
        let svg = svg(&Sheet::default(), &[]).unwrap();
        assert!(svg.contains("nothing of this was measured"), "{svg}");
    }
}
