//! Parses certificates and keys.

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::errors::{Error, Result};
use crate::transport::tls::Pem;

/// The certificates in a text, at least one.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) when there is none, or one cannot be read.
pub(super) fn certificates(text: &[u8], what: &str, pem: &Pem) -> Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let certificates = read.map_err(|error| wrong(what, pem, &error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong(what, pem, "there is no certificate in PEM in it"));
    }
    Ok(certificates)
}

/// The private key in a text.
///
/// # Errors
///
/// As [`certificates`]. Nothing of the key is said.
pub(super) fn key(text: &[u8], what: &str, pem: &Pem) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(text).map_err(|_| wrong(what, pem, "there is no private key in PEM in it"))
}

/// The authorities in a text, at least one.
///
/// # Errors
///
/// As [`certificates`].
pub(super) fn authorities(text: &[u8], what: &str, pem: &Pem) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(text, what, pem)? {
        roots.add(certificate).map_err(|error| wrong(what, pem, &error.to_string()))?;
    }
    Ok(roots)
}

/// Describes why certificates or keys cannot be used.
pub(super) fn wrong(what: &str, pem: &Pem, why: &str) -> Error {
    Error::invalid_argument(format!("cannot use {what}, {pem:?}: {why}"))
}
