//! From an [`App`] to a [`Running`] one.

use std::any::TypeId;
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use super::health::Check;
use super::identity::Identity;
use super::inject::{AnyArc, ClientEntry, Component, Dep, Graph, HandlerEntry, ProviderEntry, Resolver};
use super::life::{Door, Handle, Listed, Running};
use super::listing::Listing;
use super::settings::{self, HELP, Outcome};
use super::{App, AroundHttp, Settings, banner, hooks, linked, probes};
use crate::client::{self, Client};
use crate::debug::reflection::{self, Reflection};
use crate::debug::{Readiness, health};
use crate::errors::{Code, Error, Result};
use crate::registry::Registry;
use crate::rpc::Service;
use crate::server::{Drained, ListenOptions, Listener, Phase, Server, Switch};
use crate::transport::Outbound;
use crate::transport::http::{ClientOptions, Hosts, HttpClient, HttpServer, ServerOptions};
use crate::transport::local::Local;
use crate::transport::memory::Network;
use crate::util::{clock, net, spawn, text};

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

pub(super) async fn start(mut app: App) -> Result<Running> {
    read_settings(&mut app)?;
    let local = Local::new();
    let registry = match app.registry.take() {
        Some(registry) => registry,
        None => connect(&app.settings).await?,
    };
    let client = client(&app, local.clone(), registry.clone());
    let serving = app.everything || !app.handlers.is_empty() || !app.routes.is_empty() || app.fallback.is_some();

    let (resolver, services) = services(&mut app, &client, &registry).await?;
    let identity = Identity::of(&app.settings, services)?;
    let server = Server::new().with_node(&identity.id).with_interceptors(app.around_handlers.clone());
    let mut server = server.with_idle_timeout(app.settings.idle_timeout);
    if let Some(fallback) = app.fallback.take() {
        server = server.with_fallback(fallback);
    }
    for (name, service) in &identity.services {
        server.add(name, service.clone())?;
    }
    let readiness = Readiness::new();
    if serving {
        add_own(&mut server, &app.settings, &readiness);
    }
    let server = Arc::new(server);
    local.serve(server.clone());

    let handle = Handle::new(app.settings, resolver, client, registry, server, readiness);
    hooks::run(std::mem::take(&mut app.hooks.before_start), &handle).await?;
    let after_start = std::mem::take(&mut app.hooks.after_start);
    let mut running = Running::new(handle, app.hooks);
    if serving {
        let (bound, door) = match &app.network {
            Some(network) => join(&running, network),
            None => listen(&running, app.routes, app.around_http).await?,
        };
        running.listens_at(bound);
        let listed = enlist(&running, app.checks, &identity, &advertised(running.settings(), bound)).await?;
        running.open(door, listed);
    }
    hooks::run(after_start, &running).await?;
    banner::show(&running);
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
    let outbound: Arc<dyn Outbound> = match &app.network {
        Some(network) => Arc::new(network.clone()),
        None => Arc::new(HttpClient::new(ClientOptions {
            message_limit: app.settings.message_limit,
            compress: app.settings.compress,
            ..ClientOptions::default()
        })),
    };
    client::Builder::new(local)
        .with_remote(registry, outbound)
        .with_timeout(app.settings.request_timeout)
        .with_idle_timeout(app.settings.idle_timeout)
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

/// What is to be served: services that are there, and parts to be made of instances.
#[derive(Default)]
struct Plan {
    services: Vec<(String, Service)>,
    values: HashMap<TypeId, AnyArc>,
    parts: Vec<Part>,
}

/// One contract of one type. Without a component the instance is a value the program has given.
struct Part {
    id: TypeId,
    component: Option<Component>,
    entry: &'static HandlerEntry,
    listed: Option<String>,
}

impl Part {
    /// The name it is listed under.
    fn name(&self) -> String {
        self.listed.clone().unwrap_or_else(|| self.entry.desc().name().to_owned())
    }
}

fn listed_as(name: Option<&str>, service: &Service) -> String {
    name.unwrap_or(service.desc().name()).to_owned()
}

fn plan(app: &mut App) -> Result<Plan> {
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
    keep_only(&app.settings.services, &mut plan)?;
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

async fn listen(app: &Handle, routes: Vec<axum::Router>, around: Vec<AroundHttp>) -> Result<(SocketAddr, Door)> {
    let settings = app.settings();
    warn_about_surroundings(settings);
    let options = ListenOptions { drain: settings.shutdown_timeout, ..ListenOptions::default() };
    let listener = Listener::bind(&settings.address, options).await?;
    let bound = listener.address();

    let options =
        ServerOptions { message_limit: settings.message_limit, hosts: Hosts::of(bound), ..ServerOptions::default() };
    let routes = routes.into_iter().chain([probes::routes(app.health())]);
    let server = HttpServer::new(app.server().clone(), routes, options);
    let server = around.into_iter().fold(server, |server, around| server.map_router(around));
    let switch = Switch::new();
    let serving = spawn::spawn(listener.serve(server, switch.clone()));
    Ok((bound, Door { switch, serving }))
}

/// Serves on a network within the process.
fn join(app: &Handle, network: &Network) -> (SocketAddr, Door) {
    let door = network.serve(app.server().clone());
    let bound = SocketAddr::from(([127, 0, 0, 1], door.port()));
    let (switch, bound_in_time) = (Switch::new(), app.settings().shutdown_timeout);
    let told = switch.clone();
    let serving = spawn::spawn(async move {
        told.reached(Phase::Draining).await;
        match clock::timeout(bound_in_time, door.drain()).await {
            Ok(()) => Drained::Clean,
            Err(_) => Drained::Forced(1),
        }
    });
    (bound, Door { switch, serving })
}

/// Looks after the program's health, and lists it while it is ready.
async fn enlist(app: &Handle, checks: Vec<Check>, identity: &Identity, address: &str) -> Result<Listed> {
    let health = app.health().clone();
    health.look(&checks).await;
    health.set_serving(true);
    let settings = app.settings();
    let nodes = identity.nodes(address);
    let listing = Listing::enter(app.registry().clone(), nodes, settings.register, health.watch()).await?;
    let checking = (!checks.is_empty()).then(|| {
        let interval = settings.check_interval;
        spawn::spawn(health.keep_looking(checks, interval))
    });
    Ok(Listed { listing, checking })
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
