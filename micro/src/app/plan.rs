//! Plan of the services and subscribers to run, made before any of them is built.

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Settings;
use super::inject::{AnyArc, Component, HandlerEntry, Resolver, SubscriberEntry};
use crate::broker::{self, ConsumerOptions, Subscription};
use crate::errors::{Error, Result};
use crate::rpc::{CallEndpoint, Service};
use crate::util::text;

/// A handler to serve.
pub(super) enum PlannedHandler {
    /// A service made by the program.
    Service(Service),
    /// A value, with every contract its type is registered for.
    Value { id: TypeId, name: &'static str, value: AnyArc },
    /// A type, built by injection, with every contract it is registered for.
    Type { id: TypeId, name: &'static str },
}

/// Services, subscribers and values of a program before it starts.
#[derive(Default)]
pub(super) struct AppServices {
    /// Values for injection.
    pub(super) provided: Resolver,
    pub(super) handlers: Vec<Mounted>,
    pub(super) subscribers: Vec<Result<SubscriberEntry>>,
    pub(super) handled_events: Vec<(Subscription, ConsumerOptions, Arc<dyn broker::Handler>)>,
    /// `true` if all linked services are served.
    pub(super) everything: bool,
    /// Answers calls that no service here has.
    pub(super) fallback: Option<Arc<dyn CallEndpoint>>,
}

/// A handler to serve, and its name unless that is the contract's.
pub(super) struct Mounted {
    pub(super) handler: PlannedHandler,
    pub(super) name: Option<String>,
}

/// Services to run: values, and types to build.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) services: Vec<(String, Service)>,
    pub(super) values: HashMap<TypeId, AnyArc>,
    pub(super) parts: Vec<PlannedService>,
    pub(super) subscribers: Vec<Subscribing>,
}

/// A subscriber, and the type it is a method of.
pub(super) struct Subscribing {
    pub(super) of: Option<TypeId>,
    pub(super) component: Option<Component>,
    pub(super) entry: SubscriberEntry,
}

/// One contract of one type. Without a component the instance is a value the program has given.
pub(super) struct PlannedService {
    pub(super) id: TypeId,
    pub(super) component: Option<Component>,
    pub(super) entry: &'static HandlerEntry,
    listed: Option<String>,
}

impl Plan {
    /// Returns `true` if there is anything to serve.
    pub(super) fn serves(&self) -> bool {
        !self.services.is_empty() || !self.parts.is_empty() || !self.subscribers.is_empty()
    }

