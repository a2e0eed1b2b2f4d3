//! Layers around what a program does, as it says before it starts.

use crate::broker;
use crate::rpc::Interceptors;

/// Wraps everything the port serves over HTTP.
pub(super) type LayerHttp = Box<dyn FnOnce(axum::Router) -> axum::Router + Send>;

/// Routes of the program's own, and what wraps calls, handlers and events; the first one added is the outermost.
#[derive(Default)]
pub(super) struct HttpLayers {
    pub(super) routes: Vec<axum::Router>,
    pub(super) http: Vec<LayerHttp>,
    pub(super) calls: Interceptors,
    pub(super) handlers: Interceptors,
    pub(super) events: broker::Interceptors,
}
