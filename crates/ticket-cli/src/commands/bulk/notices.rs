//! What a bulk change tells beside its outcomes, in words on stderr.

use ticket_jobs::Unasked;
use tickets::Change;
use tickets::bulk::{BulkOptions, Notice};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

use super::plan::Plan;
use super::words;
use crate::text;

/// The notices of all accounts.
pub(super) struct Notices {
    change: Change,
    told: UnboundedReceiver<(String, Notice)>,
}

impl Notices {
    /// Adds a listener to the options. For a single ticket, its outcome says why the change ends.
    pub(super) fn of(plan: &Plan, options: BulkOptions) -> (Self, BulkOptions) {
        let (sender, told) = unbounded_channel();
        let is_single = plan.len() == 1;
        let options = options.notify(move |account, notice| {
            match notice {
                Notice::Ended(_) if is_single => return,
                // The outcome of the ticket says more.
                Notice::Held(_) => return,
                _ => {}
            }
            // It fails only once nobody reads any more.
            let _ = sender.send((account.to_owned(), notice.clone()));
        });
        let notices = Self {
            change: plan.change.clone(),
            told,
        };
        (notices, options)
    }

    /// The next notice, in words; waits for ever if there is none.
    pub(super) async fn next(&mut self) -> String {
        match self.told.recv().await {
            Some((account, notice)) => self.words(&account, &notice),
            None => std::future::pending().await,
        }
    }

    /// The notices that were not read yet.
    pub(super) fn drain(&mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Ok((account, notice)) = self.told.try_recv() {
            rest.push(self.words(&account, &notice));
        }
        rest
    }

    fn words(&self, name: &str, notice: &Notice) -> String {
        let account = text::line(name);
        let wait = |until: &Instant| {
            let wait = until.saturating_duration_since(Instant::now());
            text::seconds(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
        };
        match notice {
            Notice::Paused { error, until } => format!(
                "{account}: {}; trying again in {}",
                text::line(error.message()),
                wait(until)
            ),
            Notice::Looking { tickets, until } => format!(
                "{account}: {tickets} accepted but not confirmed; looking again in {}",
                wait(until)
            ),
            Notice::Accepted { tickets, until, .. } => format!(
                "{account}: {tickets} accepted, which the vendor carries out later; asking again in {}",
                wait(until)
            ),
            Notice::Ended(error) => ended(&account, &text::line(error.message())),
            Notice::Resumed => format!("{account}: the vendor answers again"),
            Notice::Unasked(tickets) => {
                let mut unasked = Unasked::new(name);
                unasked.add(tickets, u64::try_from(tickets.len()).unwrap_or(u64::MAX));
                words::unasked(&self.change, &unasked)
            }
            _ => format!("{account}: {notice:?}"),
        }
    }
}

/// What is said when the work on an account ends early, for this reason.
fn ended(account: &str, why: &str) -> String {
    if why.starts_with("not attempted because") {
        format!("{account}: the rest is {why}")
    } else if why.starts_with("this worker is lost") {
        // The run follows with another worker.
        format!(
            "{account}: this process was stopped or asleep for too long; going on with what is still open"
        )
    } else {
        format!("{account}: nothing more is sent: {why}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepted_change_is_told_in_words() {
        let job = tickets::provider::VendorJob::new("8b726e606741012ffc2d782bcb7848fe");
        let (_sender, told) = unbounded_channel();
        let notices = Notices {
            change: Change::Delete,
            told,
        };
        let accepted = Notice::Accepted {
            job,
            tickets: 100,
            until: Instant::now(),
        };
        assert_eq!(
            notices.words("eu", &accepted),
            "eu: 100 accepted, which the vendor carries out later; asking again in 0 s"
        );
    }

    #[test]
    fn process_that_was_asleep_does_not_say_that_nothing_more_is_sent() {
        let lost = "this worker is lost or has finished; nothing was sent";
        let words = ended("eu", lost);
        assert!(
            words.ends_with("going on with what is still open"),
            "{words}"
        );
        let words = ended("eu", "the key is wrong");
        assert_eq!(words, "eu: nothing more is sent: the key is wrong");
    }
}
