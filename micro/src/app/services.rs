//! Building what is to be served, by injection.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};

use super::inject::{AnyArc, Dep, Graph, Leaves, ProviderEntry, Resolver};
use super::plan::Plan;
use crate::config::{Configuration, SectionEntry};
use crate::context::Extensions;
use crate::errors::{Error, Result};
use crate::rpc::Service;

/// What has to be built before what is to be served, and the structs of settings all of it takes.
pub(super) struct Needs {
    providers: Vec<&'static ProviderEntry>,
    settings: HashSet<TypeId>,
}

impl Needs {
    /// What the plan needs.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) with everything that nothing provides.
    pub(super) fn of(plan: &Plan, given: &Resolver) -> Result<Self> {
        let leaves = Leaves::of(given);
        let mut graph = Graph::new(inventory::iter::<ProviderEntry>, &leaves);
        for part in &plan.parts {
            if let Some(component) = &part.component {
                graph.need(component.deps(), part.entry.location(), &leaves);
            }
            graph.need(part.entry.loans(), part.entry.location(), &leaves);
        }
        let (providers, settings) = graph.into_order()?;
        Ok(Needs { providers, settings })
    }

    /// Whether a struct of settings is among them.
    pub(super) fn includes(&self, entry: &SectionEntry) -> bool {
        self.settings.contains(&(entry.config)())
    }
}

/// What handlers are lent with each call: the settings their methods take, and the configuration for those that nobody
/// registered.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) when settings cannot be used.
pub(super) fn lent(plan: &Plan, resolver: &Resolver, configuration: &Configuration) -> Result<Extensions> {
    let mut lent = vec![];
    for dep in plan.parts.iter().flat_map(|part| part.entry.loans()) {
        if let Some(value) = resolver.any(dep.id())? {
            lent.push((dep.id(), value));
        }
    }
    // Lending costs every call a little, so it is done where somebody may borrow.
    let by_hand = !plan.services.is_empty();
    let lent = Extensions::from_iter(lent);
    Ok(if by_hand || !lent.is_empty() { lent.with(configuration.clone()) } else { lent })
}

/// Builds everything that is to be served, and what it needs, in order.
pub(super) async fn services(
    plan: Plan,
    needs: Needs,
    mut resolver: Resolver,
) -> Result<(Resolver, Vec<(String, Service)>)> {
    for provider in needs.providers {
        let value = provider.build(&resolver).await.map_err(|error| unbuilt(&provider.out(), error))?;
        resolver.put(provider.out().id(), value);
    }
    let mut instances: HashMap<TypeId, AnyArc> = plan.values;
    let mut services = plan.services;
    for part in &plan.parts {
        let instance = match (instances.get(&part.id), &part.component) {
            (Some(instance), _) => instance.clone(),
            (None, Some(component)) => {
                let built = component.build(&resolver).await;
                let instance = built.map_err(|error| {
                    Error::new(error.code(), format!("cannot build {}: {}", part.entry.location(), words(&error)))
                })?;
                instances.insert(part.id, instance.clone());
                instance
            }
            (None, None) => return Err(Error::internal("a value that was served is gone")),
        };
        let service = part.entry.service(instance);
        services.push((part.name(), service));
    }
    Ok((resolver, services))
}

fn unbuilt(what: &Dep, error: Error) -> Error {
    Error::new(error.code(), format!("cannot provide `{}`: {}", what.name(), words(&error)))
}

// An operator at the terminal is no stranger: here a foreign error says what it has to say.
fn words(error: &Error) -> String {
    match (error.id(), error.source()) {
        (Some(_), Some(source)) => source.to_string(),
        _ => format!("{error:#}"),
    }
}
