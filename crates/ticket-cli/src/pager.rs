//! What people read goes through their pager, if standard output is a terminal.

use std::io;
use std::process::Stdio;

use anstream::ColorChoice;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};

use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::interrupt::{self, Interruption, Signals};
use crate::output::{self, Output};
use crate::status::{self, say};
use crate::text;

/// The variables that name a pager, the first one that is set.
const VARIABLES: [&str; 2] = ["TICKETS_PAGER", "PAGER"];

/// Quits if all fits on the screen, shows colours, leaves the text on the screen.
const LESS: (&str, &str) = ("LESS", "FRX");

/// Why nothing more is read or written.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The reader has left the pager, and wants no more.
    ReaderLeft,
    /// Ctrl-C, or another signal that ends a command.
    Stopped(Exit),
    /// Standard output cannot be written.
    Failed(io::Error),
}

/// Standard output, through a pager or not.
pub(crate) struct Pager {
    running: Option<Running>,
    signals: Listening,
}

/// Who is meant by Ctrl-C.
enum Listening {
    /// The pager, which has the terminal: it only ends the reading.
    Pager(Signals),
    /// This command: the third one ends the process, also while its output is stuck.
    Command(Interruption),
}

impl Listening {
    /// Waits for a signal. Returns the exit code of work that it stops.
    async fn next(&mut self) -> Exit {
        match self {
            Self::Pager(signals) => signals.next().await,
            Self::Command(interruption) => {
                interruption.stop.finishing().await;
                interruption.exit().unwrap_or(Exit::Interrupted)
            }
        }
    }
}

struct Running {
    name: String,
    child: Child,
    input: ChildStdin,
}

impl Pager {
    /// Starts the pager, if there is one for this output. One that cannot be started is done without.
    pub(crate) fn start(output: &Output, is_wanted: bool) -> Result<Self, Failure> {
        let is_wanted = is_wanted && output.is_terminal() && output.format == OutputFormat::Table;
        let words = is_wanted.then(asked).flatten();
        let (running, signals) = match words {
            Some(words) => {
                // Before the pager is there, so that no Ctrl-C for it ends this process.
                let signals = Listening::Pager(Signals::listen()?);
                (run(&words), signals)
            }
            None => (None, Listening::Command(interrupt::stop_on_ctrl_c()?)),
        };
        status::set_paged(running.is_some());
        Ok(Self { running, signals })
    }

    /// Whether a pager has the output.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Writes text of this command's own layout.
    pub(crate) async fn write(&mut self, text: &str) -> Result<(), Ended> {
        let Some(running) = &mut self.running else {
            if text.is_empty() {
                return Ok(());
            }
            return output::write(text).map_err(Ended::Failed);
        };
        let plain;
        let text = match anstream::AutoStream::choice(&io::stdout()) {
            ColorChoice::Never => {
                plain = anstream::adapter::strip_str(text).to_string();
                &plain
            }
            _ => text,
        };
        tokio::select! {
            biased;
            exit = self.signals.next() => Err(Ended::Stopped(exit)),
            written = running.input.write_all(text.as_bytes()) => written.map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ended::ReaderLeft,
                _ => Ended::Failed(error),
            }),
        }
    }

    /// Waits for what is to be written next, as long as somebody wants it.
    pub(crate) async fn during<T>(&mut self, next: impl Future<Output = T>) -> Result<T, Ended> {
        let left = async {
            match &mut self.running {
                Some(running) => {
                    let _ = running.child.wait().await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            exit = self.signals.next() => Err(Ended::Stopped(exit)),
            () = left => Err(Ended::ReaderLeft),
            next = next => Ok(next),
        }
    }

    /// Waits until the reader has read all. Ctrl-C is for the pager; any other signal, also one that was the reason to
    /// `stop`, ends it too. Returns the exit code of such a signal.
    pub(crate) async fn finish(mut self, stop: Option<Exit>) -> Option<Exit> {
        let Running {
            name,
            mut child,
            input,
        } = self.running?;
        drop(input);
        let is_for_all = |exit: &Exit| *exit != Exit::Interrupted;
        let mut ended_by = stop.filter(is_for_all);
        let status = loop {
            if ended_by.is_some() {
                terminate(&mut child);
                break child.wait().await.ok();
            }
            tokio::select! {
                biased;
                status = child.wait() => break status.ok(),
                exit = self.signals.next() => ended_by = Some(exit).filter(is_for_all),
            }
        };
        status::set_paged(false);
        // Without a code, a signal ended it.
        if let Some(code) = status
            .and_then(|status| status.code())
            .filter(|code| *code != 0)
        {
            let name = text::line(&name);
            say(&format!(
                "the pager `{name}` failed (exit code {code}); --no-pager does without it"
            ));
        }
        ended_by
    }
}

/// Asks the pager to end, so that it gives the terminal back as it was.
fn terminate(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::TERM);
            return;
        }
    }
    let _ = child.start_kill();
}

/// The words of the pager's command line; `None` for none.
fn asked() -> Option<Vec<String>> {
    let set = VARIABLES.iter().find_map(std::env::var_os);
    let Some(set) = set else {
        let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
        return (!is_dumb || cfg!(windows)).then(|| vec!["less".to_owned()]);
    };
    let words = shlex::split(set.to_str()?)?;
    let is_none = matches!(words.as_slice(), [] | [_])
        && words.iter().all(|word| word == "cat" || word.is_empty());
    (!is_none).then_some(words)
}

fn run(words: &[String]) -> Option<Running> {
    let (program, arguments) = words.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    // What is written is UTF-8, whatever the locale: `less` would show its bytes.
    for (name, value) in [LESS, ("LESSCHARSET", "utf-8"), ("LV", "-c")] {
        if std::env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    let mut child = command.spawn().ok()?;
    let input = child.stdin.take()?;
    Some(Running {
        name: words.join(" "),
        child,
        input,
    })
}
