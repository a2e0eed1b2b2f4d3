//! Building what is to be served, by injection.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};

use super::downgrades::Downgrades;
use super::inject::{AnyArc, Component, Dep, Graph, Leaves, ProviderEntry, Resolver, SourceLocation};
use super::plan::Plan;
use super::subscribers::Subscriber;
use crate::broker::Brokers;
use crate::config::{Configuration, SectionEntry};
use crate::context::Extensions;
use crate::errors::{Error, Result};
use crate::rpc::Service;

/// Providers to build, in order, and the settings that the program takes.
pub(super) struct BuildPlan {
    providers: Vec<&'static ProviderEntry>,
    /// The settings and handles it takes, by type.
    taken: HashSet<TypeId>,
}

impl BuildPlan {
    /// Resolves the needs of the plan.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) with everything that nothing provides.
    pub(super) fn of(plan: &Plan, given: &Resolver) -> Result<Self> {
        let leaves = Leaves::of(given);
        let mut graph = Graph::new(inventory::iter::<ProviderEntry>, &leaves);
        for part in &plan.parts {
            if let Some(component) = &part.component {
                graph.need(component.deps().iter().copied(), part.entry.location(), &leaves);
            }
            graph.need(part.entry.extensions(), part.entry.location(), &leaves);
        }
        for subscriber in &plan.subscribers {
            if let Some(component) = &subscriber.component {
                graph.need(component.deps().iter().copied(), subscriber.entry.location(), &leaves);
            }
            graph.need(subscriber.entry.needs(), subscriber.entry.location(), &leaves);
        }
        let (providers, taken) = graph.into_order()?;
        Ok(BuildPlan { providers, taken })
    }

    /// Returns `true` if a struct of settings is needed.
    pub(super) fn includes(&self, entry: &SectionEntry) -> bool {
        self.takes((entry.config)())
    }

    /// Returns `true` if settings or a handle of this type are needed.
    pub(super) fn takes(&self, id: TypeId) -> bool {
        self.taken.contains(&id)
    }
}

/// Returns the extensions of every context: the settings that methods take, and the configuration for handlers that are not
/// registered.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) when settings cannot be used.
pub(super) fn lent(plan: &Plan, resolver: &Resolver, configuration: &Configuration) -> Result<Extensions> {
    let mut lent = vec![];
    let to_parts = plan.parts.iter().flat_map(|part| part.entry.extensions());
    let to_subscribers = plan.subscribers.iter().flat_map(|subscriber| subscriber.entry.extensions());
    for dep in to_parts.chain(to_subscribers) {
        if let Some(value) = resolver.any(dep.id())? {
            lent.push((dep.id(), value));
        }
    }
    // Extensions cost every call a little, so they are set only where a handler may read them.
    let by_hand = !plan.services.is_empty();
    let lent = Extensions::from_iter(lent);
    Ok(if by_hand || !lent.is_empty() { lent.with(configuration.clone()) } else { lent })
}

/// Built services and subscribers.
pub(super) struct BuiltParts {
    pub(super) resolver: Resolver,
    /// Services, with the names they are listed under.
    pub(super) services: Vec<(String, Service)>,
    pub(super) subscribers: Vec<Subscriber>,
}

/// Builds everything that is to be served, and what it needs, in order.
///
/// # Errors
///
/// What a provider or an init function fails with, and what is wrong with a subscriber.
pub(super) async fn build(
    plan: Plan,
    needs: BuildPlan,
    mut resolver: Resolver,
    brokers: &Brokers,
    downgrades: &mut Downgrades,
) -> Result<BuiltParts> {
    for provider in needs.providers {
        let value = provider.build(&resolver).await.map_err(|error| unbuilt(&provider.out(), error))?;
        resolver.put(provider.out().id(), value);
    }
    let mut instances = ComponentInstances(plan.values);
    let mut services = plan.services;
    for part in &plan.parts {
        let instance = instances.get(part.id, part.component.as_ref(), part.entry.location(), &resolver).await?;
        services.push((part.name(), part.entry.service(instance)));
    }
    let mut subscribers = Vec::new();
    for planned in &plan.subscribers {
        let instance = match planned.of {
            None => None,
            Some(id) => {
                let (component, location) = (planned.component.as_ref(), planned.entry.location());
                Some(instances.get(id, component, location, &resolver).await?)
            }
        };
        subscribers.push(Subscriber::of(planned, instance, &resolver, brokers, downgrades)?);
    }
    Ok(BuiltParts { resolver, services, subscribers })
}

/// The one instance of each type.
struct ComponentInstances(HashMap<TypeId, AnyArc>);

impl ComponentInstances {
    async fn get(
        &mut self,
        id: TypeId,
        component: Option<&Component>,
        location: SourceLocation,
        resolver: &Resolver,
    ) -> Result<AnyArc> {
        if let Some(instance) = self.0.get(&id) {
            return Ok(instance.clone());
        }
        let Some(component) = component else { return Err(Error::internal("a value that was served is gone")) };
        let instance = component
            .build(resolver)
            .await
            .map_err(|error| Error::new(error.code(), format!("cannot build {location}: {}", words(&error))))?;
        self.0.insert(id, instance.clone());
        Ok(instance)
    }
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
