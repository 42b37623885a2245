//! What it takes to build a request, which is not sent. `cargo bench -p ticket-http`.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where it fails")]

use divan::{AllocProfiler, Bencher};
use secrecy::SecretString;
use ticket_http::{HttpClient, HttpConfig};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// The ids: a number, and one whose every character must be encoded and looked at in each decoded form.
#[divan::bench(args = ["2531581", "%2525/%2525"])]
fn path_and_query(bencher: Bencher<'_, '_>, id: &str) {
    let key = [("authorization", SecretString::from("Bearer s3cret"))];
    let client = HttpClient::new("http://127.0.0.1:9/desk", &HttpConfig::default(), &key).unwrap();
    bencher.bench(|| {
        let request = client.get(&["api", "tickets", id]);
        request.query("limit", "20").query("offset", "40")
    });
}
