//! Opening the port and being found there.

use std::net::SocketAddr;
use std::sync::Arc;

use super::handle::Handle;
use super::health::HealthCheck;
use super::identity::Identity;
use super::layers::LayerHttp;
use super::registration::Registrations;
use super::{Settings, probes};
use crate::bridge::Host;
use crate::errors::Result;
use crate::registry::LeaseOptions;
use crate::server::{Drained, ListenOptions, Listener};
use crate::transport::Protocol;
use crate::transport::http::{Hosts, HttpServer, HttpServerOptions};
use crate::transport::memory::Network;
use crate::transport::tls::ServerTls;
use crate::util::lifecycle::State;
use crate::util::spawn::Task;
use crate::util::{clock, net, spawn};

/// The entries in the registry, and the checks they depend on.
pub(super) struct Registered {
    pub(super) listing: Registrations,
    pub(super) checking: Option<Task<()>>,
}

/// The port, while it is served.
pub(super) struct ServerTask {
    pub(super) serving: Task<Drained>,
}

/// Serves on a socket: calls, the routes of the program, and the probes.
pub(super) async fn listen(
    app: &Handle,
    tls: Option<ServerTls>,
    protocols: Vec<Arc<dyn Protocol>>,
    routes: Vec<axum::Router>,
    around: Vec<LayerHttp>,
) -> Result<(SocketAddr, ServerTask)> {
    let settings = app.settings();
    warn_about_surroundings(&settings);
    let options = ListenOptions { drain: settings.shutdown_timeout, ..ListenOptions::default() };
    let mut listener = Listener::bind(&settings.address, options).await?;
    for protocol in protocols {
        listener = listener.with_protocol(protocol)?;
    }
    if let Some(tls) = tls {
        listener = listener.with_tls(tls, settings.plaintext);
    }
    let bound = listener.address();

    let options = HttpServerOptions {
        message_limit: settings.message_limit.bytes(),
        hosts: Hosts::of(bound),
        ..HttpServerOptions::default()
    };
    let routes = routes.into_iter().chain([probes::routes(app.health())]);
    let server = HttpServer::new(app.server().clone(), routes, options);
    let server = around.into_iter().fold(server, |server, around| server.map_router(around));
    let serving = spawn::spawn(listener.serve(server, app.health().lifecycle().clone()));
    Ok((bound, ServerTask { serving }))
}

/// Serves on a network within the process.
pub(super) fn join(app: &Handle, network: &Network) -> (SocketAddr, ServerTask) {
    let door = network.serve(app.server().clone());
    let bound = SocketAddr::from(([127, 0, 0, 1], door.port()));
    let (lifecycle, bound_in_time) = (app.health().lifecycle().clone(), app.settings().shutdown_timeout);
    let serving = spawn::spawn(async move {
        lifecycle.wait_for(State::Draining).await;
        match clock::timeout(bound_in_time, door.drain()).await {
            Ok(()) => Drained::Clean,
            Err(_) => Drained::Forced(1),
        }
    });
    (bound, ServerTask { serving })
}

/// Looks after the program's health, and lists it while it is ready.
pub(super) async fn enlist(
    app: &Handle,
    checks: Vec<HealthCheck>,
    identity: &Identity,
    bound: SocketAddr,
) -> Result<Registered> {
    let health = app.health().clone();
    health.look(&checks).await;
    health.lifecycle().advance(State::Serving);
    let settings = app.settings();
    let nodes = identity.nodes(&advertised(&settings, bound))?;
    let listing = Registrations::enter(app.registry().clone(), nodes, ttl(&settings), health.readiness()).await?;
    let checking = (!checks.is_empty()).then(|| {
        let settings = app.config().clone();
        spawn::spawn(health.keep_looking(checks, move || settings.get().check_interval))
    });
    Ok(Registered { listing, checking })
}

/// Lets other programs find what the backends of this one serve.
pub(super) fn announce_hosted(app: &Handle, host: &Host, identity: &Identity, bound: SocketAddr) {
    let settings = app.settings();
    for hosted in host.all() {
        let node = identity.node(hosted.service_name(), "", &advertised(&settings, bound));
        hosted.listen(node, ttl(&settings));
    }
}

fn ttl(settings: &Settings) -> LeaseOptions {
    LeaseOptions { ttl: settings.register_ttl, interval: settings.register_interval }
}

fn advertised(settings: &Settings, bound: SocketAddr) -> String {
    if let Some(address) = &settings.advertise {
        return address.to_string();
    }
    if !bound.ip().is_unspecified() {
        return bound.to_string();
    }
    let chosen = SocketAddr::new(net::outbound_ip(bound.is_ipv6()), bound.port());
    tracing::info!(%bound, %chosen, "advertising the address of the default route; `--advertise` sets another");
    chosen.to_string()
}

/// Says loudly what would otherwise be found out late.
fn warn_about_surroundings(settings: &Settings) {
    if cfg!(panic = "abort") {
        tracing::warn!("built with `panic = \"abort\"`: a panic in a handler ends the process instead of the call");
    }
    let container =
        std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() || std::path::Path::new("/.dockerenv").exists();
    if container && settings.address.is_loopback() {
        tracing::warn!(
            address = &*settings.address,
            "listening on loopback inside a container: nobody outside of it gets in; set `--address 0.0.0.0:8080`"
        );
    }
}
