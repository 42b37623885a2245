//! A vendor that answers whatever it is told to, and the three providers connected to it: bare, without
//! layers, so that one call is at most one request.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};

use tickets::{AccountConfig, ErrorKind, Registry, TicketProvider};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// What is sent to prove who calls. Nothing that is shown may hold it.
pub(crate) const CREDENTIAL: &str = "cred-7f3a91c4e85b-zq";
/// The keys of the vendor that has two.
pub(crate) const SECOND_CREDENTIAL: &str = "second-5d2e8b17f0-wx";

pub(crate) const PROVIDERS: &[&str] = &["leadsquared", "onecloud", "sweeppea"];

#[derive(Default)]
struct State {
    answer: Vec<u8>,
    seen: Vec<ReceivedRequest>,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl ReceivedRequest {
    /// Method and target.
    pub(crate) fn line(&self) -> (&str, &str) {
        let mut words = self.head.split(' ');
        (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        )
    }

    fn says(&self, words: &str) -> bool {
        self.head.to_ascii_lowercase().contains(words)
    }
}

pub(crate) struct Vendor {
    pub(crate) runtime: Runtime,
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    providers: Vec<Arc<dyn TicketProvider>>,
}

thread_local! {
    static VENDOR: Vendor = Vendor::start();
}

/// Lends this thread's vendor.
pub(crate) fn with<T>(body: impl FnOnce(&Vendor) -> T) -> T {
    VENDOR.with(body)
}

impl Vendor {
    fn start() -> Self {
        // All in one thread: what a fuzzer counts is then the same for the same input.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/base", listener.local_addr().unwrap());
        let shared = Arc::clone(&state);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        let registry = Registry::new();
        let providers = PROVIDERS.iter().map(|id| {
            let account = AccountConfig::new(*id).setting("base_url", url.clone());
            let account = match *id {
                "onecloud" => account.setting("token", CREDENTIAL),
                "sweeppea" => account.setting("api_key", CREDENTIAL),
                _ => account
                    .setting("org_id", "22824")
                    .setting("access_key", CREDENTIAL)
                    .setting("secret_key", SECOND_CREDENTIAL),
            };
            (registry.get(id).unwrap().connect)(&account).unwrap()
        });
        Self {
            providers: providers.collect(),
            runtime,
            url,
            state,
        }
    }

    pub(crate) fn provider(&self, id: &str) -> &dyn TicketProvider {
        let mut providers = self.providers.iter();
        providers
            .find(|provider| provider.info().id == id)
            .unwrap()
            .as_ref()
    }

    /// Answers so from now on, and forgets what it saw.
    pub(crate) fn answer(&self, bytes: Vec<u8>) {
        let mut state = lock(&self.state);
        state.answer = bytes;
        state.seen.clear();
    }

    /// What arrived since the last [`answer`](Self::answer).
    pub(crate) fn seen(&self) -> Vec<ReceivedRequest> {
        lock(&self.state).seen.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let _ = stream.set_nodelay(true);
    let mut bytes = Vec::new();
    while let Some(seen) = next_request(&mut stream, &mut bytes).await {
        let answer = {
            let mut state = lock(&state);
            state.seen.push(seen);
            state.answer.clone()
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

async fn next_request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<ReceivedRequest> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let mut seen = ReceivedRequest {
                head,
                body: Vec::new(),
            };
            let lines = seen.head.lines();
            let length = lines
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, length)| length.trim().parse::<usize>().unwrap());
            let rest = &bytes[end + 4..];
            // Nothing that is sent here ends so but a form in chunks.
            let whole = if seen.says("transfer-encoding: chunked") {
                rest.ends_with(b"0\r\n\r\n").then_some(rest.len())
            } else {
                (rest.len() >= length).then_some(length)
            };
            if let Some(length) = whole {
                seen.body = rest[..length].to_vec();
                bytes.drain(..end + 4 + length);
                return Some(seen);
            }
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// What is true of every error, whatever it is about.
pub(crate) fn assert_fit_to_show(error: &tickets::Error) {
    use std::error::Error as _;

    let words = error.to_string();
    assert!(!words.chars().any(char::is_control), "{words:?}");
    assert!(words.chars().count() < 1_200, "{words:?}");
    let mut shown = format!("{words}\n{error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        write!(shown, "\n{cause}\n{cause:?}").unwrap();
        source = cause.source();
    }
    // Half of one is too much as well.
    for credential in [CREDENTIAL, SECOND_CREDENTIAL] {
        assert!(!shown.contains(&credential[..8]), "{shown}");
    }
    if error.kind() == ErrorKind::Config || error.kind() == ErrorKind::Unsupported {
        assert_eq!(error.effect(), tickets::Effect::None, "{words}");
    }
}
