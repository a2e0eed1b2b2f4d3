use crate::errors::{Error, Result};
use crate::rpc::{BoxFuture, Call, CallEndpoint, Service};
use crate::transport::{CallHead, Inbound, Route};

/// Inbound side of [`Client::of`](super::Client::of): one service, reached under any name.
pub(super) struct SingleService(Vec<Route>);

impl SingleService {
    pub(super) fn new(service: &Service) -> Self {
        let methods = 0..service.desc().method_descs().len();
        SingleService(methods.map(|index| Route::new(service.desc().name().into(), service.clone(), index)).collect())
    }
}

impl Inbound for SingleService {
    fn route(&self, arrival: &CallHead<'_>) -> Result<Route> {
        let found = self.local("", arrival.path).cloned();
        found.ok_or_else(|| Error::unimplemented(format!("unknown method `{}`", arrival.path)))
    }

    fn local(&self, _: &str, path: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.method().path() == path)
    }

    fn call<'a>(&'a self, route: &'a Route, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        route.run(call)
    }
}
