//! The part `build`: what a small program costs to build, by what it is built on. Each is built by itself, from
//! nothing, into a folder that goes afterwards.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::programs::{cargo, cargo_path, output};
use super::sheet::{Cell, Metric, Sheet, count};
use super::{Part, progress, rotated, say};
use crate::workspace::Workspace;
use crate::{Result, ci, run};

/// The programs of `bench/build-cost`.
pub(super) const BUILDS: &[&str] = &[
    OURS,
    PLAIN,
    "with-reqwest-default",
    "with-omnitrack",
    "with-octocrab",
];
/// The facade with one provider.
pub(super) const OURS: &str = "with-tickets";
/// The same by hand.
pub(super) const PLAIN: &str = "with-reqwest";
/// The cell of this part.
pub(super) const BUILT: Cell = Cell::new(Part::Build, "cold", 1);
/// The column that needs a program of its own.
pub(super) const STRIPPED: &str = "stripped";

/// A build takes half a minute and more.
const ROUNDS: usize = 2;

const MANIFEST: &str = "bench/build-cost/Cargo.toml";

/// Builds each, twice in turn.
pub(super) fn builds(ws: &Workspace, sheet: &mut Sheet) -> Result<()> {
    if cfg!(not(unix)) {
        sheet.skip(
            Part::Build,
            None,
            "only a Unix shell tells the CPU time of a build",
        );
        return Ok(());
    }
    say("build: downloading, so that it is not measured");
    if let Err(error) = fetch(ws) {
        let error = error.to_string();
        let last = error.lines().last().unwrap_or_default();
        let reason = format!("the crates cannot be downloaded: {last}");
        say(&format!("build: skipped, {reason}"));
        sheet.skip(Part::Build, None, &reason);
        return Ok(());
    }
    for round in 0..ROUNDS {
        for (done, program) in rotated(BUILDS, round).enumerate() {
            let step = format!("build: {program}, round {} of {ROUNDS}, program", round + 1);
            progress(&step, done + 1, BUILDS.len());
            let folder = run::target(ws).join("bench/build-cost");
            remove(&folder)?;
            let built = build(ws, sheet, program, &folder);
            remove(&folder)?;
            built?;
        }
    }
    Ok(())
}

/// Downloads what the lock file names. One that is older than a change of the crates is renewed no further than it
/// has to be, so that this can be run at any commit.
fn fetch(ws: &Workspace) -> Result<()> {
    let fetch = |options: &[&str]| {
        let mut fetch = cargo(ws);
        fetch
            .args(["fetch", "--manifest-path", MANIFEST])
            .args(options);
        output(fetch)
    };
    match fetch(&["--locked"]) {
        Err(error) if error.to_string().contains("--locked was passed") => {
            say(
                "build: bench/build-cost/Cargo.lock is older than the crates and is renewed: commit it",
            );
            fetch(&[])?;
            Ok(())
        }
        other => other.map(|_| ()),
    }
}

/// One build, its figures and its program's.
fn build(ws: &Workspace, sheet: &mut Sheet, program: &'static str, folder: &Path) -> Result<()> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", r#""$@"; code=$?; times; exit $code"#, "sh"])
        .arg(cargo_path())
        .args(["build", "--release", "--locked", "--offline", "--quiet"])
        .args(["--message-format=json", "--manifest-path", MANIFEST, "-p"])
        .args([program, "--target-dir"])
        .arg(folder)
        .env("RUSTC_WRAPPER", "")
        .current_dir(&ws.root);
    let started = ci::now();
    let output = output(shell)?;
    let wall = started.elapsed().as_secs_f64();
    let built = Built::read(&String::from_utf8_lossy(&output.stdout), program)?;
    let mut add = |metric, value| sheet.add(BUILT, (program, metric), value);
    add(Metric::BuildCpuSeconds, built.cpu_seconds);
    add(Metric::BuildWallSeconds, wall);
    add(Metric::Crates, count(built.crates));
    add(Metric::BinaryBytes, count(size(&built.binary)?));
    let stripped = folder.join("stripped");
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(&stripped).arg(&built.binary);
    match self::output(strip) {
        Ok(_) => add(Metric::StrippedBytes, count(size(&stripped)?)),
        Err(_) => sheet.skip(Part::Build, Some(STRIPPED), "there is no `strip`"),
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
    fn read(stdout: &str, program: &str) -> Result<Self> {
        let (mut crates, mut binary, mut times) = (BTreeSet::new(), None, None);
        for line in stdout.lines() {
            let Ok(message) = serde_json::from_str::<Value>(line) else {
                // The shell's own times come first, those of what it ran after them.
                times = Some(line);
                continue;
            };
            let text = |name: &str| message.get(name).and_then(Value::as_str);
            if text("reason") != Some("compiler-artifact") {
                continue;
            }
            let target = message.get("target");
            if target.and_then(|target| target.get("name")?.as_str()) == Some(program) {
                binary = text("executable").map(PathBuf::from);
            } else if let Some(id) = text("package_id") {
                crates.insert(id.to_owned());
            }
        }
        Ok(Self {
            crates: crates.len(),
            binary: binary.ok_or_else(|| format!("cargo built no `{program}`"))?,
            cpu_seconds: times
                .and_then(cpu_seconds)
                .ok_or("the shell tells no times")?,
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

fn size(file: &Path) -> Result<u64> {
    Ok(std::fs::metadata(file)?.len())
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(name: &str, id: &str, executable: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{id}","target":{{"name":"{name}"}},"executable":{executable}}}"#
        )
    }

    #[test]
    fn a_crate_with_a_build_script_is_one_and_the_program_itself_none() {
        let lines = [
            artifact("build-script-build", "registry+a@1", "null"),
            artifact("a", "registry+a@1", "null"),
            artifact("b", "registry+b@1", "null"),
            artifact("with-a", "path+with-a@0", "\"/t/with-a\""),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
            "0m0.01s 0m0.02s\n1m2.50s 0m3.25s".to_owned(),
        ];
        let built = Built::read(&lines.join("\n"), "with-a").unwrap();
        let expected = Built {
            crates: 2,
            binary: "/t/with-a".into(),
            cpu_seconds: 65.75,
        };
        assert_eq!(built, expected);
    }

    #[test]
    fn a_build_that_says_less_is_an_error() {
        let times = "0m0.01s 0m0.02s\n1m2.50s 0m3.25s";
        let error = Built::read(times, "with-a").unwrap_err().to_string();
        assert_eq!(error, "cargo built no `with-a`");
        let built = artifact("with-a", "path+with-a@0", "\"/t/with-a\"");
        let error = Built::read(&built, "with-a").unwrap_err().to_string();
        assert_eq!(error, "the shell tells no times");
    }

    #[test]
    fn times_are_read_as_any_shell_writes_them() {
        assert_eq!(cpu_seconds("0m1.500s 0m0.250s"), Some(1.75));
        assert_eq!(cpu_seconds("2m0.00s 0m0,50s"), Some(120.5));
        assert_eq!(cpu_seconds("real 1.5"), None);
    }
}
