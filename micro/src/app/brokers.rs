//! The brokers of a program, as it and its settings name them.

use super::health::Check;
use super::{App, Critical, Settings};
use crate::bridge::direct::Direct;
use crate::broker::{Broker, Brokers, State};
use crate::client::Client;
use crate::errors::{Error, Result};
use crate::registry::Registry;

/// The URL of the broker that an app makes itself, out of its client and its registry.
const DIRECT: &str = "direct";

/// All brokers, and the one among them that others reach through this program's own port.
pub(super) struct Opened {
    pub(super) brokers: Brokers,
    pub(super) direct: Option<Direct>,
}

/// Connects to all of them.
///
/// # Errors
///
/// As [`Broker::connect`], with the name of the one that failed. A broker that is away is no failure.
pub(super) async fn open(app: &mut App, settings: &Settings, client: &Client, registry: &Registry) -> Result<Opened> {
    let around = app.around_events.clone();
    let wrapped = |broker: Broker| broker.with_interceptors(around.clone());
    let mut direct = None;
    let mut connect = async |url: &str| match url {
        DIRECT => Ok(Broker::new(direct.get_or_insert_with(|| Direct::new(client.clone(), registry.clone())).clone())),
        url => Broker::connect(url).await,
    };
    let usual = match app.broker.take() {
        Some(broker) => broker,
        None => connect(&settings.broker_url()).await?,
    };
    let mut brokers = Brokers::new(wrapped(usual));
    let given = std::mem::take(&mut app.named_brokers);
    for (name, url) in settings.brokers.iter().filter(|(name, _)| !given.contains_key(*name)) {
        let broker = connect(url)
            .await
            .map_err(|error| Error::new(error.code(), format!("`micro.brokers.{name}`: {}", error.message())))?;
        brokers = brokers.with(name, wrapped(broker));
    }
    let brokers = given.into_iter().fold(brokers, |brokers, (name, broker)| brokers.with(name, wrapped(broker)));
    Ok(Opened { brokers, direct })
}

/// Shows which of them cannot be reached. Calls are answered none the less, so none is critical.
pub(super) fn checks(brokers: &Brokers) -> Vec<Check> {
    let check = |(name, broker): (Option<&str>, &Broker)| {
        let name = name.map_or_else(|| "broker".to_owned(), |name| format!("broker {name}"));
        let broker = broker.clone();
        let look = move || match broker.state() {
            State::Up => Ok(()),
            State::Down(why) => Err(Error::unavailable(format!("`{}`: {why}", broker.name()))),
        };
        Check { name, critical: Critical::No, run: Box::new(move || Box::pin(std::future::ready(look()))) }
    };
    brokers.all().map(check).collect()
}
