//! Which way a call leaves the process: natively where the node says it speaks that, over HTTP otherwise.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::http::HttpClient;
use super::native::{self, Missing, NativeClient};
use super::{Outbound, Request};
use crate::errors::Result;
use crate::rpc::{BoxFuture, Payload};
use crate::util::clock::{self, Instant};

/// What is spoken to other micro processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// `micro/1` with nodes that list it, HTTP with everybody else, and with those that turn out not to speak it.
    #[default]
    AsListed,
    /// `micro/1` with everybody.
    Native,
    /// HTTP with everybody.
    Http,
}

/// How long an address that did not speak `micro/1`, though its node says so, is called over HTTP.
const FOREIGN: Duration = Duration::from_secs(60);
/// How many such addresses are remembered.
const MOST: usize = 1024;

/// Calls other processes over the wire both sides speak.
#[derive(Debug)]
pub struct Wires {
    wire: Wire,
    native: NativeClient,
    http: HttpClient,
    foreign: Mutex<HashMap<String, Instant>>,
    // Spares the lock, for there hardly ever is one.
    any_foreign: AtomicBool,
}

impl Wires {
    /// Calls as `wire` says.
    pub fn new(wire: Wire, native: NativeClient, http: HttpClient) -> Self {
        Wires { wire, native, http, foreign: Mutex::default(), any_foreign: AtomicBool::new(false) }
    }

    fn speaks_native(&self, request: &Request<'_>) -> bool {
        match self.wire {
            Wire::Native => true,
            Wire::Http => false,
            Wire::AsListed => request.to.wire.is_some_and(lists_native) && !self.is_foreign(request.to.address),
        }
    }

    async fn natively(&self, request: Request<'_>) -> Result<Payload> {
        match self.native.connection(&request.to, request.context).await {
            Ok(connection) => {
                spoken(native::NAME);
                connection.call(request).await
            }
            Err(Missing::Foreign(error)) if self.wire == Wire::AsListed => {
                tracing::debug!(address = request.to.address, %error, "calling over HTTP");
                self.remember(request.to.address);
                self.over_http(request).await
            }
            Err(missing) => Err(missing.into()),
        }
    }

    async fn over_http(&self, request: Request<'_>) -> Result<Payload> {
        spoken("http");
        self.http.call(request).await
    }

    fn is_foreign(&self, address: &str) -> bool {
        self.any_foreign.load(Ordering::Relaxed)
            && self.foreign().get(address).is_some_and(|until| clock::now() < *until)
    }

    fn remember(&self, address: &str) {
        let mut foreign = self.foreign();
        if foreign.len() >= MOST {
            foreign.clear();
        }
        foreign.insert(address.to_owned(), clock::after(FOREIGN));
        self.any_foreign.store(true, Ordering::Relaxed);
    }

    fn foreign(&self) -> MutexGuard<'_, HashMap<String, Instant>> {
        self.foreign.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbound for Wires {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        // What has been spoken goes on being spoken.
        let ready = if self.wire == Wire::Http { None } else { self.native.ready(&request.to) };
        if let Some(connection) = ready {
            spoken(native::NAME);
            return Box::pin(connection.call(request));
        }
        if self.speaks_native(&request) {
            return Box::pin(self.natively(request));
        }
        Box::pin(self.over_http(request))
    }
}

/// Writes the wire on the span of the attempt, where there is one.
fn spoken(wire: &'static str) {
    if tracing::span_enabled!(target: "micro::client", tracing::Level::INFO) {
        tracing::Span::current().record("wire", wire);
    }
}

fn lists_native(wires: &str) -> bool {
    wires.split(',').any(|wire| wire.trim() == native::NAME)
}
