//! Serves on a free port of this computer, prints the address, and runs until its standard input ends. With an argument, each
//! reply is so many milliseconds late.

#![allow(clippy::print_stdout, reason = "the address is for whoever started it")]

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), ticket_bench::Error> {
    let latency = std::env::args()
        .nth(1)
        .map_or(Ok(0), |millis| millis.parse())?;
    let latency = Duration::from_millis(latency);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let ended = async { tokio::io::stdin().read(&mut [0]).await };
    tokio::select! {
        served = ticket_bench::server::serve(listener, None, latency) => served,
        _ = ended => Ok(()),
    }
}
