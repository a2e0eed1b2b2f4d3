use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::registry::{LeaseOptions, Node};
use crate::rpc::{BoxFuture, Service};

/// A backend that other programs reach through the port of the program it runs in.
///
/// An app serves its [`service`](Self::service) beside those of the program, tells it when the port is open, and takes it out
/// before the port closes.
pub trait Hosted: Any + Send + Sync {
    /// Returns the name that the node is listed under in the registry.
    fn service_name(&self) -> &'static str;

    /// Returns what it serves. It is not among the services of the program.
    fn service(&self) -> Service;

    /// Begins to be reachable at `node`, which is listed as long as `lease` says. The port is open.
    fn listen(&self, node: Node, lease: LeaseOptions);

    /// Stops being reachable and finishes what is under way. The port is still open.
    fn leave(&self) -> BoxFuture<'_, ()>;

    /// Ends at once.
    fn close(&self);
}

/// The [`Hosted`] backends of an app: a part of it that a backend takes when it is connected to.
#[derive(Clone, Default)]
pub struct Host(Arc<Mutex<Vec<Arc<dyn Hosted>>>>);

impl Host {
    /// Returns the backend of type `T`, which `make` makes if there is none: an app has one of each.
    pub fn one_of<T: Hosted + Clone>(&self, make: impl FnOnce() -> T) -> T {
        let mut hosted = self.locked();
        let found = hosted.iter().find_map(|hosted| (&**hosted as &dyn Any).downcast_ref::<T>().cloned());
        found.unwrap_or_else(|| {
            let made = make();
            hosted.push(Arc::new(made.clone()));
            made
        })
    }

    /// Returns all of them.
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
