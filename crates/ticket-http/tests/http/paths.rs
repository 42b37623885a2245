//! Ids of every kind: they stay one segment of their own address, or they are not sent.

use percent_encoding::percent_decode_str;
use ticket_core::{Effect, ErrorKind};
use ticket_http::{HttpClient, HttpConfig};

use crate::server::Server;

#[tokio::test]
async fn a_hostile_id_never_reaches_another_path() {
    let long = "9".repeat(10_000);
    let refused = [
        "",
        ".",
        "..",
        "../x",
        "..\\x",
        "x/../y",
        "%2e",
        "%2e%2e",
        "%2E.",
        "%252e%252e",
        "..%2f",
        "..%2Fx",
        "..%5cx",
        "%2e%2e%2f",
        "..;/x",
        "\0",
        "1\n",
        "1\r\nhost: x",
        "%00",
        "%0d%0a",
        &long,
    ];
    let accepted = [
        "a/b",
        "a\\b",
        "1?x=2",
        "1#f",
        "1;v=2",
        "1&x=2",
        "äß",
        "日本",
        "%31",
        "%",
        "%zz",
        "a b",
        "...",
        "1..2",
        "http://example.com/x",
        "//example.com",
        "/x",
        "1/",
        "@",
        ":",
        "*",
        "'\"<>`{}|^[]",
    ];
    let server = Server::agreeable().await;
    let base = format!("{}/api/v2", server.url());
    let client = HttpClient::new(&base, &HttpConfig::default(), &[]).unwrap();

    for id in refused {
        for path in [&["tickets", id][..], &["tickets", id, "close"], &[id]] {
            let error = client.delete(path).send().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id:?}");
            assert_eq!(error.effect(), Effect::None, "{id:?}");
        }
    }
    for id in accepted {
        let reply = client
            .delete(&["tickets", id, "close"])
            .send()
            .await
            .unwrap();
        assert!(reply.is_success(), "{id:?}");
    }

    // Had a refused one been sent, it would stand here too.
    let seen = server.seen();
    assert_eq!(seen.len(), accepted.len());
    for (seen, id) in seen.iter().zip(accepted) {
        assert!(
            seen.line().starts_with("DELETE /api/v2/tickets/"),
            "{seen:?}"
        );
        let segment = seen.target().strip_prefix("/api/v2/tickets/").unwrap();
        let segment = segment.strip_suffix("/close").unwrap();
        assert!(
            !segment.contains(['/', '\\', '?', '#', ';', '&']),
            "{seen:?}"
        );
        assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), id);
    }
}

#[tokio::test]
async fn the_path_of_the_base_url_is_kept() {
    let server = Server::agreeable().await;
    for base in ["", "/", "/desk", "/desk/", "/desk/v2//"] {
        let url = format!("{}{base}", server.url());
        let client = HttpClient::new(&url, &HttpConfig::default(), &[]).unwrap();
        client.get(&["t", "1"]).send().await.unwrap();
        client.get(&[]).query("x", "1").send().await.unwrap();
    }
    assert_eq!(
        server.targets(),
        [
            "/t/1",
            "/?x=1",
            "/t/1",
            "/?x=1",
            "/desk/t/1",
            "/desk?x=1",
            "/desk/t/1",
            "/desk?x=1",
            "/desk/v2/t/1",
            "/desk/v2?x=1",
        ]
    );
}

#[tokio::test]
async fn a_query_value_cannot_add_a_parameter() {
    let server = Server::agreeable().await;
    let client = server.client();
    let request = client
        .get(&["t"])
        .query("since&Id", "1&limit=9#x y+z\n")
        .query("e", "");
    request.send().await.unwrap();
    assert_eq!(
        server.targets(),
        ["/t?since%26Id=1%26limit%3D9%23x%20y%2Bz%0A&e="]
    );
}

#[tokio::test]
async fn an_address_too_long_to_send_is_refused() {
    let server = Server::agreeable().await;
    let client = server.client();
    let error = client
        .get(&["t"])
        .query("q", &"9".repeat(100_000))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.effect(), Effect::None);
    client.get(&["next"]).send().await.unwrap();
    assert_eq!(server.targets(), ["/next"]);
}
