//! TLS as libpq's `sslmode` means it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use ticket_core::{Error, Result};
use tokio_postgres::config::SslMode;

/// What is asked of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Disable,
    /// TLS if the server has it; whose it is, is not asked.
    Prefer,
    /// TLS; whose it is, is not asked.
    Require,
    /// TLS with a certificate of one of these authorities.
    VerifyCa(Roots),
    /// The same, for the host's name.
    VerifyFull(Roots),
}

/// The authorities that are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Roots {
    File(PathBuf),
    System,
}

impl Mode {
    /// The mode of these parameters. As in libpq, `require` verifies the authority if a file of them is there, by default
    /// `~/.postgresql/root.crt`; without a file, the verifying modes trust the system's authorities.
    pub(crate) fn of(mode: Option<&str>, root: Option<&str>, home: Option<&Path>) -> Result<Self> {
        let usual = home.map(|home| home.join(".postgresql/root.crt"));
        let file = match root {
            Some("system") => None,
            Some(path) => Some(PathBuf::from(path)),
            None => usual.filter(|path| path.exists()),
        };
        let roots = || file.clone().map_or(Roots::System, Roots::File);
        Ok(match mode.unwrap_or("prefer") {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" if file.is_some() => Self::VerifyCa(roots()),
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa(roots()),
            "verify-full" => Self::VerifyFull(roots()),
            _ => {
                let message = "sslmode is disable, prefer, require, verify-ca or verify-full";
                return Err(Error::config(message));
            }
        })
    }

    pub(crate) const fn ssl_mode(&self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyCa(_) | Self::VerifyFull(_) => SslMode::Require,
        }
    }

    /// What rustls is to do.
    pub(crate) fn config(&self) -> Result<ClientConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let (authority, name) = match self {
            Self::Disable | Self::Prefer | Self::Require => (None, false),
            Self::VerifyCa(roots) => (Some(roots), false),
            Self::VerifyFull(roots) => (Some(roots), true),
        };
        let authority = authority
            .map(|roots| {
                let roots = Arc::new(roots.load()?);
                WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                    .build()
                    .map_err(|error| Error::config(format!("TLS cannot be set up: {error}")))
            })
            .transpose()?;
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::config(format!("TLS cannot be set up: {error}")))?;
        let verifier = Verifier {
            provider,
            authority,
            name,
        };
        Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    }
}

impl Roots {
    fn load(&self) -> Result<RootCertStore> {
        let mut store = RootCertStore::empty();
        match self {
            Self::File(path) => {
                let wrong = |why: String| {
                    let path = path.display();
                    Error::config(format!("the certificates in {path} cannot be used: {why}"))
                };
                let found = CertificateDer::pem_file_iter(path);
                for certificate in found.map_err(|error| wrong(error.to_string()))? {
                    let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
                    let added = store.add(certificate);
                    added.map_err(|error| wrong(error.to_string()))?;
                }
            }
            Self::System => {
                // Some of the system's may be broken; what is left decides.
                let found = rustls_native_certs::load_native_certs();
                store.add_parsable_certificates(found.certs);
            }
        }
        if store.is_empty() {
            return Err(Error::config(
                "no certificate of an authority is there; name a file with sslrootcert",
            ));
        }
        Ok(store)
    }
}

/// Verifies what the mode asks for.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    authority: Option<Arc<WebPkiServerVerifier>>,
    /// Whether the name has to fit.
    name: bool,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let Some(authority) = &self.authority else {
            return Ok(ServerCertVerified::assertion());
        };
        let verified = authority.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
