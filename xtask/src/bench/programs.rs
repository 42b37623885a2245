//! The programs that are run: the bare server, the contestants, and what they print. What the figures mean is
//! decided elsewhere.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde::Deserialize;

use super::say;
use crate::workspace::Workspace;
use crate::{Result, run};

/// What one run took, as contestants and snippets print it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub(super) struct Figures {
    pub(super) calls: u64,
    pub(super) wall_ns: u64,
    pub(super) cpu_ns: u64,
    #[serde(default)]
    pub(super) median_ns: Option<u64>,
    #[serde(default)]
    pub(super) peak_rss_kib: Option<u64>,
    #[serde(default)]
    pub(super) allocations: Option<u64>,
    #[serde(default)]
    pub(super) allocated_bytes: Option<u64>,
    #[serde(default)]
    pub(super) share_of_rate: Option<f64>,
}

impl Figures {
    /// Reads the line.
    pub(super) fn parse(line: &str) -> Result<Self> {
        let figures: Self = serde_json::from_str(line)
            .map_err(|error| format!("these are no figures ({error}): {line:?}"))?;
        if figures.calls == 0 || figures.wall_ns == 0 || figures.cpu_ns == 0 {
            return Err(format!("nothing was measured: {line:?}").into());
        }
        Ok(figures)
    }
}

/// The programs of `bench/`, built, and the server they call.
pub(super) struct Programs {
    folder: PathBuf,
    server: Server,
    /// The core that whoever calls has for itself.
    core: Option<&'static str>,
}

/// The server's cores and the contestants', which makes times far steadier: otherwise it is luck whether both share
/// one, and a call costs half as much if they do.
const CORES: (&str, &str) = ("0,1", "2");

impl Programs {
    /// Builds them and starts the server.
    pub(super) fn build(ws: &Workspace) -> Result<Self> {
        say("building the contestants: cargo build --locked --release -p ticket-bench");
        let built = cargo(ws)
            .args(["build", "--locked", "--release", "-p", "ticket-bench"])
            .stdout(Stdio::null())
            .status()?;
        if !built.success() {
            return Err("the contestants cannot be built".into());
        }
        let folder = run::target(ws).join("release");
        let is_free = |cores: &str| output(on(Some(cores), Path::new("true"))).is_ok();
        let (servers, core) = CORES;
        let cores = (is_free(servers) && is_free(core)).then_some(CORES);
        let server = on(cores.map(|_| servers), &program(&folder, "bare-server"));
        Ok(Self {
            server: Server::start(server)?,
            folder,
            core: cores.map(|_| core),
        })
    }

    /// Who runs where.
    pub(super) fn placing(&self) -> String {
        let (servers, core) = CORES;
        match self.core {
            Some(_) => format!("the server on cores {servers}, contestants on core {core}"),
            None => "cores as the system likes".to_owned(),
        }
    }

    /// A program where contestants run.
    pub(super) fn caller(&self, program: &Path) -> Command {
        on(self.core, program)
    }

    /// Where the server is.
    pub(super) fn address(&self) -> &str {
        &self.server.address
    }

    /// One run of the contestant.
    pub(super) fn contestant(&self, task: &[String]) -> Result<Figures> {
        figures(self.command("contestant", task))
    }

    /// The same with its allocations counted.
    pub(super) fn counted(&self, task: &[String]) -> Result<Figures> {
        figures(self.command("contestant-counted", task))
    }

    /// The instructions of a run, start and end included.
    pub(super) fn instructions(&self, task: &[String]) -> Result<u64> {
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program(&self.folder, "contestant"))
            .args(["--server", self.address()])
            .args(task);
        let output = output(valgrind)?;
        collected(&String::from_utf8_lossy(&output.stderr))
    }

    fn command(&self, name: &str, task: &[String]) -> Command {
        let mut command = self.caller(&program(&self.folder, name));
        command.args(["--server", self.address()]).args(task);
        command
    }
}

