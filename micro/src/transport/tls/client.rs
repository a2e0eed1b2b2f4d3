use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::engine::{self, Stream};
use super::{Identity, Inside, Pem, Security};
use crate::errors::{Error, Fate, Result};
use crate::util::clock::{self, Instant};
use crate::util::net::TcpStream;

/// How long a peer that could not prove who it is is left alone: a handshake costs both sides.
const REST: Duration = Duration::from_secs(1);
/// How many such peers are remembered.
const MOST: usize = 1024;

/// Whom a client believes, and what it shows to servers that ask.
///
/// By default it believes the authorities that the platform does, expects the host of the address, and shows nothing. Files
/// that change are read again, within about a second of the next connection.
///
/// ```no_run
/// use micro::transport::tls::{ClientTls, Pem};
///
/// # async fn example() -> micro::Result<()> {
/// let tls = ClientTls::new().with_authorities(Pem::file("tls/our-authority.pem"))?.with_name("nodes.internal")?;
/// let running = micro::app().client_tls(tls).start().await?;
/// # Ok(()) }
/// ```
///
/// Cloning it is cheap and gives the same.
#[derive(Clone, Default)]
pub struct ClientTls(Arc<Inner>);

#[derive(Default)]
struct Inner {
    engine: engine::Client,
    refused: Mutex<HashMap<(String, bool), (Instant, Error)>>,
}

/// Why there is no encrypted connection. Nothing was sent in it.
#[derive(Debug)]
#[cfg_attr(not(feature = "tls"), allow(dead_code))]
pub(in crate::transport) enum Refused {
    /// The peer does not speak inside TLS what was asked for.
    Foreign(Error),
    /// One of the two does not accept the other.
    Failed(Error),
    /// The connection ended before that was known.
    Lost(Error),
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Foreign(error) | Refused::Failed(error) | Refused::Lost(error) => error,
        }
    }
}

impl ClientTls {
    /// Believes the authorities that the platform does. They are read when they are needed.
    pub fn new() -> Self {
        Self::default()
    }

    /// Believes these authorities and no others.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound), [`PermissionDenied`](crate::Code::PermissionDenied) or
    /// [`Unavailable`](crate::Code::Unavailable) when a file cannot be read; [`InvalidArgument`](crate::Code::InvalidArgument)
    /// when it is not what it should be; [`Unimplemented`](crate::Code::Unimplemented) in a program without the feature `tls`.
    pub fn with_authorities(self, authorities: Pem) -> Result<Self> {
        Ok(Self::of(self.0.engine.with_authorities(authorities)?))
    }

    /// Shows this certificate to servers that ask for one.
    ///
    /// # Errors
    ///
    /// As [`with_authorities`](Self::with_authorities); also when the key is that of another certificate.
    pub fn with_identity(self, identity: Identity) -> Result<Self> {
        Ok(Self::of(self.0.engine.with_identity(identity)?))
    }

    /// Expects this name in the certificates of nodes from the registry, whose addresses are often numbers. What is called by
    /// an address of its own, `https://host:port`, has to be that host all the same.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when it is neither the name of a host nor an IP address;
    /// [`Unimplemented`](crate::Code::Unimplemented) in a program without the feature `tls`.
    pub fn with_name(self, name: &str) -> Result<Self> {
        Ok(Self::of(self.0.engine.with_name(name)?))
    }

    fn of(engine: engine::Client) -> Self {
        ClientTls(Arc::new(Inner { engine, refused: Mutex::default() }))
    }

    /// Whether it is worth while to connect to `address`, before anything is tried.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub(in crate::transport) fn check(&self, address: &str, security: Security) -> Result<()> {
        if !security.is_tls() {
            return Ok(());
        }
        engine::check(address)?;
        let refused = self.0.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.is_empty() {
            return Ok(());
        }
        match refused.get(&(address.to_owned(), security == Security::Node)) {
            Some((until, error)) if clock::now() < *until => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Shakes hands with `address` and sees that it is who it should be. Dropping the future closes the connection.
    pub(in crate::transport) async fn connect(
        &self,
        stream: TcpStream,
        address: &str,
        security: Security,
        inside: Inside,
    ) -> Result<Stream<TcpStream>, Refused> {
        let connected = self.0.engine.connect(stream, address, security, inside).await;
        if let Err(Refused::Failed(error)) = &connected {
            self.refuse(address, security, error);
        }
        connected
    }

    /// Leaves `address` alone for a moment: what is wrong between the two will not have changed at the next call.
    pub(in crate::transport) fn refuse(&self, address: &str, security: Security, error: &Error) {
        let mut refused = self.0.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= MOST {
            refused.clear();
        }
        refused.insert((address.to_owned(), security == Security::Node), (clock::after(REST), error.clone()));
    }
}

/// A failure before anything was sent.
pub(super) fn not_sent(words: String) -> Error {
    Error::unavailable(words).with_fate(Fate::Never)
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientTls").field(&self.0.engine).finish()
    }
}
