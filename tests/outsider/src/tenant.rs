//! A parameter of handlers and subscribers.

use std::sync::Arc;

use micro::context::FromContext;
use micro::prelude::*;

/// The tenant of a call or an event, from the metadata `tenant`.
#[derive(Debug, PartialEq)]
pub struct Tenant(String);

impl Tenant {
    /// Returns the name of the tenant.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl FromContext for Tenant {
    type Held = Arc<Self>;

    fn from_context(context: &Context) -> Result<Arc<Self>> {
        match context.metadata().get("tenant") {
            Some(name) => Ok(Arc::new(Tenant(name.to_owned()))),
            None => Err(Error::invalid_argument("the metadata `tenant` is missing")),
        }
    }
}