/// Words of a command line, split at blanks.
pub(super) fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The very cargo that runs this program, at the root.
pub(super) fn cargo(ws: &Workspace) -> Command {
    let mut command = Command::new(cargo_path());
    command.current_dir(&ws.root).stdin(Stdio::null());
    command
}

/// The same as a word of somebody else's command line.
pub(super) fn cargo_path() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from)
}

/// Runs a program that prints figures.
pub(super) fn figures(command: Command) -> Result<Figures> {
    let output = output(command)?;
    Figures::parse(String::from_utf8_lossy(&output.stdout).trim())
}

/// Runs a program to its end; an error where it fails, with the last it said.
pub(super) fn output(mut command: Command) -> Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start {}: {error}", line(&command)))?;
    if output.status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = complaint.trim().lines().rev().take(5).collect();
    let lines: Vec<&str> = lines.into_iter().rev().collect();
    Err(format!("`{}` failed: {}", line(&command), lines.join("\n")).into())
}

fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let mut line = name.to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// A program on cores of its own.
fn on(cores: Option<&str>, program: &Path) -> Command {
    let Some(cores) = cores else {
        return Command::new(program);
    };
    let mut command = Command::new("taskset");
    command.args(["-c", cores]).arg(program);
    command
}

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// What callgrind says at its end.
fn collected(stderr: &str) -> Result<u64> {
    let mut lines = stderr.lines();
    let number = lines.find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    number.ok_or_else(|| "valgrind does not say how many instructions it counted".into())
}

/// The bare server. It ends with its standard input: where this program is killed, the system closes that.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(mut command: Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", line(&command)))?;
        let mut server = Self {
            child,
            address: String::new(),
        };
        if let Some(stdout) = server.child.stdout.take() {
            BufReader::new(stdout).read_line(&mut server.address)?;
        }
        server.address.truncate(server.address.trim_end().len());
        if server.address.is_empty() {
            return Err("the server does not say where it is".into());
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_contestants_and_snippets_are_read() {
        let contestant = r#"{"calls":600,"wall_ns":9,"cpu_ns":8,"median_ns":7,"peak_rss_kib":6,"allocations":null,
            "allocated_bytes":null,"share_of_rate":0.5}"#;
        let expected = Figures {
            calls: 600,
            wall_ns: 9,
            cpu_ns: 8,
            median_ns: Some(7),
            peak_rss_kib: Some(6),
            share_of_rate: Some(0.5),
            ..Figures::default()
        };
        assert_eq!(Figures::parse(contestant).unwrap(), expected);
        let snippet = r#"{"calls": 5, "wall_ns": 4, "cpu_ns": 3}"#;
        assert_eq!(Figures::parse(snippet).unwrap().calls, 5);
    }

    #[test]
    fn what_measured_nothing_is_refused() {
        for line in [
            "",
            "{}",
            "[1]",
            r#"{"calls":0,"wall_ns":1,"cpu_ns":1}"#,
            r#"{"calls":1,"wall_ns":1,"cpu_ns":0}"#,
        ] {
            let error = Figures::parse(line).unwrap_err().to_string();
            assert!(error.contains(&format!("{line:?}")), "{error}");
        }
    }

    #[test]
    fn callgrinds_count_is_found() {
        let said = "==7== Events    : Ir\n==7== Collected : 1234567\n==7== \n==7== I   refs:      1,234,567\n";
        assert_eq!(collected(said).unwrap(), 1_234_567);
        assert!(collected("==7== Events    : Ir\n").is_err());
    }

    #[test]
    fn a_program_that_fails_is_an_error_with_what_it_said() {
        let mut rustc = Command::new("rustc");
        rustc.arg("--no-such-option");
        let error = output(rustc).unwrap_err().to_string();
        assert!(error.contains("`rustc --no-such-option` failed"), "{error}");
        assert!(error.contains("no-such-option'"), "{error}");
        let error = output(Command::new("no-such-program")).unwrap_err();
        assert!(error.to_string().contains("cannot start no-such-program"));
    }
}
