//! The part `build`: what a small program costs to build, by what it is built on. Each is built by itself, from
//! nothing, into a folder that goes afterwards.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use ticket_bench::Error;

use super::programs::{cargo, output};
use super::rotated;
use super::sheet::{Cell, Metric, Sheet, count};
use crate::Part;

/// The programs of `bench/build-cost`.
pub(crate) const BUILDS: &[&str] = &[
    "with-tickets",
    PLAIN,
    "with-reqwest-default",
    "with-omnitrack",
    "with-octocrab",
];
/// The same as the first, by hand.
pub(crate) const PLAIN: &str = "with-reqwest";
/// The cell of this part.
pub(crate) const BUILT: Cell = Cell::new(Part::Build, "cold", 1);

/// A build takes half a minute and more.
const ROUNDS: u64 = 2;

const MANIFEST: &str = "bench/build-cost/Cargo.toml";

/// Builds each, twice in turn.
pub(crate) fn builds(root: &Path, sheet: &mut Sheet) -> Result<(), Error> {
    if cfg!(not(unix)) {
        let reason = "only a Unix shell tells the CPU time of a build";
        sheet.skip("build", reason.to_owned());
        return Ok(());
    }
    // Downloads are not measured. A lock file that is older than a change of the crates is an error: renew it by
    // `cargo update --workspace` there.
    let mut fetch = cargo(root);
    fetch.args(["fetch", "--locked", "--manifest-path", MANIFEST]);
    if let Err(error) = output(fetch) {
        sheet.skip("build", format!("the crates cannot be fetched: {error}"));
        return Ok(());
    }
    let folder = root.join("target/bench/build-cost");
    for round in 0..ROUNDS {
        for program in rotated(BUILDS, round) {
            eprintln!("build: {program}, round {} of {ROUNDS}", round + 1);
            remove(&folder)?;
            let built = build(root, sheet, program, &folder);
            remove(&folder)?;
            built?;
        }
    }
    Ok(())
}

/// One build, its figures and its program's.
fn build(
    root: &Path,
    sheet: &mut Sheet,
    program: &'static str,
    folder: &Path,
) -> Result<(), Error> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#""$@"; code=$?; times; exit $code"#, "sh"])
        .arg(cargo(root).get_program())
        .args(["build", "--release", "--locked", "--offline", "--quiet"])
        .args(["--message-format=json", "--manifest-path", MANIFEST, "-p"])
        .args([program, "--target-dir"])
        .arg(folder)
        .env("RUSTC_WRAPPER", "")
        .current_dir(root);
    let started = tokio::time::Instant::now();
    let output = output(shell)?;
    let wall = started.elapsed().as_secs_f64();
    let built = Built::read(&String::from_utf8_lossy(&output.stdout), program)?;
    let size = |file: &Path| Ok::<_, Error>(count(std::fs::metadata(file)?.len()));
    let mut add = |metric, value| sheet.add((BUILT, program, metric), value);
    add(Metric::BuildCpuSeconds, built.cpu_seconds);
    add(Metric::BuildWallSeconds, wall);
    add(Metric::Crates, count(built.crates));
    add(Metric::BinaryBytes, size(&built.binary)?);
    let stripped = folder.join("stripped");
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&stripped).arg(&built.binary);
    match self::output(strip) {
        Ok(_) => add(Metric::StrippedBytes, size(&stripped)?),
        Err(_) => sheet.skip("build", "stripped: there is no `strip`".to_owned()),
    }
    Ok(())
}

/// What cargo and the shell say of a build.
#[derive(Debug, PartialEq)]
struct Built {
    /// The program itself not counted.
    crates: usize,
    binary: PathBuf,
    cpu_seconds: f64,
}

impl Built {
    /// Reads cargo's messages, and the times of the shell after them.
    fn read(stdout: &str, program: &str) -> Result<Self, Error> {
        let (mut crates, mut binary, mut times) = (BTreeSet::new(), None, None);
        for line in stdout.lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else {
                // The shell's own times come first, those of what it ran after them.
                times = Some(line);
                continue;
            };
            let text = |path: &str| message.pointer(path).and_then(Value::as_str);
            if text("/reason") != Some("compiler-artifact") {
                continue;
            }
            if text("/target/name") == Some(program) {
                binary = text("/executable").map(PathBuf::from);
            } else if let Some(id) = text("/package_id") {
                crates.insert(id.to_owned());
            }
        }
        let cpu_seconds = times.and_then(cpu_seconds);
        Ok(Self {
            crates: crates.len(),
            binary: binary.ok_or_else(|| format!("cargo built no `{program}`"))?,
            cpu_seconds: cpu_seconds.ok_or("the shell tells no times")?,
        })
    }
}

/// User and system time, as `times` writes them: `1m2.345s 0m6.789s`.
fn cpu_seconds(times: &str) -> Option<f64> {
    let mut words = times.split_whitespace();
    let (user, system) = (words.next()?, words.next()?);
    let seconds = |word: &str| {
        let (minutes, seconds) = word.strip_suffix('s')?.split_once('m')?;
        // Some write the fraction as their language does.
        let seconds: f64 = seconds.replace(',', ".").parse().ok()?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + seconds)
    };
    Some(seconds(user)? + seconds(system)?)
}

fn remove(folder: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_is_read_from_what_cargo_and_the_shell_print() {
        let artifact = |name, id, executable| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"{id}","target":{{"name":"{name}"}},"executable":{executable}}}"#
            )
        };
        let times = "0m0.01s 0m0.02s\n1m2.50s 0m3,25s";
        // A crate with a build script is one, and the program itself none.
        let lines = [
            artifact("build-script-build", "registry+a@1", "null"),
            artifact("a", "registry+a@1", "null"),
            artifact("b", "registry+b@1", "null"),
            artifact("with-a", "path+with-a@0", "\"/t/with-a\""),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
            times.to_owned(),
        ];
        let expected = Built {
            crates: 2,
            binary: "/t/with-a".into(),
            cpu_seconds: 65.75,
        };
        assert_eq!(Built::read(&lines.join("\n"), "with-a").unwrap(), expected);
        for less in [times, lines[3].as_str()] {
            assert!(Built::read(less, "with-a").is_err(), "{less}");
        }
    }
}
