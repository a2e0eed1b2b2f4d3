use std::path::PathBuf;

use crate::errors::Result;
use crate::transport::tls::{ClientTls, Pem, ServerTls, TlsIdentity};

/// TLS of the port and of clients. All files are in PEM, and read again when they change.
///
/// It takes the feature `tls`.
#[micro_macros::config(crate = crate::config)]
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TlsSettings {
    /// The certificate of this program, and behind it those that lead to an authority. The port then speaks TLS, and clients show it
    /// to servers that ask.
    #[config(env = "MICRO_TLS_CERTIFICATE", reload = "restart")]
    pub certificate: Option<PathBuf>,
    /// The private key of the certificate.
    #[config(env = "MICRO_TLS_KEY", reload = "restart")]
    pub key: Option<PathBuf>,
    /// Authorities of clients: the port requires a client certificate that one of them has signed.
    #[config(env = "MICRO_TLS_CLIENTS", reload = "restart")]
    pub clients: Option<PathBuf>,
    /// The authorities that clients of this program believe; those of the platform where not given.
    #[config(env = "MICRO_TLS_AUTHORITIES", reload = "restart")]
    pub authorities: Option<PathBuf>,
    /// The name in the certificates of nodes from the registry; the host of their address where not given.
    #[config(env = "MICRO_TLS_NAME", validate(length(1..)), reload = "restart")]
    pub name: Option<String>,
}

impl TlsSettings {
    pub(super) fn agree(&self) -> Result<(), String> {
        match (&self.certificate, &self.key, &self.clients) {
            (Some(_), None, _) => Err("`tls.certificate` is given without `tls.key`".into()),
            (None, Some(_), _) => Err("`tls.key` is given without `tls.certificate`".into()),
            (None, None, Some(_)) => Err("`tls.clients` is given without `tls.certificate` and `tls.key`".into()),
            _ => Ok(()),
        }
    }

    fn identity(&self) -> Option<TlsIdentity> {
        Some(TlsIdentity::files(self.certificate.clone()?, self.key.clone()?))
    }

    /// Returns the TLS configuration of the port, if it is encrypted.
    pub(in crate::app) fn server(&self) -> Result<Option<ServerTls>> {
        let Some(identity) = self.identity() else { return Ok(None) };
        let tls = ServerTls::new(identity)?;
        match &self.clients {
            Some(authorities) => tls.with_clients(Pem::file(authorities)).map(Some),
            None => Ok(Some(tls)),
        }
    }

    /// Returns the TLS configuration of clients.
    pub(in crate::app) fn client(&self) -> Result<ClientTls> {
        let mut tls = ClientTls::new();
        if let Some(authorities) = &self.authorities {
            tls = tls.with_authorities(Pem::file(authorities))?;
        }
        if let Some(identity) = self.identity() {
            tls = tls.with_identity(identity)?;
        }
        match &self.name {
            Some(name) => tls.with_name(name),
            None => Ok(tls),
        }
    }
}
