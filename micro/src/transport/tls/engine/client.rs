use std::fmt;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{AlertDescription, ClientConfig, RootCertStore};

use super::reason::{alert, find, reason};
use super::reload::Reloading;
use super::variants::Variants;
use super::{Stream, parse, provider, server};
use crate::errors::{Error, Result};
use crate::transport::connector::ConnectError;
use crate::transport::not_sent;
use crate::transport::tls::{Alpn, Pem, TlsIdentity, TlsMode};
use crate::util::spawn;

const AUTHORITIES: &str = "the authorities of TLS";
const CERTIFICATE: &str = "the certificate of TLS";
const KEY: &str = "the key of TLS";

/// The calling side of the handshake.
#[derive(Default)]
pub(in super::super) struct TlsClient {
    trust: Trust,
    // Made when it is needed: the platform has many authorities.
    configs: OnceCell<Arc<Reloading<Variants<ClientConfig>>>>,
}

#[derive(Clone, Default)]
struct Trust {
    authorities: Option<Pem>,
    identity: Option<TlsIdentity>,
    name: Option<ServerName<'static>>,
}

/// Fails if the program was built without TLS.
#[allow(clippy::unnecessary_wraps, reason = "in a program without the feature there is none")]
pub(in super::super) fn check(_: &str) -> Result<()> {
    Ok(())
}

impl TlsClient {
    pub(in super::super) fn with_authorities(&self, authorities: Pem) -> Result<Self> {
        parse::authorities(&authorities.read(AUTHORITIES)?, AUTHORITIES, &authorities)?;
        Ok(Self::of(Trust { authorities: Some(authorities), ..self.trust.clone() }))
    }

    pub(in super::super) fn with_identity(&self, identity: TlsIdentity) -> Result<Self> {
        let texts = (identity.certificate.read(CERTIFICATE)?, identity.key.read(KEY)?);
        config(RootCertStore::empty(), Some((&identity, &texts.0, &texts.1)))?;
        drop(texts);
        Ok(Self::of(Trust { identity: Some(identity), ..self.trust.clone() }))
    }

    pub(in super::super) fn with_name(&self, name: &str) -> Result<Self> {
        let name = ServerName::try_from(name.to_owned()).map_err(|_| {
            Error::invalid_argument(format!("`{name}` is neither the name of a host nor an IP address"))
        })?;
        Ok(Self::of(Trust { name: Some(name), ..self.trust.clone() }))
    }

    fn of(trust: Trust) -> Self {
        TlsClient { trust, configs: OnceCell::new() }
    }

    pub(in super::super) async fn connect<I>(
        &self,
        stream: I,
        address: &str,
        security: TlsMode,
        alpn: Alpn,
    ) -> Result<Stream<I>, ConnectError>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let name = self.expected(address, security).map_err(ConnectError::Refused)?;
        let configs = self.configs().await.map_err(ConnectError::Refused)?.current().await;
        let config = configs.with_alpn(&[alpn.id()]);
        let connected = TlsConnector::from(config).connect(name, stream).await;
        let stream = connected.map_err(|error| refused(address, error))?;
        if alpn.accepts(stream.get_ref().1.alpn_protocol()) {
            return Ok(Stream::new(stream.into()));
        }
        Err(foreign(address))
    }

    fn expected(&self, address: &str, security: TlsMode) -> Result<ServerName<'static>> {
        if let (TlsMode::Node, Some(name)) = (security, &self.trust.name) {
            return Ok(name.clone());
        }
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        ServerName::try_from(host.to_owned())
            .map_err(|_| not_sent(format!("nobody can prove to be `{host}`, which is no name of a host")))
    }

    async fn configs(&self) -> Result<&Arc<Reloading<Variants<ClientConfig>>>> {
        let build = async {
            let trust = self.trust.clone();
            let built = spawn::blocking(move || trust.configs()).await;
            let built = built.map_err(Error::from).and_then(|built| built);
            built.map(Arc::new).map_err(|error| not_sent(error.message().to_owned()).with_source(error.into_boxed()))
        };
        self.configs.get_or_try_init(|| build).await
    }
}

impl Trust {
    fn configs(self) -> Result<Reloading<Variants<ClientConfig>>> {
        let platform = if self.authorities.is_none() { Some(platform()?) } else { None };
        let mut parts = Vec::new();
        parts.extend(self.authorities.clone().map(|pem| (pem, AUTHORITIES)));
        parts.extend(
            self.identity
                .iter()
                .flat_map(|identity| [(identity.certificate.clone(), CERTIFICATE), (identity.key.clone(), KEY)]),
        );
        Reloading::new(parts, move |texts| {
            let (roots, texts) = match (&platform, &self.authorities) {
                (None, Some(pem)) => (parse::authorities(&texts[0], AUTHORITIES, pem)?, &texts[1..]),
                (platform, _) => (platform.clone().unwrap_or_else(RootCertStore::empty), texts),
            };
            let identity = self.identity.as_ref().map(|identity| (identity, &*texts[0], &*texts[1]));
            config(roots, identity).map(Variants::new)
        })
    }
}

fn config(roots: RootCertStore, identity: Option<(&TlsIdentity, &[u8], &[u8])>) -> Result<ClientConfig> {
    let building = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&TLS13]);
    let building = building.expect("ring has what TLS 1.3 needs").with_root_certificates(roots);
    let Some((identity, certificate, key)) = identity else { return Ok(building.with_no_client_auth()) };
    let chain = parse::certificates(certificate, CERTIFICATE, &identity.certificate)?;
    let key = parse::key(key, KEY, &identity.key)?;
    building.with_client_auth_cert(chain, key).map_err(|error| server::unfit(identity, &error))
}

/// The authorities that the platform believes.
fn platform() -> Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(roots);
    }
    let why = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
    Err(Error::failed_precondition(format!(
        "this platform believes no authority{why}; `--tls-authorities` names a file with some"
    )))
}

fn foreign(address: &str) -> ConnectError {
    ConnectError::Foreign(not_sent(format!("`{address}` does not speak with TLS what it was asked for")))
}

fn refused(address: &str, error: std::io::Error) -> ConnectError {
    if find(&error).and_then(alert) == Some(AlertDescription::NoApplicationProtocol) {
        return foreign(address);
    }
    match reason(&error) {
        Some(why) => ConnectError::Refused(not_sent(format!("no TLS with `{address}`: {why}")).with_source(error)),
        None => {
            let words = format!("`{address}` closed the connection in the handshake of TLS: {}", error.kind());
            ConnectError::Unreachable(not_sent(words).with_source(error))
        }
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trust { authorities, identity, name } = &self.trust;
        let mut shown = f.debug_struct("Client");
        shown.field("authorities", authorities).field("identity", identity).field("name", name).finish()
    }
}
