//! One attempt at a call that leaves the process.

use std::fmt;

use super::payload::Payload;
use super::{BoxFuture, MethodInfo};
use crate::codec::Codec;
use crate::context::Context;
use crate::errors::{Error, Result};

/// One attempt at a call, on its way through the interceptors: where it goes, and with which context.
pub struct Attempt<'a> {
    service: &'a str,
    method: MethodInfo<'a>,
    number: usize,
    address: &'a str,
    node: Option<&'a str>,
    context: Context,
    codec: Codec,
    request: Option<Payload>,
    reply: Option<Payload>,
}

/// The head of an attempt.
pub(crate) struct AttemptHead<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: MethodInfo<'a>,
    pub(crate) number: usize,
    pub(crate) address: &'a str,
    pub(crate) node: Option<&'a str>,
    pub(crate) codec: Codec,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(head: AttemptHead<'a>, context: Context, request: Payload) -> Self {
        let AttemptHead { service, method, number, address, node, codec } = head;
        let request = Some(request);
        Attempt { service, method, number, address, node, context, codec, request, reply: None }
    }

    /// The name of the service, as the registry lists it.
    pub fn service(&self) -> &'a str {
        self.service
    }

    /// The method that is called.
    pub fn method(&self) -> MethodInfo<'a> {
        self.method
    }

    /// The number of the attempt, from 1 on.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The address it goes to: `10.0.0.7:8080`.
    pub fn address(&self) -> &'a str {
        self.address
    }

    /// The id of the node it goes to, where that is known.
    pub fn node(&self) -> Option<&'a str> {
        self.node
    }

    /// The context of the attempt: at first that of the call.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Makes the attempt with another context, for instance with a token for its node among the metadata, or with less time.
    /// The reply metadata stays that of the call.
    pub fn set_context(&mut self, context: Context) {
        self.context = context.within_call(&self.context);
    }

    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Takes the request out.
    pub(crate) fn take_request(&mut self) -> Result<Payload> {
        self.request.take().ok_or_else(|| Error::internal("an interceptor ran the rest of an attempt twice"))
    }

    pub(crate) fn put_reply(&mut self, reply: Payload) {
        self.reply = Some(reply);
    }

    pub(crate) fn into_reply(self) -> Result<Payload> {
        self.reply.ok_or_else(|| Error::internal("an interceptor did not run the rest of an attempt"))
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attempt { number, address, node, .. } = self;
        let mut debug = f.debug_struct("Attempt");
        debug.field("method", &self.method.path()).field("number", number).field("address", address);
        debug.field("node", node).finish_non_exhaustive()
    }
}

/// The end of the chain of interceptors around an attempt.
pub(crate) trait AttemptEndpoint: Send + Sync {
    /// Makes the attempt: takes the request, puts the reply.
    fn run<'a>(&'a self, attempt: &'a mut Attempt<'_>) -> BoxFuture<'a, Result<()>>;
}
