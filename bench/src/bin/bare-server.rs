//! Serves on a free port of this computer, prints the address, and runs until its standard input ends.

#![allow(clippy::print_stdout, reason = "the address is for whoever started it")]

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), ticket_bench::Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let ended = async { tokio::io::stdin().read(&mut [0]).await };
    tokio::select! {
        served = ticket_bench::server::serve(listener, None) => served,
        _ = ended => Ok(()),
    }
}
