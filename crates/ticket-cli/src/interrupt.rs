//! Ctrl-C during work that must not be interrupted in the middle: the first Ctrl-C finishes requests in
//! flight, the second quits at once. SIGTERM and SIGHUP count as Ctrl-C. Commands that change nothing and
//! print one record keep the system's behaviour: they end at once.

use std::io;

use tickets::Stop;

use crate::failure::Failure;

/// Listens for Ctrl-C, SIGTERM and SIGHUP from now on: the first signal finishes the work, the second
/// abandons it, the third ends the process.
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

    pub(crate) async fn next(&mut self) {
        self.0.recv().await;
    }
}
