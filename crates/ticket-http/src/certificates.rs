//! Certificate authorities: those of the system, or those in the file that `SSL_CERT_FILE` names.
//!
//! On Linux and BSD the TLS library reads the variable, and ignores a file that it cannot read. On other systems it
//! knows nothing of it. Here it means the same everywhere, and a file that is no help is an error.

use std::ffi::OsStr;
use std::path::Path;

use reqwest::Certificate;
use ticket_core::{Error, Result};

pub(crate) const VARIABLE: &str = "SSL_CERT_FILE";

/// Adds the certificates of `SSL_CERT_FILE` where the TLS library does not read it itself.
pub(crate) fn trust(builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder> {
    match std::env::var_os(VARIABLE) {
        Some(file) if !file.is_empty() => {
            let authorities = read(&file)?;
            if cfg!(any(target_vendor = "apple", windows)) {
                Ok(builder.tls_certs_merge(authorities))
            } else {
                Ok(builder)
            }
        }
        _ => Ok(builder),
    }
}

fn read(file: &OsStr) -> Result<Vec<Certificate>> {
    let refused = |why: &str| {
        let path = Path::new(file).display();
        Error::config(format!("{VARIABLE} names the file {path}, which {why}"))
    };
    let bytes =
        std::fs::read(file).map_err(|error| refused(&format!("cannot be read: {error}")))?;
    match Certificate::from_pem_bundle(&bytes) {
        Ok(authorities) if !authorities.is_empty() => Ok(authorities),
        _ => Err(refused("holds no certificate in PEM form")),
    }
}

/// Whether this cause says that the server's certificate is refused. The error types of the TLS libraries would need
/// dependencies on them; if their words change, the failure counts as a connection that was not made.
pub(crate) fn is_refusal(cause: &str) -> bool {
    [
        // rustls
        "invalid peer certificate",
        // OpenSSL
        "certificate verify failed",
        // Secure Transport
        "certificate was not trusted",
        // SChannel
        "certificate chain",
    ]
    .iter()
    .any(|words| cause.contains(words))
}
