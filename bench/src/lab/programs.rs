//! The programs that are run: the bare server, the contestants, and what they print.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use ticket_bench::Error;
use ticket_bench::measure::Figures;

/// The programs of `bench/`, built, and the server they call.
pub(crate) struct Programs {
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
    pub(crate) fn build(root: &Path) -> Result<Self, Error> {
        let mut build = cargo(root);
        build.args([
            "build",
            "--locked",
            "--release",
            "--package",
            "ticket-bench",
            "--bins",
        ]);
        output(build)?;
        // This very program is one of them.
        let folder = std::env::current_exe()?
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default();
        let is_free = |cores: &str| output(on(Some(cores), Path::new("true"))).is_ok();
        let (servers, core) = CORES;
        let placed = is_free(servers) && is_free(core);
        let server = on(placed.then_some(servers), &program(&folder, "bare-server"));
        Ok(Self {
            server: Server::start(server)?,
            folder,
            core: placed.then_some(core),
        })
    }

    /// Who runs where.
    pub(crate) fn placing(&self) -> String {
        let (servers, core) = CORES;
        match self.core {
            Some(_) => format!("the server on cores {servers}, contestants on core {core}"),
            None => "cores as the system likes".to_owned(),
        }
    }

    /// A program where contestants run.
    pub(crate) fn caller(&self, program: &Path) -> Command {
        on(self.core, program)
    }

    /// Where the server is.
    pub(crate) fn address(&self) -> &str {
        &self.server.address
    }

    /// One run of a contestant: `contestant`, or `contestant-counted`, whose allocations are counted.
    pub(crate) fn run(&self, name: &str, task: &str) -> Result<Figures, Error> {
        let mut command = self.caller(&program(&self.folder, name));
        command.args(["--server", self.address()]);
        figures(command.args(task.split(' ')))
    }

    /// The instructions of a run, start and end included.
    pub(crate) fn instructions(&self, task: &str) -> Result<u64, Error> {
        let mut valgrind = Command::new("valgrind");
        valgrind
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(program(&self.folder, "contestant"))
            .args(["--server", self.address()])
            .args(task.split(' '));
        let output = output(valgrind)?;
        let said = String::from_utf8_lossy(&output.stderr);
        let mut lines = said.lines();
        let number = lines.find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
        Ok(number.ok_or("valgrind does not say how many instructions it counted")?)
    }
}

/// The very cargo that runs this program, at the root.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Runs a program that prints figures.
pub(crate) fn figures(command: &mut Command) -> Result<Figures, Error> {
    let output = finished(command)?;
    let line = String::from_utf8_lossy(&output.stdout);
    let figures: Figures = serde_json::from_str(&line)
        .map_err(|error| format!("these are no figures ({error}): {line:?}"))?;
    if figures.calls == 0 || figures.wall_ns == 0 || figures.cpu_ns == 0 {
        return Err(format!("nothing was measured: {line:?}").into());
    }
    Ok(figures)
}

/// Runs a program to its end; an error where it fails, with what it said.
pub(crate) fn output(mut command: Command) -> Result<Output, Error> {
    finished(&mut command)
}

fn finished(command: &mut Command) -> Result<Output, Error> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot start {command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} failed: {}", complaint.trim()).into())
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

/// The bare server. It ends with its standard input: where this program is killed, the system closes that.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(mut command: Command) -> Result<Self, Error> {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
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
