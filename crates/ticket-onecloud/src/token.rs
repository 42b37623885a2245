//! Tokens: where they come from, and that many calls with an expired one cause one renewal.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{Effect, Error, Result};
use ticket_http::HttpClient;
use tokio::sync::Mutex;

use crate::error;

/// Where tokens come from: the vendor's login, or the application's own vault or proxy.
///
/// Asked for a first token where none is configured, and once for a new one whenever the vendor calls the
/// present one expired.
///
/// ```
/// use ticket_core::{Result, SecretString};
/// use ticket_onecloud::{OneCloudConfig, TokenSource};
///
/// struct Vault;
///
/// #[async_trait::async_trait]
/// impl TokenSource for Vault {
///     async fn token(&self) -> Result<SecretString> {
///         Ok(SecretString::from("read from the vault"))
///     }
/// }
///
/// let config = OneCloudConfig::with_source("https://onecloud.example.com", Vault);
/// # let _ = config;
/// ```
#[async_trait]
pub trait TokenSource: Send + Sync + 'static {
    /// A token that is good now.
    ///
    /// # Errors
    ///
    /// Any error ends the calls that wait for the token; as they are not sent, its effect becomes `None`. One that
    /// would read as an answer about the ticket, such as `NotFound`, becomes `Unauthenticated`.
    async fn token(&self) -> Result<SecretString>;
}

/// The present token, and what renews it.
pub(crate) struct Tokens {
    source: Option<Arc<dyn TokenSource>>,
    state: Mutex<State>,
    /// How many renewals were tried: whoever waits sees that another one tried meanwhile.
    tries: AtomicU64,
}

struct State {
    current: Option<Bearer>,
    last_error: Option<Error>,
}

/// A token as the header's value, and which one it is.
#[derive(Clone)]
pub(crate) struct Bearer {
    pub(crate) header: SecretString,
    generation: u64,
}

impl Bearer {
    fn new(token: &SecretString, generation: u64) -> Result<Self> {
        let header = SecretString::from(format!("Bearer {}", token.expose_secret()));
        HttpClient::check_secret_header("authorization", &header)?;
        Ok(Self { header, generation })
    }
}

// The application's own source may hold a secret, and would print it.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("renewable", &self.source.is_some())
            .finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn new(
        token: Option<&SecretString>,
        source: Option<Arc<dyn TokenSource>>,
    ) -> Result<Self> {
        let current = token.map(|token| Bearer::new(token, 0)).transpose()?;
        Ok(Self {
            source,
            state: Mutex::new(State {
                current,
                last_error: None,
            }),
            tries: AtomicU64::new(0),
        })
    }

    /// The token to call with; the first one is got here.
    pub(crate) async fn current(&self) -> Result<Bearer> {
        let tries = self.tries.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        match &state.current {
            Some(bearer) => Ok(bearer.clone()),
            None => self.renewed(&mut state, tries, 0).await,
        }
    }

    /// A token in place of `expired`; `None` where nothing can renew it. One renewal serves all calls
    /// that wait for it, and so does its failure.
    pub(crate) async fn renew(&self, expired: &Bearer) -> Option<Result<Bearer>> {
        self.source.as_ref()?;
        let tries = self.tries.load(Ordering::Acquire);
        let mut state = self.state.lock().await;
        match &state.current {
            Some(bearer) if bearer.generation != expired.generation => Some(Ok(bearer.clone())),
            _ => Some(
                self.renewed(&mut state, tries, expired.generation + 1)
                    .await,
            ),
        }
    }

    async fn renewed(&self, state: &mut State, tries: u64, generation: u64) -> Result<Bearer> {
        let Some(source) = &self.source else {
            return Err(Error::config(
                "there is neither a token nor a way to get one",
            ));
        };
        let tried_meanwhile = self.tries.load(Ordering::Acquire) != tries;
        if let Some(error) = state.last_error.as_ref().filter(|_| tried_meanwhile) {
            return Err(error.clone());
        }
        let token = source
            .token()
            .await
            .and_then(|token| Bearer::new(&token, generation));
        self.tries.fetch_add(1, Ordering::AcqRel);
        match token {
            Ok(bearer) => {
                *state = State {
                    current: Some(bearer.clone()),
                    last_error: None,
                };
                Ok(bearer)
            }
            Err(error) => {
                // Whatever went wrong, the call that wants the token was not sent.
                let error = error::without_token(error).with_effect(Effect::None);
                state.last_error = Some(error.clone());
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;
    use ticket_core::ErrorKind;

    use super::*;

    /// Gives what it is told to give, and counts.
    #[derive(Default)]
    struct Counting {
        asked: AtomicUsize,
        fails: bool,
    }

    #[async_trait]
    impl TokenSource for Counting {
        async fn token(&self) -> Result<SecretString> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            // Everybody else comes to wait meanwhile.
            tokio::task::yield_now().await;
            if self.fails {
                return Err(Error::new(ErrorKind::Unavailable, "the vault is sealed"));
            }
            Ok(format!("token {asked}").into())
        }
    }

    fn tokens(fails: bool) -> (Arc<Counting>, Tokens) {
        let source = Arc::new(Counting {
            fails,
            ..Counting::default()
        });
        let tokens = Tokens::new(None, Some(source.clone())).unwrap();
        (source, tokens)
    }

    fn asked(source: &Counting) -> usize {
        source.asked.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn those_who_wait_share_the_first_token_and_each_renewal() {
        let (source, tokens) = tokens(false);
        let first = join_all((0..50).map(|_| tokens.current())).await;
        assert_eq!(asked(&source), 1);
        let expired = first[0].as_ref().unwrap();
        let renewed = join_all((0..50).map(|_| tokens.renew(expired))).await;
        assert_eq!(asked(&source), 2);
        // Who comes late with the old one gets the new one.
        let late = tokens.renew(expired).await;
        assert_eq!(asked(&source), 2);
        for bearer in renewed.into_iter().chain([late]) {
            let header = bearer.unwrap().unwrap().header;
            assert_eq!(header.expose_secret(), "Bearer token 1");
        }
    }

    #[tokio::test]
    async fn those_who_wait_share_a_failure_and_the_next_one_tries_again() {
        let (source, tokens) = tokens(true);
        let expired = Bearer::new(&"old".into(), 0).unwrap();
        for tries in 1..3 {
            let renewed = join_all((0..50).map(|_| tokens.renew(&expired))).await;
            assert!(renewed.into_iter().all(|bearer| bearer.unwrap().is_err()));
            assert_eq!(asked(&source), tries);
        }
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_renewal_to_those_who_wait() {
        let (source, tokens) = tokens(false);
        let expired = Bearer::new(&"old".into(), 0).unwrap();
        let mut given_up = Box::pin(tokens.renew(&expired));
        assert!((&mut given_up).now_or_never().is_none());
        let mut waiting = Box::pin(tokens.renew(&expired));
        assert!((&mut waiting).now_or_never().is_none());
        drop(given_up);
        assert!(waiting.await.unwrap().is_ok());
        assert_eq!(asked(&source), 2);
    }
}
