//! Ctrl-C during work that must not be interrupted in the middle: the first Ctrl-C finishes requests in
//! flight, the second quits at once. SIGTERM and SIGHUP count as Ctrl-C. Commands that change nothing and
//! print one record keep the system's behaviour: they end at once.

use std::io;
use std::sync::{Arc, OnceLock};

use tickets::Stop;

use crate::failure::{Exit, Failure};

/// The stop that signals request, and the first of them.
#[derive(Clone, Debug)]
pub(crate) struct Interruption {
    pub(crate) stop: Stop,
    first: Arc<OnceLock<Exit>>,
}

impl Interruption {
    /// The exit code of work that a signal has stopped.
    pub(crate) fn exit(&self) -> Option<Exit> {
        self.first.get().copied()
    }
}

/// Listens for Ctrl-C, SIGTERM and SIGHUP from now on: the first signal finishes the work, the second
/// abandons it, the third ends the process.
pub(crate) fn stop_on_ctrl_c() -> Result<Interruption, Failure> {
    let mut signals = Signals::listen()?;
    let interruption = Interruption {
        stop: Stop::new(),
        first: Arc::default(),
    };
    let told = interruption.clone();
    tokio::spawn(async move {
        let first = signals.next().await;
        // Nothing else sets it.
        let _ = told.first.set(first);
        told.stop.finish();
        signals.next().await;
        told.stop.abandon();
        signals.next().await;
        std::process::exit(first as i32);
    });
    Ok(interruption)
}

/// Listens for Ctrl-C, SIGTERM and SIGHUP, from the call of [`listen`](Self::listen).
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` if it is ignored.
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Self::try_listen()
            .map_err(|error| Failure::local(format!("cannot listen for Ctrl-C: {error}")))
    }
}

#[cfg(unix)]
impl Signals {
    fn try_listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if hangup_is_ignored() {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            },
        })
    }

    /// Waits for the next signal. Returns the exit code of work that it stops.
    pub(crate) async fn next(&mut self) -> Exit {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
            _ = hangup => Exit::HungUp,
        }
    }
}

/// Whether SIGHUP is ignored, as after `nohup`: then the loss of the terminal must not stop the work. This is
/// known on Linux only; on other systems, SIGHUP finishes the work.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is signal 1.
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Listens for Ctrl-C, from the call of [`listen`](Self::listen).
#[cfg(windows)]
pub(crate) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn try_listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    pub(crate) async fn next(&mut self) -> Exit {
        self.0.recv().await;
        Exit::Interrupted
    }
}
