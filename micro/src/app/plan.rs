//! What is to be served, found out before anything of it is built.

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap};

use super::inject::{AnyArc, Component, HandlerEntry};
use super::{App, Settings};
use crate::errors::{Error, Result};
use crate::rpc::Service;
use crate::util::text;

/// What is to be served.
pub(super) enum Handler {
    /// A service somebody has made.
    Service(Service),
    /// A value, with every contract its type is registered for.
    Value { id: TypeId, name: &'static str, value: AnyArc },
    /// A type, built by injection, with every contract it is registered for.
    Type { id: TypeId, name: &'static str },
}

/// What is to be served, and the name to list it under where that is not the contract's.
pub(super) struct Mounted {
    pub(super) handler: Handler,
    pub(super) name: Option<String>,
}

/// What is to be served: services that are there, and parts to be made of instances.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) services: Vec<(String, Service)>,
    pub(super) values: HashMap<TypeId, AnyArc>,
    pub(super) parts: Vec<Part>,
}

/// One contract of one type. Without a component the instance is a value the program has given.
pub(super) struct Part {
    pub(super) id: TypeId,
    pub(super) component: Option<Component>,
    pub(super) entry: &'static HandlerEntry,
    listed: Option<String>,
}

impl Plan {
    /// Whether there is anything to serve.
    pub(super) fn serves(&self) -> bool {
        !self.services.is_empty() || !self.parts.is_empty()
    }
}

impl Part {
    /// The name it is listed under.
    pub(super) fn name(&self) -> String {
        self.listed.clone().unwrap_or_else(|| self.entry.desc().name().to_owned())
    }
}

fn listed_as(name: Option<&str>, service: &Service) -> String {
    name.unwrap_or(service.desc().name()).to_owned()
}

/// Takes what the app was given to serve, with what is linked where it asks for everything.
pub(super) fn plan(app: &mut App, settings: &Settings) -> Result<Plan> {
    let linked = linked();
    let mut plan = Plan::default();
    for Mounted { handler, name: listed } in std::mem::take(&mut app.handlers) {
        let (id, name, value) = match handler {
            Handler::Service(service) => {
                plan.services.push((listed_as(listed.as_deref(), &service), service));
                continue;
            }
            Handler::Value { id, name, value } => (id, name, Some(value)),
            Handler::Type { id, name } => (id, name, None),
        };
        let before = plan.parts.len();
        for entry in &linked {
            let component = entry.component();
            if component.id() == id {
                let component = value.is_none().then_some(component);
                plan.parts.push(Part { id, component, entry, listed: listed.clone() });
            }
        }
        if plan.parts.len() == before {
            return Err(Error::failed_precondition(format!(
                "`{name}` serves no contract: write `#[micro::handler]` on an `impl Contract for {name}`, or serve what \
                 `ContractServer::new(..)` makes of it"
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
    if app.everything {
        plan_everything(&mut plan, &linked)?;
    }
    keep_only(&settings.services, &mut plan)?;
    Ok(plan)
}

/// Leaves out what the settings do not name, before anything of it is built.
fn keep_only(wanted: &BTreeSet<String>, plan: &mut Plan) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let parts = plan.parts.iter().map(Part::name);
    let names: Vec<String> = parts.chain(plan.services.iter().map(|(name, _)| name.clone())).collect();
    if let Some(unknown) = wanted.iter().find(|name| !names.contains(name)) {
        let near = text::nearest(unknown, names.iter().map(String::as_str));
        let hint = near
            .map_or_else(|| format!("there are `{}`", names.join("`, `")), |near| format!("did you mean `{near}`?"));
        return Err(Error::invalid_argument(format!("`--services` names `{unknown}`, which is not there: {hint}")));
    }
    plan.parts.retain(|part| wanted.contains(&part.name()));
    plan.services.retain(|(name, _)| wanted.contains(name));
    Ok(())
}

fn plan_everything(plan: &mut Plan, linked: &[&'static HandlerEntry]) -> Result<()> {
    let here: Vec<TypeId> = plan.parts.iter().map(|part| part.id).collect();
    for entry in linked {
        let component = entry.component();
        if !here.contains(&component.id()) {
            plan.parts.push(Part { id: component.id(), component: Some(component), entry, listed: None });
        }
    }
    if plan.parts.is_empty() && plan.services.is_empty() {
        return Err(Error::failed_precondition(
            "there is nothing to serve: no `#[micro::handler]` is linked into this program; where a service lives in a \
             crate of its own, name that crate in `main.rs` with `use that_crate as _;` or `micro::link!(that_crate);`",
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
