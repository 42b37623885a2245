//! What a reply of 4 MiB costs in memory. A test program of its own, with one test, since it counts every allocation.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail loudly"
)]

use std::alloc::System;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde::Deserialize;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use ticket_http::{HttpClient, HttpConfig, Reply, WireId};

#[global_allocator]
static ALLOCATIONS: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const SIZE: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
struct List {
    rows: Vec<Reply<Row>>,
}

#[derive(Deserialize)]
struct Row {
    id: WireId,
    description: String,
}

/// Replies once with this body, of a length that it tells or does not tell.
fn start(body: &'static [u8], tells_length: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let length = format!("content-length: {}\r\n", body.len());
        let length = if tells_length { length.as_str() } else { "" };
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{length}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
    });
    url
}

/// How often the body's size is allocated since `region` began. Every allocation counts, also one that is freed
/// at once: as an upper bound of the memory it is the same on every computer.
fn times(region: &Region<'_, System>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let times = region.change().bytes_allocated as f64 / SIZE as f64;
    times
}

#[tokio::test]
async fn reply_of_4_mib_costs_a_few_times_its_size() {
    let row = format!(r#"{{"id":1,"description":"{}"}}"#, "d".repeat(1000));
    let rows = vec![row; SIZE / 1030].join(",");
    let body: &[u8] = format!(r#"{{"rows":[{rows}]}}"#).leak().as_bytes();
    for tells_length in [true, false] {
        let url = start(body, tells_length);
        let client = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap();
        let region = Region::new(ALLOCATIONS);
        let reply = client.get(&["t"]).send().await.unwrap();
        let read = times(&region);
        assert!(read < 2.0, "{read} times the body to read it");

        let region = Region::new(ALLOCATIONS);
        let list = reply.reply::<List>().unwrap();
        // The whole JSON, that of each row, and the values.
        let decoded = times(&region);
        assert!(decoded < 3.5, "{decoded} times the body to decode it");
        let row = &list.value.rows[0];
        assert_eq!(row.value.id.as_str(), "1");
        assert_eq!(row.value.description.len(), 1000);
    }
    let tiny: &[u8] = format!(
        r#"{{"rows":[{}]}}"#,
        vec![r#"{"id":1}"#; SIZE / 9 - 2].join(",")
    )
    .leak()
    .as_bytes();
    let client = HttpClient::new(&start(tiny, true), &HttpConfig::default(), &[]).unwrap();
    let reply = client.get(&["t"]).send().await.unwrap();
    let region = Region::new(ALLOCATIONS);
    let error = reply.reply::<List>().map(drop).unwrap_err();
    assert!(error.message().contains("list items"), "{error}");
    assert!(times(&region) < 0.1);
}
