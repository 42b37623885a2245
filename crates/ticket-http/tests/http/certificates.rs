//! Certificates: which are refused, what is told then, and that `SSL_CERT_FILE` makes a private authority trusted.
//! Tests run themselves again in processes of their own, since a process cannot safely change its environment.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ticket_core::{Effect, ErrorKind};
use ticket_http::{HttpClient, HttpConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const VARIABLE: &str = "SSL_CERT_FILE";

/// The port of the server; set for the child alone.
const PORT: &str = "TICKET_HTTP_TEST_PORT";

/// The authority that signed the server's certificate.
const AUTHORITY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/http/certificates/authority.pem"
);

/// A certificate that did not sign the server's, so that the system's authorities do not matter.
const OTHER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/http/certificates/localhost.pem"
);

/// Runs this test alone in a process with this `SSL_CERT_FILE`.
async fn again(test: &'static str, port: u16, file: &Path) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &format!("certificates::{test}"), "--nocapture"]);
    child.env(PORT, port.to_string());
    child.env_remove("SSL_CERT_DIR");
    child.env(VARIABLE, file);
    let output = tokio::task::spawn_blocking(move || child.output().unwrap());
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{output:?}"
    );
}

/// A server with a certificate of a private authority, for the name `localhost`. It counts connections.
async fn start() -> (u16, Arc<AtomicUsize>) {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("certificates/localhost.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/localhost.key"));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.unwrap()], key.unwrap())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&connections);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                let _ = stream.write_all(reply).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (port, connections)
}

fn client(host: &str, port: &str) -> ticket_core::Result<HttpClient> {
    HttpClient::new(
        &format!("https://{host}:{port}"),
        &HttpConfig::default(),
        &[],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_of_a_private_authority_is_trusted_through_ssl_cert_file() {
    if let Ok(port) = std::env::var(PORT) {
        let client = client("localhost", &port).unwrap();
        let reply = client.post(&["t"]).send().await.unwrap();
        assert_eq!(reply.body(), b"{}");
        return;
    }
    let (port, _) = start().await;
    again(
        "certificate_of_a_private_authority_is_trusted_through_ssl_cert_file",
        port,
        Path::new(AUTHORITY),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_certificate_is_a_config_error_that_names_the_reason_and_the_variable() {
    if let Ok(port) = std::env::var(PORT) {
        let trusted = std::env::var(VARIABLE).unwrap() == AUTHORITY;
        let (host, why) = if trusted {
            ("127.0.0.1", "not valid for name")
        } else {
            ("localhost", "UnknownIssuer")
        };
        let error = client(host, &port).unwrap().post(&["t"]).send().await;
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Config, Effect::None),
            "{error}"
        );
        let start = format!("the certificate of {host}:{port} is refused, nothing was sent: ");
        assert!(error.message().starts_with(&start), "{error}");
        assert!(error.message().contains(why), "{error}");
        assert!(error.message().contains(VARIABLE), "{error}");
        assert!(!error.is_transient());
        // Nobody knows what an injected client did before.
        let own = HttpConfig::default().client(reqwest::Client::new());
        let client = HttpClient::new(&format!("https://{host}:{port}"), &own, &[]).unwrap();
        let error = client.post(&["t"]).send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Config, Effect::Unknown),
            "{error}"
        );
        return;
    }
    for file in [OTHER, AUTHORITY] {
        let (port, connections) = start().await;
        again(
            "refused_certificate_is_a_config_error_that_names_the_reason_and_the_variable",
            port,
            Path::new(file),
        )
        .await;
        let connections = connections.load(Ordering::SeqCst);
        assert_eq!(connections, 2, "one of each client");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ssl_cert_file_without_certificates_is_named() {
    if let Ok(port) = std::env::var(PORT) {
        let file = std::env::var(VARIABLE).unwrap();
        let error = client("localhost", &port).unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Config, Effect::None)
        );
        let start = format!("{VARIABLE} names the file {file}, which ");
        assert!(error.message().starts_with(&start), "{error}");
        let why = if Path::new(&file).is_file() {
            "holds no certificate in PEM form"
        } else {
            "cannot be read: "
        };
        assert!(error.message().contains(why), "{error}");
        // Plain http reads no certificates.
        HttpClient::new("http://localhost:9", &HttpConfig::default(), &[]).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = AUTHORITY.replace("authority.pem", "localhost.key");
    for file in [
        folder.path().join("none.pem"),
        folder.path().into(),
        key.into(),
    ] {
        let test = "ssl_cert_file_without_certificates_is_named";
        again(test, 9, &file).await;
    }
}
