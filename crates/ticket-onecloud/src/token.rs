//! Tokens: where they come from, and that many calls with an expired one cause one renewal.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{Effect, Error, Result};
use ticket_http::HttpClient;
use tokio::sync::Mutex;

/// Where tokens come from: the vendor's login, or the application's own vault or proxy.
///
/// Asked for a first token where none is configured, and once for a new one whenever the vendor calls the
/// present one expired.
///
/// ```
/// use secrecy::SecretString;
/// use ticket_core::Result;
/// use ticket_onecloud::{OneCloudConfig, TokenSource};
///
/// #[derive(Debug)]
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
pub trait TokenSource: Debug + Send + Sync + 'static {
    /// A token that is good now.
    ///
    /// # Errors
    ///
    /// Any error ends the calls that wait for the token; as they are not sent, its effect becomes `None`.
    async fn token(&self) -> Result<SecretString>;
}

/// The present token, and what renews it. `Debug` prints no token.
#[derive(Debug)]
pub(crate) struct Tokens {
    source: Option<Arc<dyn TokenSource>>,
    state: Mutex<State>,
    /// How many renewals were tried: whoever waits sees that another one tried meanwhile.
    tries: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Bearer>,
    last_error: Option<Error>,
}

/// A token as the header's value, and which one it is.
#[derive(Clone, Debug)]
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
                let error = error.with_effect(Effect::None);
                state.last_error = Some(error.clone());
                Err(error)
            }
        }
    }
}
