//! The brokers of a program, as it and its settings name them.

use super::health::Check;
use super::{App, Critical, Settings};
use crate::broker::{Broker, Brokers, State};
use crate::errors::{Error, Result};

/// Connects to all of them.
///
/// # Errors
///
/// As [`Broker::connect`], with the name of the one that failed. A broker that is away is no failure.
pub(super) async fn open(app: &mut App, settings: &Settings) -> Result<Brokers> {
    let wrapped = |broker: Broker, app: &App| broker.with_interceptors(app.around_events.clone());
    let usual = match app.broker.take() {
        Some(broker) => broker,
        None => Broker::connect(&settings.broker_url()).await?,
    };
    let mut brokers = Brokers::new(wrapped(usual, app));
    let given = std::mem::take(&mut app.named_brokers);
    for (name, url) in settings.brokers.iter().filter(|(name, _)| !given.contains_key(*name)) {
        let broker = Broker::connect(url)
            .await
            .map_err(|error| Error::new(error.code(), format!("`micro.brokers.{name}`: {}", error.message())))?;
        brokers = brokers.with(name, wrapped(broker, app));
    }
    Ok(given.into_iter().fold(brokers, |brokers, (name, broker)| brokers.with(name, wrapped(broker, app))))
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
