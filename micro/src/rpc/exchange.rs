//! A request and its reply, as Rust values or as bytes.

use std::any::Any;

use super::body::Body;
use super::payload::Payload;
use crate::codec::Codec;
use crate::errors::{Code, Error, Result};

/// A request on its way out and a reply on its way back.
///
/// Held typed by a caller in Rust ([`TypedExchange`]) and as bytes by a transport ([`EncodedExchange`]). Each side takes it the way it
/// needs it: where both are typed and of the same Rust type nothing is encoded at all.
pub trait Exchange: Send {
    /// The [`TypedExchange`] itself, for a handler of the same Rust types; `None` where there are only bytes.
    fn slot(&mut self) -> Option<&mut (dyn Any + Send)>;

    /// Takes the request out as bytes, encoding it with `codec` where it is typed. Gives the codec it is in.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when it was taken before or cannot be encoded.
    fn take_request(&mut self, codec: Codec) -> Result<(Payload, Codec)>;

    /// Puts the reply in as bytes of `codec`, decoding it where the caller is typed.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when the reply cannot be decoded.
    fn put_reply(&mut self, reply: Payload, codec: Codec) -> Result<()>;

    /// The request in `codec`, without taking it: nothing of a stream, nor once it has been taken.
    fn peek_request(&self, codec: Codec) -> Option<bytes::Bytes>;

    /// The reply in `codec`, without taking it: nothing of a stream, nor before there is one.
    fn peek_reply(&self, codec: Codec) -> Option<bytes::Bytes>;

    /// Moves the request into an exchange of its own, for a call that goes on in another task; [`attach`](Self::attach) brings
    /// its reply back. By default there is none: the call stays where it is.
    fn detach(&mut self) -> Option<Box<dyn Exchange>> {
        None
    }

    /// Takes the reply out of what [`detach`](Self::detach) gave.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] for any other exchange.
    fn attach(&mut self, detached: Box<dyn Any + Send>) -> Result<()> {
        drop(detached);
        Err(Error::internal("the exchange was not detached"))
    }

    /// Itself, for [`attach`](Self::attach); `None` where it cannot be detached.
    fn into_any(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        None
    }
}

fn attached<T: Any>(detached: Box<dyn Any + Send>) -> Result<Box<T>> {
    detached.downcast().map_err(|_| Error::internal("another exchange was detached"))
}

/// The place in a caller's frame where the request waits and the reply is put: neither is boxed on its way.
#[derive(Debug)]
pub struct TypedExchange<I, O> {
    /// The request, until it is taken.
    pub request: Option<I>,
    /// The reply, once there is one.
    pub reply: Option<O>,
}

impl<I: Body, O: Body> TypedExchange<I, O> {
    /// A slot with a request in it.
    pub fn new(request: I) -> Self {
        TypedExchange { request: Some(request), reply: None }
    }

    /// The reply.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when there is none.
    pub fn into_reply(self) -> Result<O> {
        self.reply.ok_or_else(no_reply)
    }
}

impl<I: Body, O: Body> Exchange for TypedExchange<I, O> {
    fn slot(&mut self) -> Option<&mut (dyn Any + Send)> {
        Some(self)
    }

    fn take_request(&mut self, codec: Codec) -> Result<(Payload, Codec)> {
        let request = self.request.take().ok_or_else(taken)?;
        Ok((request.into_payload(codec)?, codec))
    }

    fn put_reply(&mut self, reply: Payload, codec: Codec) -> Result<()> {
        let reply = O::from_payload(reply, codec).map_err(|error| {
            Error::new(Code::Internal, format!("the reply cannot be read: {}", error.message()))
                .with_source(error.into_boxed())
        })?;
        self.reply = Some(reply);
        Ok(())
    }

    fn peek_request(&self, codec: Codec) -> Option<bytes::Bytes> {
        codec.encode(self.request.as_ref()?.message()?).ok()
    }

    fn peek_reply(&self, codec: Codec) -> Option<bytes::Bytes> {
        codec.encode(self.reply.as_ref()?.message()?).ok()
    }

    fn detach(&mut self) -> Option<Box<dyn Exchange>> {
        Some(Box::new(TypedExchange::<I, O> { request: self.request.take(), reply: None }))
    }

    fn attach(&mut self, detached: Box<dyn Any + Send>) -> Result<()> {
        self.reply = attached::<Self>(detached)?.reply;
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        Some(self)
    }
}

/// A request and a reply as bytes, between a transport and whatever answers.
#[derive(Debug)]
pub struct EncodedExchange {
    codec: Codec,
    request: Option<Payload>,
    reply: Option<Payload>,
}

impl EncodedExchange {
    /// A request that came in `codec`, and wants its reply in it too.
    pub fn new(request: Payload, codec: Codec) -> Self {
        EncodedExchange { codec, request: Some(request), reply: None }
    }

    /// The reply.
    ///
    /// # Errors
    ///
    /// [`Code::Internal`] when there is none.
    pub fn into_reply(self) -> Result<Payload> {
        self.reply.ok_or_else(no_reply)
    }

    // Bytes cannot change their codec without knowing the type.
    fn peek(&self, payload: Option<&Payload>, codec: Codec) -> Option<bytes::Bytes> {
        match payload? {
            Payload::One(bytes) if codec == self.codec => Some(bytes.clone()),
            _ => None,
        }
    }
}

impl Exchange for EncodedExchange {
    fn slot(&mut self) -> Option<&mut (dyn Any + Send)> {
        None
    }

    fn take_request(&mut self, _: Codec) -> Result<(Payload, Codec)> {
        Ok((self.request.take().ok_or_else(taken)?, self.codec))
    }

    fn put_reply(&mut self, reply: Payload, codec: Codec) -> Result<()> {
        if codec != self.codec {
            return Err(Error::internal(format!("a reply in `{codec}` where `{}` was asked for", self.codec)));
        }
        self.reply = Some(reply);
        Ok(())
    }

    fn peek_request(&self, codec: Codec) -> Option<bytes::Bytes> {
        self.peek(self.request.as_ref(), codec)
    }

    fn peek_reply(&self, codec: Codec) -> Option<bytes::Bytes> {
        self.peek(self.reply.as_ref(), codec)
    }

    fn detach(&mut self) -> Option<Box<dyn Exchange>> {
        Some(Box::new(EncodedExchange { codec: self.codec, request: self.request.take(), reply: None }))
    }

    fn attach(&mut self, detached: Box<dyn Any + Send>) -> Result<()> {
        self.reply = attached::<Self>(detached)?.reply;
        Ok(())
    }

    fn into_any(self: Box<Self>) -> Option<Box<dyn Any + Send>> {
        Some(self)
    }
}

pub(super) fn taken() -> Error {
    Error::internal("the request was taken before: an interceptor ran the rest of the call twice")
}

fn no_reply() -> Error {
    Error::internal("the call ended without a reply: an interceptor did not run the rest of it")
}
