//! From an [`App`] to a [`Running`] one.

use std::sync::Arc;

use super::brokers::Opened;
use super::identity::Identity;
use super::inject::Handles;
use super::life::{Handle, Parts, Running};
use super::plan::plan;
use super::services::{Built, Needs, build, lent};
use super::subscribers::{Subscriber, Subscribers};
use super::{App, Settings, banner, brokers, hooks, serve, settings};
use crate::client::{self, Client};
use crate::config::Config;
use crate::debug::{Readiness, health, reflection};
use crate::errors::Result;
use crate::message::Named;
use crate::registry::Registry;
use crate::rpc::Service;
use crate::server::Server;
use crate::transport::local::Local;
use crate::transport::{AutoTransport, Outbound, http, native};
use crate::util::lifecycle::Lifecycle;
use crate::util::spawn;

pub(super) async fn start(mut app: App) -> Result<Running> {
    Named::check()?;
    let mut loaded = settings::load(&mut app).await?;
    let settings = loaded.settings.get().into_arc();
    let plan = plan(&mut app, &settings)?;
    let given = std::mem::take(&mut app.given);
    let needs = Needs::of(&plan, &given)?;
    loaded.check(|entry| needs.includes(entry))?;

    let local = Local::new();
    let registry = match app.registry.take() {
        Some(registry) => registry,
        None => Registry::connect(&settings.registry_url()).await?,
    };
    let tls = match app.server_tls.take() {
        Some(tls) => Some(tls),
        None => settings.tls.server()?,
    };
    let client = client(&mut app, &loaded.settings, local.clone(), registry.clone())?;
    let serving = app.everything
        || plan.serves()
        || !app.handled_events.is_empty()
        || !app.routes.is_empty()
        || app.fallback.is_some();

    let Opened { brokers, direct } = brokers::open(&mut app, &settings, &client, &registry).await?;
    let configuration = &loaded.configuration;
    let handles = Handles { client: &client, registry: &registry, brokers: &brokers, configuration };
    let resolver = given.with_handles(&handles);
    let lent = lent(&plan, &resolver, &loaded.configuration)?;
    let Built { resolver, services, mut subscribers } = build(plan, needs, resolver, &brokers).await?;
    for (subscription, handling, handler) in std::mem::take(&mut app.handled_events) {
        subscribers.push(Subscriber { broker: brokers.usual().clone(), subscription, handling, handler });
    }
    let tls = tls.filter(|_| app.network.is_none());
    let (encrypted, scheme) = (tls.is_some(), if tls.is_some() { "https" } else { "http" });
    let identity = Identity::of(&settings, services)?.with_tls(encrypted);
    let lifecycle = Lifecycle::new();
    let server = Server::new()
        .with_lifecycle(lifecycle.clone())
        .with_node(&identity.id)
        .with_interceptors(app.around_handlers.clone());
    let mut server = server.with_idle_timeout(settings.idle_timeout()).with_extensions(lent.clone());
    if let Some(fallback) = app.fallback.take() {
        server = server.with_fallback(fallback);
    }
    for (name, service) in &identity.services {
        server.add(name, service.clone())?;
    }
    let readiness = Readiness::new(lifecycle.clone());
    if serving {
        add_own(&mut server, &settings, &readiness)?;
        direct.iter().for_each(|direct| server.add_unlisted(direct.service()));
    }
    let server = Arc::new(server);
    local.serve(server.clone());

    let (configuration, settings) = (loaded.configuration, loaded.settings);
    let handle = Handle::new(Parts {
        configuration,
        settings,
        resolver,
        client,
        registry,
        brokers,
        server,
        readiness,
        lifecycle,
    });
    hooks::run(std::mem::take(&mut app.hooks.before_start), &handle).await?;
    let after_start = std::mem::take(&mut app.hooks.after_start);
    let mut running = Running::new(handle, direct.clone(), app.hooks);
    if serving {
        let (bound, door) = match &app.network {
            Some(network) => serve::join(&running, network),
            None => serve::listen(&running, tls, app.routes, app.around_http).await?,
        };
        running.listens_at(bound, scheme);
        app.checks.extend(brokers::checks(running.brokers()));
        let listed = serve::enlist(&running, app.checks, &identity, bound).await?;
        running.open(door, listed);
        direct.iter().for_each(|direct| serve::listen_for_events(&running, direct, &identity, bound));
        let described: Vec<String> = subscribers.iter().map(Subscriber::describe).collect();
        running.subscribed(Subscribers::begin(subscribers, &lent).await?, described);
        let troubles = running.configuration().troubles();
        running.keep(spawn::spawn(running.health().clone().keep_showing(troubles)));
    }
    hooks::run(after_start, &running).await?;
    banner::show(&running);
    Ok(running)
}

/// What answers questions about the program itself, unless the program answers them.
fn add_own(server: &mut Server, settings: &Settings, readiness: &Readiness) -> Result<()> {
    let listed: Vec<_> = server.services().iter().map(|(name, service)| (name.clone(), service.desc())).collect();
    let mut own = vec![health::service(readiness.clone(), listed.iter().map(|(name, desc)| (&**name, *desc)))];
    if settings.reflection {
        let mut described: Vec<_> = listed.iter().map(|(_, desc)| *desc).collect();
        described.extend(own.iter().map(Service::desc));
        described.extend(reflection::descs());
        own.extend(reflection::services(&described, readiness.clone())?);
    }
    for service in own {
        if listed.iter().all(|(_, desc)| desc.full_name() != service.desc().full_name()) {
            server.add_unlisted(service);
        }
    }
    Ok(())
}

fn client(app: &mut App, config: &Config<Settings>, local: Local, registry: Registry) -> Result<Client> {
    let settings = config.get();
    let outbound: Arc<dyn Outbound> = match &app.network {
        Some(network) => Arc::new(network.clone()),
        None => {
            let message_limit = settings.message_limit.bytes();
            let tls = match app.client_tls.take() {
                Some(tls) => tls,
                None => settings.tls.client()?,
            };
            let connections = usize::from(settings.connections);
            let native = native::ClientOptions { message_limit, connections, tls: tls.clone(), ..Default::default() };
            let http = http::ClientOptions {
                message_limit,
                connections,
                most_connections: 2 * connections,
                compress: settings.compress,
                tls,
                ..Default::default()
            };
            Arc::new(AutoTransport::new(native, http).with_wire(settings.wire))
        }
    };
    let client = client::Builder::new(local)
        .with_remote(registry, outbound)
        .with_timeout(settings.request_timeout)
        .with_idle_timeout(settings.idle_timeout())
        .with_interceptors(app.around_calls.clone())
        .build();
    let changed = client.clone();
    config.watch(move |_, new| changed.set_timeout(new.request_timeout)).forever();
    Ok(client)
}
