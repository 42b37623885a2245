//! Ctrl-C during work that must not be torn in the middle: the first one asks to finish, the second to
//! leave at once. The system's request to end and the loss of the terminal count as Ctrl-C. Commands that change
//! nothing and print one thing keep the system's behaviour: they just end.

use std::io;

use tickets::Stop;

use crate::failure::Failure;

/// Listens for Ctrl-C and its likes from now on: the first one asks the work to finish, the second one abandons it.
/// After the third one the process ends wherever it is.
pub(crate) fn stop_on_ctrl_c() -> Result<Stop, Failure> {
    let mut signals = Signals::listen()?;
    let stop = Stop::new();
    let told = stop.clone();
    tokio::spawn(async move {
        signals.next().await;
        told.finish();
        signals.next().await;
        told.abandon();
        signals.next().await;
        std::process::exit(1);
    });
    Ok(stop)
}

/// Ctrl-C, the system's request to end and the loss of the terminal, from the moment of
/// [`listen`](Self::listen).
#[cfg(unix)]
pub(crate) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None where it is ignored.
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        Self::try_listen()
            .map_err(|error| Failure::local(format!("Ctrl-C cannot be watched: {error}")))
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

    pub(crate) async fn next(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }
}

/// Whether this was started with `nohup`, or its like: then the loss of the terminal must stop nothing. Known on
/// Linux only; elsewhere the work is finished in order.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is the first of all signals.
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Ctrl-C, from the moment of [`listen`](Self::listen).
#[cfg(windows)]
pub(crate) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn try_listen() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    pub(crate) async fn next(&mut self) {
        self.0.recv().await;
    }
}
