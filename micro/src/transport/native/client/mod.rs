//! The calling end.

mod call;
mod calls;
mod connection;
mod pool;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(in crate::transport) use connection::{Connection, Missing};

use pool::{Pool, Pools};

use crate::context::Context;
use crate::errors::{Fate, Result};
use crate::rpc::{BoxFuture, Payload};
use crate::transport::tls::ClientTls;
use crate::transport::{Destination, Outbound, Request, Security};
use crate::util::clock;

/// Calls other processes with `micro/1`.
///
/// It keeps one connection or a few to every address it is asked for, and closes those nobody needs. One attempt is one
/// attempt: it never repeats a call, and says of every failure whether the method can have run.
///
/// Cloning it is cheap and shares the connections.
#[derive(Clone)]
pub struct NativeClient {
    /// For each [`Security`].
    pools: [Pools; 3],
}

/// How a [`NativeClient`] calls.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// What one message of an answer may hold, in bytes: 4 MiB.
    pub message_limit: usize,
    /// How many bytes of a stream may wait for the caller to read them: 256 KiB.
    pub window: u32,
    /// How long opening a connection may take, up to the HELLO of the server: 5 s.
    pub connect_timeout: Duration,
    /// How many connections one address gets, as load asks for them: 2. Fewer carry more per write.
    pub connections: usize,
    /// After what silence a server is asked whether it is still there: 20 s. It has half of that to answer.
    pub keepalive: Duration,
    /// How long a connection without calls is kept: 5 min.
    pub idle: Duration,
    /// Whom it believes where a call is to be encrypted: the authorities of the platform.
    pub tls: ClientTls,
}

impl Default for ClientOptions {
    fn default() -> Self {
        ClientOptions {
            message_limit: 4 * 1024 * 1024,
            window: 256 * 1024,
            connect_timeout: Duration::from_secs(5),
            connections: 2,
            keepalive: Duration::from_secs(20),
            idle: Duration::from_secs(300),
            tls: ClientTls::new(),
        }
    }
}

impl NativeClient {
    /// A client without connections; they are opened by the calls.
    pub fn new(options: ClientOptions) -> Self {
        NativeClient { pools: Security::ALL.map(|security| Pools::new(options.clone(), security)) }
    }

    /// The connection a call goes over, where there is one. More are opened as the load asks for them.
    pub(in crate::transport) fn ready(&self, to: &Destination<'_>) -> Option<Arc<Connection>> {
        self.pools[to.security as usize].ready(to.shortcut?.get::<Pool>()?)
    }

    /// The same, opened if need be within the deadline of `context`.
    ///
    /// # Errors
    ///
    /// Why there is none; nothing was sent.
    pub(in crate::transport) async fn connection(
        &self,
        to: &Destination<'_>,
        context: &Context,
    ) -> Result<Arc<Connection>, Missing> {
        let pools = &self.pools[to.security as usize];
        let pool = pools.pool(to.address);
        if let Some(shortcut) = to.shortcut {
            shortcut.keep(pool.clone());
        }
        if let Some(connection) = pools.ready(&pool) {
            return Ok(connection);
        }
        let Some(deadline) = context.deadline() else { return pools.connection(&pool).await };
        let connection = clock::timeout_at(deadline, pools.connection(&pool)).await;
        connection.unwrap_or_else(|_| Err(Missing::Unreachable(Context::deadline_exceeded().with_fate(Fate::Never))))
    }
}

impl Default for NativeClient {
    fn default() -> Self {
        Self::new(ClientOptions::default())
    }
}

impl Outbound for NativeClient {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        Box::pin(async move {
            let connection = self.connection(&request.to, request.context).await?;
            connection.call(request).await
        })
    }
}

impl fmt::Debug for NativeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeClient").field("options", self.pools[0].options()).finish_non_exhaustive()
    }
}
