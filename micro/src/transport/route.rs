use std::fmt;
use std::sync::Arc;

use crate::errors::Result;
use crate::rpc::{BoxFuture, Call, CallEndpoint, MethodInfo, Service};

/// Endpoint of a call: a method of a service under a name, or the fallback for calls that no service answers.
#[derive(Clone, Debug)]
pub struct Route {
    name: Arc<str>,
    to: RouteTarget,
}

#[derive(Clone)]
enum RouteTarget {
    Service { service: Service, index: usize },
    Fallback { path: Arc<str>, streams: CallShape, end: Arc<dyn CallEndpoint> },
}

/// Shape of a call to a fallback route, known only from the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallShape {
    /// One message each way.
    Neither,
    /// A stream each way, which may hold one message.
    Both,
}

impl Route {
    /// The method at `index` of `service`, which is listed as `name`.
    pub fn new(name: Arc<str>, service: Service, index: usize) -> Self {
        Route { name, to: RouteTarget::Service { service, index } }
    }

    /// A route to `end`, which takes calls of whatever `path`: its shape is decided by the transport.
    pub fn open(name: Arc<str>, path: &str, end: Arc<dyn CallEndpoint>) -> Self {
        Route { name, to: RouteTarget::Fallback { path: path.into(), streams: CallShape::Neither, end } }
    }

    /// Sets the shape of the request, unless the method defines it.
    #[must_use]
    pub fn with_shape(mut self, shape: CallShape) -> Self {
        if let RouteTarget::Fallback { streams, .. } = &mut self.to {
            *streams = shape;
        }
        self
    }

    /// Returns `true` for a fallback route, which takes calls of any path.
    pub(crate) fn is_fallback(&self) -> bool {
        matches!(self.to, RouteTarget::Fallback { .. })
    }

    /// The name the service is listed under; empty if none was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the method.
    pub fn method(&self) -> MethodInfo<'_> {
        match &self.to {
            RouteTarget::Service { service, index } => MethodInfo::from(&service.desc().method_descs()[*index]),
            RouteTarget::Fallback { path, streams, .. } => {
                let both = *streams == CallShape::Both;
                MethodInfo::new(path, both, both)
            }
        }
    }
}

impl CallEndpoint for Route {
    fn run<'a>(&'a self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        match &self.to {
            RouteTarget::Service { service, index } => {
                let (context, exchange) = call.parts();
                service.call(*index, exchange, context)
            }
            RouteTarget::Fallback { end, .. } => end.run(call),
        }
    }
}

impl fmt::Debug for RouteTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteTarget::Service { service, index } => write!(f, "{service:?}.{index}"),
            RouteTarget::Fallback { path, .. } => f.write_str(path),
        }
    }
}
