//! Building what is to be served, by injection.

use std::any::TypeId;
use std::collections::HashMap;

use super::App;
use super::inject::{AnyArc, ClientEntry, Dep, Graph, ProviderEntry, Resolver};
use super::plan::plan;
use crate::client::Client;
use crate::errors::{Error, Result};
use crate::registry::Registry;
use crate::rpc::Service;

/// Builds everything that is to be served, and what it needs, in order.
pub(super) async fn services(
    app: &mut App,
    client: &Client,
    registry: &Registry,
) -> Result<(Resolver, Vec<(String, Service)>)> {
    let mut resolver = std::mem::take(&mut app.given);
    put_handles(&mut resolver, client, registry);

    let plan = plan(app)?;
    let providers: Vec<_> = inventory::iter::<ProviderEntry>.into_iter().collect();
    let mut graph = Graph::new(providers, &resolver);
    for part in &plan.parts {
        if let Some(component) = &part.component {
            graph.need(component, part.entry.location(), &resolver);
        }
    }
    for provider in graph.into_order()? {
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

/// What micro itself can make: handles for the whole app, leaves of the graph.
fn put_handles(resolver: &mut Resolver, client: &Client, registry: &Registry) {
    resolver.put_unless_given(client.clone());
    resolver.put_unless_given(registry.clone());
    for entry in inventory::iter::<ClientEntry> {
        if !resolver.has(entry.out().id()) {
            resolver.put(entry.out().id(), entry.make(client));
        }
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
