//! From an [`App`] to a [`Running`] one, step by step.

use std::sync::Arc;

use super::construct::{BuildPlan, BuiltParts, build, lent};
use super::downgrades::Downgrades;
use super::handle::{Handle, Parts};
use super::identity::Identity;
use super::inject::Handles;
use super::layers::HttpLayers;
use super::plan::{AppServices, plan};
use super::plugs::Opening;
use super::running::Running;
use super::subscribers::{Subscriber, Subscribers};
use super::transports::Transports;
use super::{App, Settings, banner, hooks, serve, settings, steps};
use crate::bridge::Host;
use crate::broker::Broker;
use crate::client::{self, Client};
use crate::config::Config;
use crate::debug::{Readiness, health, reflection};
use crate::errors::Result;
use crate::message::RegisteredMessage;
use crate::registry::Registry;
use crate::rpc::{Interceptors, Service};
use crate::selector::Balancer;
use crate::server::Server;
use crate::transport::local::LocalTransport;
use crate::util::lifecycle::Lifecycle;
use crate::util::spawn;

impl App {
    /// Starts it: builds what is to be served, listens, and registers. Returns when others can find it.
    ///
    /// Dropping the future undoes what was done.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when there is nothing to serve or injection has problems;
    /// [`InvalidArgument`](crate::Code::InvalidArgument) when settings are wrong;
    /// [`Cancelled`](crate::Code::Cancelled) when the command line asked a question, like `--help`, that has been answered,
    /// which ends `#[micro::main]` with success; else what building, listening or registering failed with.
    pub async fn start(self) -> Result<Running> {
        start(self).await
    }
}

async fn start(app: App) -> Result<Running> {
    let App { sources, mut services, plugs, mut transports, layers, mut hooks } = app;
    let HttpLayers { routes, http: layer_http, calls, handlers, events } = layers;
    if let Err(shared) = RegisteredMessage::check() {
        // Not refused: a binary of merged examples, say, holds many that never meet. Where two do, that is.
        tracing::warn!("{}", shared.message());
    }
    let mut loaded = steps::run("read settings", None, settings::load(sources)).await?;
    let settings = loaded.settings.get().into_arc();
    let plan = plan(&mut services, &settings)?;
    let AppServices { provided, handled_events, fallback, everything, .. } = services;
    let needs = BuildPlan::of(&plan, &provided)?;
    loaded.check(|entry| needs.includes(entry))?;
    let serving = everything || plan.serves() || !handled_events.is_empty() || !routes.is_empty() || fallback.is_some();
    let tls = transports.take_server_tls(&settings)?;

    let (local, host) = (LocalTransport::new(), Host::default());
    let mut downgrades = Downgrades::new(&settings, &loaded.configuration, plugs.gives_default::<Broker>());
    let mut opening = Opening::new(plugs, &loaded.configuration);
    let registry = steps::run("open the registry", None, opening.open::<Registry>()).await?;
    let registry = registry.default_instance().clone();
    let client = client(&mut transports, &loaded.settings, calls, local.clone(), registry.clone())?;
    opening.offer(client.clone());
    opening.offer(host.clone());
    opening.offer(events);
    let brokers = steps::run("open the brokers", None, opening.open::<Broker>()).await?;
    let plugs = steps::run("open what else is used", None, opening.open_used(|id| needs.takes(id))).await?;

    let (broker, configuration) = (brokers.default_instance(), &loaded.configuration);
    let resolver = provided.with_handles(&Handles { client: &client, broker, plugs: &plugs, configuration });
    let lent = lent(&plan, &resolver, configuration)?;
    let built = steps::run("build services", None, build(plan, needs, resolver, &brokers, &mut downgrades)).await?;
    let BuiltParts { resolver, services, mut subscribers } = built;
    for (subscription, handling, handler) in handled_events {
        let subscription = downgrades.apply(subscription, &handling, &*handler, broker, true);
        subscribers.push(Subscriber { broker: broker.clone(), subscription, handling, handler });
    }
    downgrades.finish()?;

    let (encrypted, scheme) = (tls.is_some(), if tls.is_some() { "https" } else { "http" });
    let identity = Identity::of(&settings, services)?.with_tls(encrypted);
    let lifecycle = Lifecycle::new();
    let mut server = Server::new()
        .with_lifecycle(lifecycle.clone())
        .with_node(&identity.id)
        .with_interceptors(handlers)
        .with_idle_timeout(settings.idle_timeout())
        .with_extensions(lent.clone());
    if let Some(fallback) = fallback {
        server = server.with_fallback(fallback);
    }
    for (name, service) in &identity.services {
        server.add(name, service.clone())?;
    }
    let readiness = Readiness::new(lifecycle.clone());
    if serving {
        add_own(&mut server, &settings, &readiness)?;
        host.all().iter().for_each(|hosted| server.add_unlisted(hosted.service()));
    }
    let server = Arc::new(server);
    local.serve(server.clone());
    let protocols = transports.take_protocols(&settings, server.clone());
    let identity = identity.with_wires(protocols.iter().map(|protocol| protocol.name()));

    let (configuration, settings) = (loaded.configuration, loaded.settings);
    let handle = Handle::new(Parts {
        configuration,
        settings,
        resolver,
        client,
        registry,
        brokers,
        plugs,
        server,
        readiness,
        lifecycle,
    });
    let (before_start, after_start) = (std::mem::take(&mut hooks.before_start), std::mem::take(&mut hooks.after_start));
    let mut checks = std::mem::take(&mut hooks.checks);
    steps::run("hooks before the start", None, hooks::run(before_start, &handle)).await?;
    let mut running = Running::new(handle, host.clone(), hooks);
    if serving {
        let (bound, door) = match &transports.network {
            Some(network) => serve::join(&running, network),
            None => steps::run("listen", None, serve::listen(&running, tls, protocols, routes, layer_http)).await?,
        };
        running.listens_at(bound, scheme);
        checks.extend(running.plugs().checks());
        let listed = steps::run("register", None, serve::enlist(&running, checks, &identity, bound)).await?;
        running.open(door, listed);
        serve::announce_hosted(&running, &host, &identity, bound);
        let described: Vec<String> = subscribers.iter().map(Subscriber::describe).collect();
        let subscribers =
            steps::run("subscribe", None, Subscribers::begin(subscribers, &lent, running.health().lifecycle())).await?;
        running.subscribed(subscribers, described);
        let troubles = running.configuration().troubles();
        running.keep(spawn::spawn(running.health().clone().keep_showing(troubles)));
    }
    steps::run("hooks after the start", None, hooks::run(after_start, &running)).await?;
    banner::show(&running);
    Ok(running)
}

/// Adds micro's own services, unless the program serves them itself.
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

fn client(
    transports: &mut Transports,
    config: &Config<Settings>,
    interceptors: Interceptors,
    local: LocalTransport,
    registry: Registry,
) -> Result<Client> {
    let settings = config.get();
    let balancer = match transports.balancer.take() {
        Some(balancer) => balancer,
        None => Balancer::named(&settings.balancer)?,
    };
    let client = client::Builder::new(local)
        .with_remote(registry, transports.take_outbound(&settings)?)
        .with_timeout(settings.request_timeout)
        .with_idle_timeout(settings.idle_timeout())
        .with_balancer(balancer)
        .with_interceptors(interceptors)
        .build();
    let changed = client.clone();
    config.watch(move |_, new| changed.set_timeout(new.request_timeout)).forever();
    Ok(client)
}
