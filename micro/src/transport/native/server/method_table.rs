//! The methods that were agreed on.

use crate::codec::Codec;
use crate::errors::{Error, Result};
use crate::transport::native::handshake::ConnectionSettings;
use crate::transport::native::protocol_error::{ProtocolError, Reason};
use crate::transport::native::request::{MethodNames, MethodReference};
use crate::transport::{CallHead, CallShape, Dispatcher, Route, not_run};

/// The methods of one connection, by number.
#[derive(Debug, Default)]
pub(super) struct MethodTable(Vec<MethodEntry>);

/// One of them.
#[derive(Debug)]
pub(super) struct MethodEntry {
    path: Box<str>,
    service: Box<str>,
    node: Box<str>,
    codec: Box<str>,
    found: Option<(Route, Codec)>,
    /// Number of the next calls that are not run inline, because one has blocked the connection.
    pub(super) slow: u32,
}

impl MethodTable {
    /// Returns the method of a call's number, and defines it if the call carries names.
    pub(super) fn of(
        &mut self,
        method: &MethodReference<'_>,
        ours: &ConnectionSettings,
    ) -> Result<&mut MethodEntry, ProtocolError> {
        let at = method.number as usize;
        if let Some(target) = &method.define {
            if at != self.0.len() {
                return Err(ProtocolError::out_of_order("a method whose number is not the next"));
            }
            if method.number >= ours.methods {
                return Err(ProtocolError::new(Reason::TooMany, format!("more than {} methods", ours.methods)));
            }
            if self.0.is_empty() {
                // Most connections have one method, and a list that grows by itself begins with four.
                self.0.reserve_exact(1);
            }
            self.0.push(MethodEntry::new(target));
        }
        self.0.get_mut(at).ok_or_else(|| ProtocolError::out_of_order("a method that was not agreed on"))
    }
}

impl MethodEntry {
    fn new(target: &MethodNames<'_>) -> Self {
        let MethodNames { path, service, node, codec } = *target;
        MethodEntry {
            path: path.into(),
            service: service.into(),
            node: node.into(),
            codec: codec.into(),
            found: None,
            slow: 0,
        }
    }

    /// Returns the route and the codec of the method. They are looked up once; a refusal may be over by the next call.
    ///
    /// # Errors
    ///
    /// Why nothing does. The call did not run.
    pub(super) fn route(&mut self, dispatcher: &Dispatcher) -> Result<&(Route, Codec)> {
        if self.found.is_none() {
            let codec = Codec::named(&self.codec).ok_or_else(|| {
                let words = format!("no codec `{}` here", self.codec.escape_debug());
                not_run(Error::unimplemented(words))
            })?;
            let arrival = CallHead {
                path: &self.path,
                service: Some(&*self.service).filter(|service| !service.is_empty()),
                node: Some(&*self.node).filter(|node| !node.is_empty()),
            };
            // Each call says its own shape.
            self.found = Some((dispatcher.route(&arrival, CallShape::Neither)?, codec));
        }
        Ok(self.found.as_ref().expect("found above"))
    }
}
