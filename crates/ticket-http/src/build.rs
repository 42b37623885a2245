//! Builds reqwest's client, with all safety settings.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{redirect, retry};
use ticket_core::{Error, Result};

use crate::base::Base;
#[cfg(any(feature = "rustls", feature = "native-tls"))]
use crate::certificates;
use crate::failure;

/// How long an idle connection is kept: less than the five seconds after which common servers close it. A
/// request that races with such a close has an unknown effect.
pub(crate) const IDLE: Duration = Duration::from_secs(4);

/// Builds a client with all unsafe features off, even if another crate of the program enables their Cargo
/// features.
pub(crate) fn build(
    connect_timeout: Duration,
    base: &Base,
    reuses_connections: bool,
) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(connect_timeout)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        // This would log every byte, including credentials.
        .connection_verbose(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .http1_only()
        .https_only(!base.plain)
        .pool_idle_timeout(IDLE);
    if !reuses_connections {
        builder = builder.pool_max_idle_per_host(0);
    }
    if base.loopback {
        // Credentials must not leave this computer: neither to a proxy nor to a foreign address of
        // `localhost`.
        builder = builder.no_proxy().resolve_to_addrs(
            "localhost",
            &[
                SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
            ],
        );
    }
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    {
        builder = builder.tls_version_min(reqwest::tls::Version::TLS_1_2);
        if base.plain {
            // Plain http must work on systems without certificates, and must not read them.
            builder = builder.tls_certs_only([]);
        } else {
            builder = certificates::trust(builder)?;
        }
    }
    #[cfg(feature = "rustls")]
    {
        builder = builder.tls_backend_rustls();
    }
    #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
    {
        builder = builder.tls_backend_native();
    }
    builder.build().map_err(|error| {
        let causes = failure::causes(&error);
        let hint = if causes.contains("CA certificates") {
            "; install the system's certificates, or set SSL_CERT_FILE to a file of certificates"
        } else {
            ""
        };
        Error::config(format!("the HTTP client cannot be built: {causes}{hint}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn base(plain: bool) -> Base {
        Base {
            url: "https://desk.example.com".parse().unwrap(),
            path: String::new(),
            peer: "desk.example.com:443".to_owned(),
            host: "desk.example.com".to_owned(),
            port: Some(443),
            plain,
            loopback: false,
        }
    }

    #[tokio::test]
    async fn https_client_sends_no_plain_http() {
        // Neither has a port that can be reached, so that they differ in what they try.
        let sent = |client: reqwest::Client| client.get("http://127.0.0.1:0/").send();
        let client = build(TIMEOUT, &base(false), true).unwrap();
        assert!(sent(client).await.unwrap_err().is_builder());
        let client = build(TIMEOUT, &base(true), false).unwrap();
        assert!(!sent(client).await.unwrap_err().is_builder());
    }

    #[test]
    fn built_client_sends_no_referer_and_follows_no_redirect() {
        // reqwest tells in `Debug` what is on.
        let usual = format!("{:?}", reqwest::Client::new());
        assert!(usual.contains("referer: true") && !usual.contains("Policy(None)"));
        for plain in [false, true] {
            let client = build(TIMEOUT, &base(plain), true).unwrap();
            let shown = format!("{client:?}");
            assert!(!shown.contains("referer"), "{shown}");
            assert!(shown.contains("Policy(None)"), "{shown}");
        }
    }
}
