//! From an [`App`] to a [`Running`] one.

use std::any::TypeId;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::inject::{AnyArc, ClientEntry, Component, Dep, Graph, HandlerEntry, ProviderEntry, Resolver};
use super::life::{Door, Running};
use super::probes::Probes;
use super::settings::{self, HELP, Outcome};
use super::{App, Settings, banner, linked};
use crate::client::{self, Client};
use crate::debug::reflection::{self, Reflection};
use crate::debug::{Readiness, health};
use crate::errors::{Code, Error, Result};
use crate::registry::{Node, Registry};
use crate::rpc::{Service, schema};
use crate::server::{ListenOptions, Listener, Server, Switch};
use crate::transport::http::{ClientOptions, Hosts, HttpClient, HttpServer, ServerOptions};
use crate::transport::local::Local;
use crate::util::{net, random, spawn};

/// What is to be served.
pub(super) enum Handler {
    /// A service somebody has made.
    Service(Service),
    /// A value, with every contract its type is registered for.
    Value { id: TypeId, name: &'static str, value: AnyArc },
    /// A type, built by injection, with every contract it is registered for.
    Type { id: TypeId, name: &'static str },
}

pub(super) async fn start(mut app: App) -> Result<Running> {
    read_settings(&mut app)?;
    let local = Local::new();
    let registry = match app.registry.take() {
        Some(registry) => registry,
        None => connect(&app.settings).await?,
    };
    let client = client(&app, local.clone(), registry.clone());
    let serving = app.everything || !app.handlers.is_empty() || !app.routes.is_empty();

    let (resolver, services) = services(&mut app, &client, &registry).await?;
    let node = random::id();
    let mut server = Server::new().with_node(&node).with_interceptors(app.around_handlers.clone());
    for (name, service) in services {
        server.add(&name, service)?;
    }
    let readiness = Readiness::new();
    if serving {
        add_own(&mut server, &app.settings, &readiness);
    }
    let server = Arc::new(server);
    local.serve(server.clone());

    let mut running = Running::new(app.settings, resolver, client, registry, server, readiness);
    if serving {
        listen(&mut running, app.routes, &node).await?;
        banner::show(&running);
    }
    Ok(running)
}

/// What answers questions about the program itself, unless the program answers them.
fn add_own(server: &mut Server, settings: &Settings, readiness: &Readiness) {
    let listed: Vec<_> = server.services().iter().map(|(name, service)| (name.clone(), service.desc())).collect();
    let mut own = vec![health::service(readiness.clone(), listed.iter().map(|(name, desc)| (&**name, *desc)))];
    if settings.reflection {
        let mut described: Vec<_> = listed.iter().map(|(_, desc)| *desc).collect();
        described.extend(own.iter().map(Service::desc));
        described.extend(reflection::descs());
        own.extend(Reflection::new(&described, readiness.clone()).services());
    }
    for service in own {
        if listed.iter().all(|(_, desc)| desc.full_name() != service.desc().full_name()) {
            server.add_unlisted(service);
        }
    }
}

fn read_settings(app: &mut App) -> Result<()> {
    if let Some(source) = &app.source {
        match settings::read(app.settings.clone(), source)? {
            Outcome::Settings(settings) => app.settings = *settings,
            Outcome::Help(text) => {
                print!("{text}");
                return Err(Error::new(Code::Cancelled, HELP));
            }
        }
        app.settings.logging.install()?;
    }
    Ok(())
}

/// Says loudly what would otherwise be found out late.
fn warn_about_surroundings(settings: &Settings) {
    if cfg!(panic = "abort") {
        tracing::warn!("built with `panic = \"abort\"`: a panic in a handler ends the process instead of the call");
    }
    let container =
        std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() || std::path::Path::new("/.dockerenv").exists();
    let loopback = settings.address.parse::<SocketAddr>().is_ok_and(net::is_loopback);
    if container && loopback {
        tracing::warn!(
            address = settings.address,
            "listening on loopback inside a container: nobody outside of it gets in; set `--address 0.0.0.0:8080`"
        );
    }
}

async fn connect(settings: &Settings) -> Result<Registry> {
    // Nodes of this machine find each other through files; finding those of other machines is a matter of configuration.
    let url = if settings.registry == "auto" { "local" } else { &settings.registry };
    Registry::connect(url).await
}

fn client(app: &App, local: Local, registry: Registry) -> Client {
    let options = ClientOptions { message_limit: app.settings.message_limit, ..ClientOptions::default() };
    let outbound = Arc::new(HttpClient::new(options));
    client::Builder::new(local)
        .with_remote(registry, outbound)
        .with_timeout(app.settings.request_timeout)
        .with_interceptors(app.around_calls.clone())
        .build()
}

/// Builds everything that is to be served, and what it needs, in order.
async fn services(app: &mut App, client: &Client, registry: &Registry) -> Result<(Resolver, Vec<(String, Service)>)> {
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
        services.push(part.entry.service(instance));
    }
    let named = services.into_iter().map(|service| (service.desc().name().to_owned(), service)).collect();
    Ok((resolver, named))
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

/// What is to be served: services that are there, and parts to be made of instances.
#[derive(Default)]
struct Plan {
    services: Vec<Service>,
    values: HashMap<TypeId, AnyArc>,
    parts: Vec<Part>,
}

/// One contract of one type. Without a component the instance is a value the program has given.
struct Part {
    id: TypeId,
    component: Option<Component>,
    entry: &'static HandlerEntry,
}

fn plan(app: &mut App) -> Result<Plan> {
    let linked = linked();
    let mut plan = Plan::default();
    for handler in std::mem::take(&mut app.handlers) {
        let (id, name, value) = match handler {
            Handler::Service(service) => {
                plan.services.push(service);
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
                plan.parts.push(Part { id, component, entry });
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
    Ok(plan)
}

fn plan_everything(plan: &mut Plan, linked: &[&'static HandlerEntry]) -> Result<()> {
    let here: Vec<TypeId> = plan.parts.iter().map(|part| part.id).collect();
    for entry in linked {
        let component = entry.component();
        if !here.contains(&component.id()) {
            plan.parts.push(Part { id: component.id(), component: Some(component), entry });
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

async fn listen(running: &mut Running, routes: Vec<axum::Router>, node: &str) -> Result<()> {
    warn_about_surroundings(running.settings());
    let settings = running.settings();
    let options = ListenOptions { drain: settings.shutdown_timeout, ..ListenOptions::default() };
    let listener = Listener::bind(&settings.address, options).await?;
    let bound = listener.address();
    let address = advertised(settings, bound);

    let (probes, switch) = (Probes(running.readiness().clone()), Switch::new());
    let options =
        ServerOptions { message_limit: settings.message_limit, hosts: Hosts::of(bound), ..ServerOptions::default() };
    let http = HttpServer::new(running.server().clone(), routes.into_iter().chain([probes.routes()]), options);
    let serving = spawn::spawn(listener.serve(http, switch.clone()));
    running.listening(Door { address: bound, switch, serving });
    for entry in entries(running.server(), &address, node) {
        let registered = running.registry().register(entry, running.settings().register).await?;
        running.registered(registered);
    }
    running.ready();
    Ok(())
}

fn advertised(settings: &Settings, bound: SocketAddr) -> String {
    if let Some(address) = &settings.advertise {
        return address.clone();
    }
    if !bound.ip().is_unspecified() {
        return bound.to_string();
    }
    let chosen = SocketAddr::new(net::outbound_ip(bound.is_ipv6()), bound.port());
    tracing::info!(%bound, %chosen, "advertising the address of the default route; `--advertise` sets another");
    chosen.to_string()
}

/// One node per name, with every method served under it, and the fingerprint of its contracts.
fn entries(server: &Server, address: &str, id: &str) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    let fingerprint = |name: &str| {
        let same = server.services().iter().filter(|(other, _)| **other == *name);
        schema::fingerprint(&same.map(|(_, service)| service.desc()).collect::<Vec<_>>())
    };
    for (name, service) in server.services() {
        let desc = service.desc();
        let at = nodes.iter().position(|node| node.service == **name).unwrap_or_else(|| {
            let node = Node::new(&**name, address).with_id(id).with_version(desc.service_version());
            let node = node.with_metadata("micro", env!("CARGO_PKG_VERSION"));
            nodes.push(node.with_metadata("schema", format!("{:016x}", fingerprint(name))));
            nodes.len() - 1
        });
        nodes[at].endpoints.extend(desc.method_descs().iter().map(|method| method.path().to_owned()));
    }
    nodes
}
