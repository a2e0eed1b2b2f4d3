//! From an [`App`] to a [`Running`] one.

use std::sync::Arc;

use super::identity::Identity;
use super::life::{Handle, Running};
use super::services::services;
use super::settings::{self, HELP, Outcome};
use super::{App, Settings, banner, hooks, serve};
use crate::client::{self, Client};
use crate::debug::reflection::{self, Reflection};
use crate::debug::{Readiness, health};
use crate::errors::{Code, Error, Result};
use crate::registry::Registry;
use crate::rpc::Service;
use crate::server::Server;
use crate::transport::Outbound;
use crate::transport::http::{ClientOptions, HttpClient};
use crate::transport::local::Local;

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
            Some(network) => serve::join(&running, network),
            None => serve::listen(&running, app.routes, app.around_http).await?,
        };
        running.listens_at(bound);
        let listed = serve::enlist(&running, app.checks, &identity, bound).await?;
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
