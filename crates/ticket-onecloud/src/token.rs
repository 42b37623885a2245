//! Tokens: their source, and one renewal for all calls that find the token expired.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{Effect, Error, ErrorKind, Result};
use ticket_http::HttpClient;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::error;

/// Where tokens come from: the vendor's login, or the application's own vault or proxy.
///
/// Asked for a first token if none is configured, and once for a new one when the vendor calls the present one
/// expired. A token younger than 10 seconds is not replaced: see [`OneCloud`](crate::OneCloud).
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
    refusals: std::sync::Mutex<Refusals>,
}

/// How long a token is fresh: the vendor's other servers may not know it yet (inferred).
const FRESH: Duration = Duration::from_secs(10);

/// How many times in a row fresh tokens may be refused.
const MAX_REFUSALS: u32 = 3;

/// Refusals closer together than this count as one: many calls may be refused at the same moment.
const REFUSAL: Duration = Duration::from_secs(1);

/// The refusals of fresh tokens since the last call that was answered.
#[derive(Default)]
struct Refusals {
    count: u32,
    last: Option<Instant>,
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
    /// When it was got; absent for a configured token, whose age is not known.
    since: Option<Instant>,
}

impl Bearer {
    fn new(token: &SecretString, generation: u64) -> Result<Self> {
        let header = SecretString::from(format!("Bearer {}", token.expose_secret()));
        HttpClient::check_secret_header("authorization", &header)?;
        Ok(Self {
            header,
            generation,
            since: None,
        })
    }

    /// Whether it was got just now, so that the vendor cannot have let it expire.
    pub(crate) fn is_fresh(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() < FRESH)
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
            refusals: std::sync::Mutex::default(),
        })
    }

    /// The error of a call whose fresh token was called expired. It is transient, so that the call is made again with
    /// the same token, until the refusals go on for too long.
    pub(crate) fn refused_fresh(&self, expired: Error) -> Error {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.last.is_none_or(|last| last.elapsed() >= REFUSAL) {
            refusals.count = refusals.count.saturating_add(1);
            refusals.last = Some(Instant::now());
        }
        if refusals.count > MAX_REFUSALS {
            return expired;
        }
        let message = "the vendor calls a token expired that it has just issued; the call may be repeated with it";
        let mut error = Error::new(ErrorKind::Unavailable, message).with_effect(Effect::None);
        if let Some(status) = expired.status() {
            error = error.with_status(status);
        }
        if let Some(words) = expired.vendor_message() {
            error = error.with_vendor_message(words);
        }
        error
    }

    /// Notes that the vendor accepted a token.
    pub(crate) fn accepted(&self) {
        *self.refusals.lock().unwrap_or_else(PoisonError::into_inner) = Refusals::default();
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
            .and_then(|token| Bearer::new(&token, generation))
            .map(|bearer| Bearer {
                since: Some(Instant::now()),
                ..bearer
            });
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
    async fn waiting_calls_share_the_first_token_and_each_renewal() {
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
    async fn waiting_calls_share_a_failed_renewal_and_the_next_call_retries() {
        let (source, tokens) = tokens(true);
        let expired = Bearer::new(&"old".into(), 0).unwrap();
        for tries in 1..3 {
            let renewed = join_all((0..50).map(|_| tokens.renew(&expired))).await;
            assert!(renewed.into_iter().all(|bearer| bearer.unwrap().is_err()));
            assert_eq!(asked(&source), tries);
        }
    }

    #[tokio::test]
    async fn dropped_renewal_is_continued_by_waiting_calls() {
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

    fn expired() -> Error {
        Error::new(ErrorKind::TokenExpired, "the token has expired").with_status(401)
    }

    #[tokio::test(start_paused = true)]
    async fn issued_token_is_fresh_for_ten_seconds() {
        let (_, tokens) = tokens(false);
        let bearer = tokens.current().await.unwrap();
        assert!(bearer.is_fresh());
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(bearer.is_fresh());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!bearer.is_fresh());
        assert!(!Bearer::new(&"old".into(), 0).unwrap().is_fresh());
    }

    #[tokio::test(start_paused = true)]
    async fn fresh_token_refused_for_more_than_three_seconds_is_expired() {
        let (_, tokens) = tokens(false);
        let refuse_at_once = || {
            let kinds = [(); 20].map(|()| tokens.refused_fresh(expired()).kind());
            kinds[0]
        };
        for accepted in [false, true] {
            for _ in 0..3 {
                assert_eq!(refuse_at_once(), ErrorKind::Unavailable);
                tokio::time::advance(Duration::from_secs(1)).await;
            }
            if !accepted {
                // An answer in between: the count starts again.
                tokens.accepted();
            }
        }
        assert_eq!(refuse_at_once(), ErrorKind::TokenExpired);
    }
}
