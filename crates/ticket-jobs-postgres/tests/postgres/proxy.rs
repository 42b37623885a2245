//! Stands between a ledger and its server: counts statements, and can lose an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Default)]
struct State {
    statements: AtomicUsize,
    loses_next: AtomicBool,
}

/// A proxy on a port of its own.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    state: Arc<State>,
    port: u16,
}

impl Proxy {
    pub(crate) async fn start(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            state: Arc::default(),
            port: listener.local_addr().unwrap().port(),
        };
        let state = Arc::clone(&proxy.state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(("127.0.0.1", server_port))
                    .await
                    .unwrap();
                far.set_nodelay(true).unwrap();
                near.set_nodelay(true).unwrap();
                let ((near_in, near_out), (far_in, far_out)) =
                    (near.into_split(), far.into_split());
                tokio::spawn(requests(Arc::clone(&state), near_in, far_out));
                tokio::spawn(answers(Arc::clone(&state), far_in, near_out));
            }
        });
        proxy
    }

    /// The URL of the server through the proxy.
    pub(crate) fn url(&self, url: &str, server_port: &str) -> String {
        url.replace(&format!(":{server_port}/"), &format!(":{}/", self.port))
    }

    /// How many statements were sent since the last time.
    pub(crate) fn statements(&self) -> usize {
        self.state.statements.swap(0, Ordering::SeqCst)
    }

    /// The answer to the next statement is lost, with the connection.
    pub(crate) fn lose_next_answer(&self) {
        self.state.loses_next.store(true, Ordering::SeqCst);
    }

    pub(crate) fn has_lost(&self) -> bool {
        !self.state.loses_next.load(Ordering::SeqCst)
    }
}

/// Hands on requests. Each statement ends with the message Sync; the first message of a connection has no type.
async fn requests(state: Arc<State>, mut near: OwnedReadHalf, mut far: OwnedWriteHalf) {
    let mut is_first = true;
    loop {
        let mut head = vec![0; if is_first { 4 } else { 5 }];
        if near.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes(head[head.len() - 4..].try_into().unwrap());
        let mut body = vec![0; length as usize - 4];
        if near.read_exact(&mut body).await.is_err() {
            return;
        }
        if !is_first && head[0] == b'S' {
            state.statements.fetch_add(1, Ordering::SeqCst);
        }
        is_first = false;
        head.extend(body);
        if far.write_all(&head).await.is_err() {
            return;
        }
    }
}

/// Hands on answers, unless one is to be lost.
async fn answers(state: Arc<State>, mut far: OwnedReadHalf, mut near: OwnedWriteHalf) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = far.read(&mut buffer).await {
        if state.loses_next.swap(false, Ordering::SeqCst) {
            return;
        }
        if near.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
