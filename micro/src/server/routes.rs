use std::collections::BTreeMap;
use std::sync::Arc;

use crate::errors::{Error, Result};
use crate::rpc::Service;
use crate::transport::Route;

/// The services of a server: by path, and by name where two serve one path.
#[derive(Debug, Default)]
pub(super) struct Routes {
    routes: BTreeMap<&'static str, Vec<Route>>,
    services: Vec<(Arc<str>, Service)>,
}

impl Routes {
    /// Adds a service under a name. Name and contract together are unique.
    pub(super) fn add(&mut self, name: &str, service: Service) -> Result<()> {
        let desc = service.desc();
        let same =
            |(other, served): &(Arc<str>, Service)| **other == *name && served.desc().full_name() == desc.full_name();
        if self.services.iter().any(same) {
            return Err(Error::already_exists(format!(
                "`{}` is served twice under the name `{name}`: give one of them another name",
                desc.full_name()
            )));
        }
        let name: Arc<str> = name.into();
        self.route(&name, &service);
        self.services.push((name, service));
        Ok(())
    }

    /// Adds a service that is not listed, under its own name.
    pub(super) fn add_unlisted(&mut self, service: Service) {
        self.route(&service.desc().name().into(), &service);
    }

    fn route(&mut self, name: &Arc<str>, service: &Service) {
        for (index, method) in service.desc().method_descs().iter().enumerate() {
            self.routes.entry(method.path()).or_default().push(Route::new(name.clone(), service.clone(), index));
        }
    }

    /// Returns the route of `path`: of the service called `name` if a name is given.
    ///
    /// An unknown name is ignored as long as one service has the path: callers behind a proxy may know it
    /// by another.
    pub(super) fn find(&self, path: &str, name: Option<&str>) -> Option<&Route> {
        let routes = self.routes.get(path)?;
        let named = name.and_then(|name| routes.iter().find(|route| route.name() == name));
        named.or(routes.first())
    }

    /// Returns the route of `path` of the service called `name` only.
    pub(super) fn find_exactly(&self, path: &str, name: &str) -> Option<&Route> {
        self.routes.get(path)?.iter().find(|route| route.name() == name)
    }

    /// Every path there is.
    pub(super) fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.routes.keys().copied()
    }

    /// The services with the names they are listed under, in the order they were added.
    pub(super) fn services(&self) -> &[(Arc<str>, Service)] {
        &self.services
    }
}
