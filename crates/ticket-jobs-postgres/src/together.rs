//! Statements that go together: what is asked for while one runs is asked for in the next one.
//!
//! Alone, a statement runs at once. Where many calls begin at the same time, the account's row is locked once for all of them
//! instead of once for each, and one commit waits for the disk.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ticket_core::{Error, Result};
use tokio::sync::oneshot;

/// How many go in one statement at most, so that it locks an account only for some milliseconds.
const MOST: usize = 64;

/// What is asked for, and who waits for the answer.
type Waiting<Q, A> = Vec<(Q, oneshot::Sender<Result<A>>)>;

/// Questions about the same thing, which one statement answers. A thing is in it as long as a task runs statements about it.
#[derive(Debug)]
pub(crate) struct Together<K, Q, A>(Mutex<HashMap<K, Waiting<Q, A>>>);

impl<K, Q, A> Default for Together<K, Q, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K, Q, A> Together<K, Q, A>
where
    K: Clone + Eq + Hash + Send + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    /// Asks about a thing, together with all that ask while an earlier statement about it runs. `all` answers questions in
    /// their order; its error is everybody's. It runs in a task, so that whoever stops waiting does not keep the others.
    pub(crate) async fn ask<F>(
        self: &Arc<Self>,
        about: &K,
        question: Q,
        all: impl Fn(Vec<Q>) -> F + Send + Sync + 'static,
    ) -> Result<A>
    where
        F: Future<Output = Result<Vec<A>>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let is_first = {
            let mut things = self.lock();
            let is_first = !things.contains_key(about);
            let waiting = things.entry(about.clone()).or_default();
            waiting.push((question, sender));
            is_first
        };
        if is_first {
            let running = Running {
                together: Arc::clone(self),
                about: about.clone(),
                is_done: false,
            };
            tokio::spawn(running.run(all));
        }
        let stopped = |_| Err(Error::config("the ledger's task was stopped"));
        receiver.await.unwrap_or_else(stopped)
    }
}

impl<K, Q, A> Together<K, Q, A> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Waiting<Q, A>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that runs statements about a thing.
struct Running<K: Eq + Hash, Q, A> {
    together: Arc<Together<K, Q, A>>,
    about: K,
    is_done: bool,
}

impl<K: Eq + Hash, Q, A> Running<K, Q, A> {
    async fn run<F>(mut self, all: impl Fn(Vec<Q>) -> F)
    where
        F: Future<Output = Result<Vec<A>>>,
    {
        while let Some(waiting) = self.next() {
            let (questions, senders): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
            // Who does not wait any more does not need the answer.
            match all(questions).await {
                Ok(answers) => {
                    for (sender, answer) in senders.into_iter().zip(answers) {
                        let _ = sender.send(Ok(answer));
                    }
                }
                Err(error) => {
                    for sender in senders {
                        let _ = sender.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Those that go in the next statement. Without any, the task ends.
    fn next(&mut self) -> Option<Waiting<Q, A>> {
        let mut things = self.together.lock();
        let waiting = things.get_mut(&self.about)?;
        if waiting.is_empty() {
            things.remove(&self.about);
            self.is_done = true;
            return None;
        }
        let many = waiting.len().min(MOST);
        Some(waiting.drain(..many).collect())
    }
}

impl<K: Eq + Hash, Q, A> Drop for Running<K, Q, A> {
    /// With its runtime. Those that wait are told.
    fn drop(&mut self) {
        if !self.is_done {
            self.together.lock().remove(&self.about);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn what_is_asked_while_a_statement_runs_goes_in_the_next_one_and_things_do_not_wait_for_each_other()
     {
        let together = Arc::new(Together::<&str, u32, (u32, usize)>::default());
        let gate = Arc::new(Semaphore::new(0));
        let ask = |about: &'static str, question| {
            let (together, gate) = (Arc::clone(&together), Arc::clone(&gate));
            tokio::spawn(async move {
                let all = move |questions: Vec<u32>| {
                    let gate = Arc::clone(&gate);
                    async move {
                        gate.acquire().await.unwrap().forget();
                        let many = questions.len();
                        Ok(questions.into_iter().map(|one| (one, many)).collect())
                    }
                };
                together.ask(&about, question, all).await.unwrap()
            })
        };
        let mut asked = Vec::new();
        for (about, question) in [("a", 1), ("a", 2), ("b", 3), ("a", 4)] {
            asked.push(ask(about, question));
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        gate.add_permits(3);
        let mut told = Vec::new();
        for asked in asked {
            told.push(asked.await.unwrap());
        }
        assert_eq!(told, [(1, 1), (2, 2), (3, 1), (4, 2)]);
        assert!(together.lock().is_empty());
    }

    #[test]
    fn end_of_the_runtime_is_told_and_the_next_one_can_ask() {
        let together = Arc::new(Together::<(), (), ()>::default());
        let runtime = || {
            tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap()
        };
        let first = runtime();
        let asking = {
            let together = Arc::clone(&together);
            async move {
                let never = |_| std::future::pending::<Result<Vec<()>>>();
                together.ask(&(), (), never).await
            }
        };
        let asking = first.spawn(asking);
        first.block_on(tokio::task::yield_now());
        drop(first);
        drop(asking);
        let answered = runtime().block_on(together.ask(&(), (), |all| async move { Ok(all) }));
        assert!(answered.is_ok());
    }
}
