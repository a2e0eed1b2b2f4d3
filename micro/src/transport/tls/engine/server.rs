use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};

use super::reload::Reloading;
use super::variants::Variants;
use super::{Stream, parse, provider};
use crate::errors::Result;
use crate::transport::tls::{Pem, TlsIdentity};

const CERTIFICATE: &str = "the certificate of TLS";
const KEY: &str = "the key of TLS";
const CLIENTS: &str = "the authorities of clients";

/// The answering side of the handshake.
pub(in super::super) struct TlsServer {
    identity: TlsIdentity,
    configs: Arc<Reloading<Variants<ServerConfig>>>,
}

impl TlsServer {
    pub(in super::super) fn new(identity: TlsIdentity, clients: Option<Pem>) -> Result<Self> {
        let mut parts = vec![(identity.certificate.clone(), CERTIFICATE), (identity.key.clone(), KEY)];
        parts.extend(clients.clone().map(|pem| (pem, CLIENTS)));
        let named = identity.clone();
        let configs = Reloading::new(parts, move |texts| {
            let clients = match (&clients, texts.get(2)) {
                (Some(pem), Some(text)) => Some((parse::authorities(text, CLIENTS, pem)?, pem)),
                _ => None,
            };
            config(&named, &texts[0], &texts[1], clients)
        })?;
        Ok(TlsServer { identity, configs: Arc::new(configs) })
    }

    pub(in super::super) fn identity(&self) -> &TlsIdentity {
        &self.identity
    }

    pub(in super::super) async fn accept<I>(&self, io: I, protocols: &[&[u8]]) -> io::Result<Stream<I>>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let config = self.configs.current().await.with_alpn(protocols);
        Ok(Stream::new(TlsAcceptor::from(config).accept(io).await?.into()))
    }
}

fn config(
    identity: &TlsIdentity,
    certificate: &[u8],
    key: &[u8],
    clients: Option<(RootCertStore, &Pem)>,
) -> Result<Variants<ServerConfig>> {
    let chain = parse::certificates(certificate, CERTIFICATE, &identity.certificate)?;
    let key = parse::key(key, KEY, &identity.key)?;
    let building = ServerConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]);
    let building = building.expect("ring has what TLS 1.3 needs");
    let building = match clients {
        None => building.with_no_client_auth(),
        Some((roots, pem)) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider()).build();
            let verifier = verifier.map_err(|error| parse::wrong(CLIENTS, pem, &error.to_string()))?;
            building.with_client_cert_verifier(verifier)
        }
    };
    let config = building.with_single_cert(chain, key).map_err(|error| unfit(identity, &error))?;
    Ok(Variants::new(config))
}

/// Explains why a certificate and a key do not match.
pub(super) fn unfit(identity: &TlsIdentity, error: &rustls::Error) -> crate::Error {
    let TlsIdentity { certificate, key } = identity;
    match error {
        rustls::Error::InconsistentKeys(_) => {
            parse::wrong(KEY, key, &format!("it is not the key of the certificate, {certificate:?}"))
        }
        error => parse::wrong(CERTIFICATE, certificate, &format!("with the key, {key:?}: {error}")),
    }
}
