//! The methods that were agreed on.

use crate::codec::Codec;
use crate::errors::{Error, Result};
use crate::transport::native::begin::{Method, Target};
use crate::transport::native::hello::Terms;
use crate::transport::native::violation::{Reason, Violation};
use crate::transport::{Arrival, Dispatcher, Route, Streams, not_run};

/// The methods of one connection, by number.
#[derive(Debug, Default)]
pub(super) struct Methods(Vec<Agreed>);

/// One of them.
#[derive(Debug)]
pub(super) struct Agreed {
    path: Box<str>,
    service: Box<str>,
    node: Box<str>,
    codec: Box<str>,
    found: Option<(Route, Codec)>,
    /// How many of its next calls are not tried where they were read, because one has kept everybody waiting.
    pub(super) slow: u32,
}

impl Methods {
    /// What a call means by its number, which is agreed on if the call says so.
    pub(super) fn of(&mut self, method: &Method<'_>, ours: &Terms) -> Result<&mut Agreed, Violation> {
        let at = method.number as usize;
        if let Some(target) = &method.define {
            if at != self.0.len() {
                return Err(Violation::out_of_order("a method whose number is not the next"));
            }
            if method.number >= ours.methods {
                return Err(Violation::new(Reason::TooMany, format!("more than {} methods", ours.methods)));
            }
            if self.0.is_empty() {
                // Most connections have one method, and a list that grows by itself begins with four.
                self.0.reserve_exact(1);
            }
            self.0.push(Agreed::new(target));
        }
        self.0.get_mut(at).ok_or_else(|| Violation::out_of_order("a method that was not agreed on"))
    }
}

impl Agreed {
    fn new(target: &Target<'_>) -> Self {
        let Target { path, service, node, codec } = *target;
        Agreed {
            path: path.into(),
            service: service.into(),
            node: node.into(),
            codec: codec.into(),
            found: None,
            slow: 0,
        }
    }

    /// What answers it, and in which codec. It is looked up once; a refusal may be over by the next call.
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
            let arrival = Arrival {
                path: &self.path,
                service: Some(&*self.service).filter(|service| !service.is_empty()),
                node: Some(&*self.node).filter(|node| !node.is_empty()),
            };
            // Each call says its own shape.
            self.found = Some((dispatcher.route(&arrival, Streams::Neither)?, codec));
        }
        Ok(self.found.as_ref().expect("found above"))
    }
}
