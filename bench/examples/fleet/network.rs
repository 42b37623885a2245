//! The network between workers and their ledger, which can be cut without either end being told.
//!
//! As root it is a network namespace of the workers with two links to this one: one leads to the ledger and is cut, one to
//! the vendors. Elsewhere it is a proxy that stops handing on.

use std::net::SocketAddr;
use std::process::{Command, ExitCode};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A port that hands on to another one.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    to: SocketAddr,
    is_cut: bool,
    /// Grows when all connections are to end.
    generation: u32,
}

impl Proxy {
    /// Listens here (port 0: any), and hands on there.
    pub(crate) async fn start(listen: SocketAddr, to: SocketAddr) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = State {
            to,
            is_cut: false,
            generation: 0,
        };
        let (sender, receiver) = watch::channel(state);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(hand_on(near, receiver.clone()));
            }
        });
        Self {
            address,
            state: sender,
        }
    }

    /// Whether nothing is handed on any more: both ends wait.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.state.send_modify(|state| state.is_cut = is_cut);
    }

    /// Hands on to another port from now on, and ends all connections.
    pub(crate) fn lead_to(&self, to: SocketAddr) {
        self.state.send_modify(|state| {
            state.to = to;
            state.generation += 1;
        });
    }
}

async fn hand_on(near: TcpStream, mut state: watch::Receiver<State>) {
    let Ok(now) = state.wait_for(|state| !state.is_cut).await.map(|now| *now) else {
        return;
    };
    let Ok(far) = TcpStream::connect(now.to).await else {
        return;
    };
    let _ = near.set_nodelay(true);
    let _ = far.set_nodelay(true);
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let (one, other) = (state.clone(), state.clone());
    tokio::select! {
        () = one_way(near_in, far_out, one) => {}
        () = one_way(far_in, near_out, other) => {}
        _ = state.wait_for(|state| state.generation != now.generation) => {}
    }
}

async fn one_way(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if state.wait_for(|state| !state.is_cut).await.is_err()
            || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct ForwardArgs {
    listen: SocketAddr,
    to: SocketAddr,
}

/// Hands on until the input ends.
pub(crate) async fn forward_until_the_end(args: &ForwardArgs) -> ExitCode {
    let _proxy = Proxy::start(args.listen, args.to).await;
    let end = || std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    let _ = tokio::task::spawn_blocking(end).await;
    ExitCode::SUCCESS
}

/// A network namespace with a link to the ledger and one to the vendors.
pub(crate) struct Namespace {
    name: String,
    _ledger: Proxy,
    _vendors: Proxy,
    /// Where workers in it find the ledger and the vendors.
    pub(crate) ledger: SocketAddr,
    pub(crate) vendors: SocketAddr,
}

impl Namespace {
    /// `None` where none can be made: who runs this is not root, or there is no command `ip`.
    pub(crate) async fn new(ledger: SocketAddr, vendors: SocketAddr) -> Option<Self> {
        let number = std::process::id() % 250;
        let name = format!("fleet{number}");
        // A namespace that a killed laboratory left.
        let _ = Command::new("ip").args(["netns", "del", &name]).output();
        if !ip(&format!("netns add {name}")) {
            return None;
        }
        let lines = ["a", "b"].into_iter().zip([8, 9]).flat_map(|(link, net)| {
            let (here, there) = (format!("fl{link}{number}h"), format!("fl{link}{number}n"));
            [
                format!("link add {here} type veth peer name {there}"),
                format!("link set {there} netns {name}"),
                format!("addr add 10.21{net}.{number}.1/30 dev {here}"),
                format!("link set {here} up"),
                format!("-n {name} addr add 10.21{net}.{number}.2/30 dev {there}"),
                format!("-n {name} link set {there} up"),
            ]
        });
        let mut made = lines.map(|line| ip(&line));
        if !made.all(|made| made) || !ip(&format!("-n {name} link set lo up")) {
            return None;
        }
        let at = |net: u8| format!("10.21{net}.{number}.1:0").parse().unwrap();
        let to_ledger = Proxy::start(at(8), ledger).await;
        let to_vendors = Proxy::start(at(9), vendors).await;
        Some(Self {
            name,
            ledger: to_ledger.address,
            vendors: to_vendors.address,
            _ledger: to_ledger,
            _vendors: to_vendors,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes the carrier from the link to the ledger, or gives it back.
    pub(crate) fn cut(&self, is_cut: bool) {
        let number = self.name.trim_start_matches("fleet");
        let way = if is_cut { "down" } else { "up" };
        assert!(
            ip(&format!("link set fla{number}h {way}")),
            "the link cannot be set {way}"
        );
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // Its links go with it.
        ip(&format!("netns del {}", self.name));
    }
}

/// Runs the command `ip`. Returns whether it did it.
fn ip(arguments: &str) -> bool {
    let output = Command::new("ip").args(arguments.split(' ')).output();
    output.is_ok_and(|output| output.status.success())
}