    /// Adds the subscribers that are methods of a type; without `built` its instance is a value the program has given.
    fn subscribe_methods(&mut self, id: TypeId, built: bool, linked: &[&'static SubscriberEntry]) {
        for entry in linked {
            let Some(component) = entry.component().filter(|component| component.id() == id) else { continue };
            let component = built.then_some(component);
            self.subscribers.push(Subscribing { of: Some(id), component, entry: **entry });
        }
    }
}

impl PlannedService {
    /// The name it is listed under.
    pub(super) fn name(&self) -> String {
        self.listed.clone().unwrap_or_else(|| self.entry.desc().name().to_owned())
    }
}

fn listed_as(name: Option<&str>, service: &Service) -> String {
    name.unwrap_or(service.desc().name()).to_owned()
}

/// Takes the handlers and subscribers of `services`, with what is linked where it asks for everything.
pub(super) fn plan(services: &mut AppServices, settings: &Settings) -> Result<Plan> {
    let (linked, subscribers) = (linked(), linked_subscribers());
    let mut plan = Plan::default();
    for entry in std::mem::take(&mut services.subscribers) {
        plan.subscribers.push(Subscribing { of: None, component: None, entry: entry? });
    }
    for Mounted { handler, name: listed } in std::mem::take(&mut services.handlers) {
        let (id, name, value) = match handler {
            PlannedHandler::Service(service) => {
                plan.services.push((listed_as(listed.as_deref(), &service), service));
                continue;
            }
            PlannedHandler::Value { id, name, value } => (id, name, Some(value)),
            PlannedHandler::Type { id, name } => (id, name, None),
        };
        let before = (plan.parts.len(), plan.subscribers.len());
        plan.subscribe_methods(id, value.is_none(), &subscribers);
        for entry in &linked {
            let component = entry.component();
            if component.id() == id {
                let component = value.is_none().then_some(component);
                plan.parts.push(PlannedService { id, component, entry, listed: listed.clone() });
            }
        }
        if (plan.parts.len(), plan.subscribers.len()) == before {
            return Err(Error::failed_precondition(format!(
                "`{name}` serves no contract and subscribes to nothing: write `#[micro::handler]` on an `impl Contract for \
                 {name}`, or serve what `ContractServer::new(..)` makes of it"
            )));
        }
        if let Some(value) = value
            && plan.values.insert(id, value).is_some()
        {
            return Err(Error::failed_precondition(format!(
                "two values of `{name}` are served: one type has one instance"
            )));
        }
    }
    if services.everything {
        plan_everything(&mut plan, &linked, &subscribers)?;
    }
    keep_only(&settings.services, &mut plan)?;
    Ok(plan)
}

/// Leaves out what the settings do not name, before anything of it is built.
fn keep_only(wanted: &BTreeSet<String>, plan: &mut Plan) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let contracts: HashSet<TypeId> = plan.parts.iter().map(|part| part.id).collect();
    // A subscriber that is a method of something that also answers calls comes and goes with it.
    let alone = |subscriber: &Subscribing| subscriber.of.is_none_or(|id| !contracts.contains(&id));
    let parts = plan.parts.iter().map(PlannedService::name);
    let services = plan.services.iter().map(|(name, _)| name.clone());
    let subscribers = plan.subscribers.iter().filter(|subscriber| alone(subscriber));
    let subscribers = subscribers.map(|subscriber| subscriber.entry.desc().name().to_owned());
    let names: Vec<String> = parts.chain(services).chain(subscribers).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
        let near = text::nearest(unknown, names.iter().map(String::as_str));
        let hint = near
            .map_or_else(|| format!("there are `{}`", names.join("`, `")), |near| format!("did you mean `{near}`?"));
        return Err(Error::invalid_argument(format!("`--services` names `{unknown}`, which is not there: {hint}")));
    }
    plan.parts.retain(|part| wanted.contains(&part.name()));
    plan.services.retain(|(name, _)| wanted.contains(name));
    let left: HashSet<TypeId> = plan.parts.iter().map(|part| part.id).collect();
    plan.subscribers.retain(|subscriber| match subscriber.of {
        Some(id) if !alone(subscriber) => left.contains(&id),
        _ => wanted.contains(subscriber.entry.desc().name()),
    });
    Ok(())
}

fn plan_everything(
    plan: &mut Plan,
    linked: &[&'static HandlerEntry],
    subscribers: &[&'static SubscriberEntry],
) -> Result<()> {
    let mounted = plan.parts.iter().map(|part| part.id);
    let here: Vec<TypeId> = mounted.chain(plan.subscribers.iter().filter_map(|subscriber| subscriber.of)).collect();
    for entry in linked {
        let component = entry.component();
        if !here.contains(&component.id()) {
            plan.parts.push(PlannedService { id: component.id(), component: Some(component), entry, listed: None });
        }
    }
    for entry in subscribers {
        let component = entry.component();
        let of = component.as_ref().map(Component::id);
        let there = plan.subscribers.iter().any(|there| there.entry.location() == entry.location());
        if !there && of.is_none_or(|id| !here.contains(&id)) {
            plan.subscribers.push(Subscribing { of, component, entry: **entry });
        }
    }
    if !plan.serves() {
        return Err(Error::failed_precondition(
            "there is nothing to serve: no `#[micro::handler]` and no `#[micro::subscriber]` is linked into this program; \
             where a service lives in a crate of its own, name that crate in `main.rs` with `use that_crate as _;` or `micro::link!(that_crate);`",
        ));
    }
    Ok(())
}

/// Every handler that is linked into this program, in the order of the code that declares it.
fn linked() -> Vec<&'static HandlerEntry> {
    let mut entries: Vec<_> = inventory::iter::<HandlerEntry>.into_iter().collect();
    entries.sort_by_key(|entry| entry.location().to_string());
    entries
}

/// Every subscriber that is linked into this program, in the order of the code that declares it.
fn linked_subscribers() -> Vec<&'static SubscriberEntry> {
    let mut entries: Vec<_> =
        inventory::iter::<SubscriberEntry>.into_iter().filter(|entry| !entry.is_manual()).collect();
    entries.sort_by_key(|entry| entry.location().to_string());
    entries
}
