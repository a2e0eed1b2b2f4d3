use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::registry::{LeaseOptions, Node};
use crate::rpc::{BoxFuture, Service};

/// A backend that other programs reach through the port of the program it runs in.
///
/// An app serves the backend's [`service`](Self::service) in addition to those of the program, calls [`listen`](Self::listen)
/// once the port is open, and [`leave`](Self::leave) before the port closes.
pub trait Hosted: Any + Send + Sync {
    /// Returns the service name under which the node is registered.
    fn service_name(&self) -> &'static str;

    /// Returns the service of the backend, which is not part of the program's own services.
    fn service(&self) -> Service;

    /// Makes the backend reachable at `node`, registered with the options of `lease`. The port is open.
    fn listen(&self, node: Node, lease: LeaseOptions);

    /// Makes the backend unreachable and finishes work in progress. The port is still open.
    fn leave(&self) -> BoxFuture<'_, ()>;

    /// Closes the backend immediately.
    fn close(&self);
}

/// The [`Hosted`] backends of an app. Available to backends as a part of the app when they connect.
#[derive(Clone, Default)]
pub struct Host(Arc<Mutex<Vec<Arc<dyn Hosted>>>>);

impl Host {
    /// Returns the backend of type `T`, creating it with `make` if there is none: an app has one of each type.
    pub fn one_of<T: Hosted + Clone>(&self, make: impl FnOnce() -> T) -> T {
        let mut hosted = self.locked();
        let found = hosted.iter().find_map(|hosted| (&**hosted as &dyn Any).downcast_ref::<T>().cloned());
        found.unwrap_or_else(|| {
            let made = make();
            hosted.push(Arc::new(made.clone()));
            made
        })
    }

    /// Returns all hosted backends.
    pub fn all(&self) -> Vec<Arc<dyn Hosted>> {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Arc<dyn Hosted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.locked().iter().map(|hosted| hosted.service_name())).finish()
    }
}
