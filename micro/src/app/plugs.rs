//! The plugs of an app: which of them are opened, at which URLs, and what is done with all of them alike.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Critical;
use super::health::HealthCheck;
use crate::config::{Configuration, Layer};
use crate::context::Extensions;
use crate::errors::{Error, Result};
use crate::plug::{Given, Instances, Opened, Plug, PlugRegistration, State, Urls, registrations};

/// The prefix of the settings that name plugs.
const PREFIX: &str = "micro";

/// Plugs of a program before it starts.
#[derive(Default)]
pub(super) struct Plugs {
    given: Given,
}

impl Plugs {
    /// Uses `handle` as the default instance of its kind, or as the one called `name`, whatever the settings say.
    pub(super) fn give<P: Plug>(&mut self, name: Option<String>, handle: P) {
        self.given.put(name, handle);
    }

    /// Returns `true` if the program provides the default instance of `P` itself.
    pub(super) fn gives_default<P: Plug>(&self) -> bool {
        self.given.has_default::<P>()
    }
}

/// Opens plugs one kind after the other, so that each can take those before it.
pub(super) struct Opening<'a> {
    plugs: Plugs,
    configuration: &'a Configuration,
    parts: Extensions,
    opened: Vec<(TypeId, Box<dyn Opened>)>,
}

impl<'a> Opening<'a> {
    pub(super) fn new(plugs: Plugs, configuration: &'a Configuration) -> Self {
        Opening { plugs, configuration, parts: Extensions::new(), opened: Vec::new() }
    }

    /// Lets backends that are connected to from now on take `part`.
    pub(super) fn offer<T: Clone + Send + Sync + 'static>(&mut self, part: T) {
        self.parts = std::mem::take(&mut self.parts).with(part);
    }

    /// Opens the plug `P`, and offers its default instance to those that follow.
    ///
    /// # Errors
    ///
    /// As [`connect`](crate::plug::connect).
    pub(super) async fn open<P: Plug>(&mut self) -> Result<Instances<P>> {
        let registration = registrations().into_iter().find(|plug| plug.injected[0] == TypeId::of::<P>());
        let registration = registration.ok_or_else(|| Error::internal(format!("`{}` is no plug", P::KIND)))?;
        self.open_registered(registration).await?;
        let opened = self.opened.last().and_then(|(_, opened)| opened.as_any().downcast_ref::<Instances<P>>());
        let instances = opened.expect("opened above").clone();
        self.offer(instances.default_instance().clone());
        Ok(instances)
    }

    /// Opens every other plug that the program uses: something takes it, its settings name one, or the program has made one.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub(super) async fn open_used(mut self, takes: impl Fn(TypeId) -> bool) -> Result<OpenPlugs> {
        for plug in registrations() {
            let opened = self.opened.iter().any(|(id, _)| *id == plug.injected[0]);
            let used = plug.injected.into_iter().any(&takes) || self.plugs.given.has(plug.injected[0]);
            if !opened && (used || self.is_set(plug)?) {
                self.open_registered(plug).await?;
            }
        }
        Ok(OpenPlugs(self.opened))
    }

    async fn open_registered(&mut self, plug: &PlugRegistration) -> Result<()> {
        let opened = plug.open(self.urls(plug)?, &mut self.plugs.given, &self.parts).await?;
        self.opened.push((plug.injected[0], opened));
        Ok(())
    }

    fn is_set(&self, plug: &PlugRegistration) -> Result<bool> {
        let origin = self.configuration.origin(&format!("{PREFIX}.{}", plug.kind));
        Ok(origin.is_some_and(|origin| origin.layer() > Layer::Declared) || !self.urls(plug)?.named.is_empty())
    }

    fn urls(&self, plug: &PlugRegistration) -> Result<Urls> {
        let kind: Option<String> = self.configuration.get(&format!("{PREFIX}.{}", plug.kind))?;
        // Go Micro names the kind of a thing and its address apart.
        let address: Option<String> = self.configuration.get(&format!("{PREFIX}.{}_address", plug.kind))?;
        let named: Option<BTreeMap<String, String>> = self.configuration.get(&format!("{PREFIX}.{}", plug.names))?;
        let kind = kind.unwrap_or_else(|| plug.default.to_owned());
        let default = match address {
            Some(address) if !kind.contains("://") => format!("{kind}://{address}"),
            _ => kind,
        };
        Ok(Urls { default, named: named.unwrap_or_default() })
    }
}

/// The plugs of an app that runs.
#[derive(Default)]
pub(super) struct OpenPlugs(Vec<(TypeId, Box<dyn Opened>)>);

impl OpenPlugs {
    /// Returns what is injected, by type.
    pub(super) fn injected(&self) -> impl Iterator<Item = (TypeId, Arc<dyn Any + Send + Sync>)> {
        self.0.iter().flat_map(|(_, opened)| opened.injected())
    }

    /// Returns checks that show which cannot be reached. Calls are answered none the less, so none is critical.
    pub(super) fn checks(&self) -> Vec<HealthCheck> {
        let checks = self.0.iter().flat_map(|(_, opened)| opened.checks());
        let check = |(name, state): (String, Box<dyn Fn() -> State + Send + Sync>)| {
            let look = move || match state() {
                State::Up => Ok(()),
                State::Down(why) => Err(Error::unavailable(why)),
            };
            HealthCheck { name, critical: Critical::No, run: Box::new(move || Box::pin(std::future::ready(look()))) }
        };
        checks.map(check).collect()
    }

    /// Waits until all have handed over what they hold.
    pub(super) async fn flush(&self) {
        futures_util::future::join_all(self.0.iter().map(|(_, opened)| opened.flush())).await;
    }

    /// Ends them, the last one first: those may use the ones before.
    pub(super) async fn close(&self) {
        for (_, opened) in self.0.iter().rev() {
            opened.close().await;
        }
    }
}
