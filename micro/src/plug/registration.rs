//! Type-erased kinds of plugs linked into a program.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;

use super::{Instances, Plug, State, connect_with};
use crate::context::Extensions;
use crate::errors::{Error, Result};
use crate::rpc::BoxFuture;

/// A kind of [`Plug`] available to the apps of a program. Created by [`plug!`](crate::plug!).
pub struct PlugRegistration {
    pub(crate) kind: &'static str,
    pub(crate) names: &'static str,
    pub(crate) default: &'static str,
    /// Injected types: the handle, and its [`Instances`].
    pub(crate) injected: [TypeId; 2],
    open: Open,
}

/// Connects all instances of a kind, in order, and erases their types.
type Open = for<'a> fn(Urls, &'a mut Given, &'a Extensions) -> BoxFuture<'a, Result<Box<dyn Opened>>>;

/// The URLs of all instances of a plug.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    pub(crate) default: String,
    pub(crate) named: BTreeMap<String, String>,
}

/// Handles supplied by the program, which replace those from the settings.
#[derive(Default)]
pub(crate) struct Given(HashMap<TypeId, BTreeMap<Option<String>, AnyHandle>>);

type AnyHandle = Box<dyn Any + Send + Sync>;

impl Given {
    /// Stores `handle` as the default instance, or as the one called `name`.
    pub(crate) fn put<P: Plug>(&mut self, name: Option<String>, handle: P) {
        self.0.entry(TypeId::of::<P>()).or_default().insert(name, Box::new(handle));
    }

    /// Returns `true` if there is a handle of this type.
    pub(crate) fn has(&self, handle: TypeId) -> bool {
        self.0.contains_key(&handle)
    }

    /// Returns `true` if the default instance of `P` is included.
    pub(crate) fn has_default<P: Plug>(&self) -> bool {
        self.0.get(&TypeId::of::<P>()).is_some_and(|handles| handles.contains_key(&None))
    }

    fn take<P: Plug>(&mut self) -> BTreeMap<Option<String>, P> {
        let handles = self.0.remove(&TypeId::of::<P>()).unwrap_or_default();
        let typed = |(name, handle): (_, AnyHandle)| Some((name, *handle.downcast::<P>().ok()?));
        handles.into_iter().filter_map(typed).collect()
    }
}

impl PlugRegistration {
    /// Creates the registration of the kind `P`.
    pub const fn new<P: Plug>() -> Self {
        PlugRegistration {
            kind: P::KIND,
            names: P::NAMES,
            default: P::DEFAULT,
            injected: [TypeId::of::<P>(), TypeId::of::<Instances<P>>()],
            open: |urls, given, parts| {
                Box::pin(
                    async move { Ok(Box::new(Instances::<P>::open(urls, given, parts).await?) as Box<dyn Opened>) },
                )
            },
        }
    }

    /// Connects to all instances.
    ///
    /// # Errors
    ///
    /// As [`connect`](super::connect), with the setting of the instance that failed.
    pub(crate) async fn open(&self, urls: Urls, given: &mut Given, parts: &Extensions) -> Result<Box<dyn Opened>> {
        (self.open)(urls, given, parts).await
    }
}

inventory::collect!(PlugRegistration);

/// Returns all linked kinds of plugs, sorted by name.
pub(crate) fn registrations() -> Vec<&'static PlugRegistration> {
    let mut all: Vec<_> = inventory::iter::<PlugRegistration>.into_iter().collect();
    all.sort_by_key(|registration| registration.kind);
    all
}

impl fmt::Debug for PlugRegistration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlugRegistration").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl<P: Plug> Instances<P> {
    /// Connects to all instances that are not supplied by the program, one after the other.
    async fn open(urls: Urls, given: &mut Given, parts: &Extensions) -> Result<Self> {
        let mut given = given.take::<P>();
        let default = match given.remove(&None) {
            Some(handle) => handle,
            None => connect_with(&urls.default, parts).await?,
        };
        let mut instances = Instances::new(default.attach(parts));
        for (name, url) in urls.named.iter().filter(|(name, _)| !given.contains_key(&Some((*name).clone()))) {
            let connected = connect_with::<P>(url, parts).await;
            let connected = connected.map_err(|error| {
                Error::new(error.code(), format!("`micro.{}.{name}`: {}", P::NAMES, error.message()))
            })?;
            instances = instances.with(name, connected.attach(parts));
        }
        for (name, handle) in given {
            instances = instances.with(name.unwrap_or_default(), handle.attach(parts));
        }
        Ok(instances)
    }
}

/// The connected instances of one kind of plug.
pub(crate) trait Opened: Send + Sync {
    /// Returns the instances as [`Instances`] of their type.
    fn as_any(&self) -> &dyn Any;

    /// Returns the injected values, by type.
    fn injected(&self) -> [(TypeId, Arc<dyn Any + Send + Sync>); 2];

    /// Returns a state check for each instance, with its name in `/readyz`.
    fn checks(&self) -> Vec<(String, Box<dyn Fn() -> State + Send + Sync>)>;

    /// Flushes all instances.
    fn flush(&self) -> BoxFuture<'_, ()>;

    /// Closes all instances.
    fn close(&self) -> BoxFuture<'_, ()>;
}

impl<P: Plug> Opened for Instances<P> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn injected(&self) -> [(TypeId, Arc<dyn Any + Send + Sync>); 2] {
        [(TypeId::of::<P>(), Arc::new(self.default_instance().clone())), (TypeId::of::<Self>(), Arc::new(self.clone()))]
    }

    fn checks(&self) -> Vec<(String, Box<dyn Fn() -> State + Send + Sync>)> {
        let check = |(name, instance): (Option<&str>, &P)| -> (String, Box<dyn Fn() -> State + Send + Sync>) {
            let name = name.map_or_else(|| P::KIND.to_owned(), |name| format!("{} {name}", P::KIND));
            let instance = instance.clone();
            (name, Box::new(move || instance.state()))
        };
        self.all().map(check).collect()
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { drop(join_all(self.all().map(|(_, instance)| instance.flush())).await) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { drop(join_all(self.all().map(|(_, instance)| instance.close())).await) })
    }
}
