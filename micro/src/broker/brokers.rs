//! Several brokers in one program, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Broker;
use crate::errors::{Error, Result};
use crate::util::text;

/// The brokers of a program: the one that is used where nobody says which, and others by name.
///
/// It can be injected. [`App::named_broker`](crate::App::named_broker) adds one, and so does the setting
/// `micro.brokers.audit = "nats://.."`; `#[micro::subscriber(broker = "audit")]` subscribes there.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// use micro::broker::{Broker, Brokers, Event};
///
/// let brokers = Brokers::new(Broker::memory()).with("audit", Broker::memory());
/// brokers.get("audit")?.publish(Event::new("orders.placed".parse()?, "7")).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Brokers {
    usual: Broker,
    named: Arc<BTreeMap<String, Broker>>,
}

impl Brokers {
    /// One broker, for everything.
    pub fn new(usual: Broker) -> Self {
        Brokers { usual, named: Arc::default() }
    }

    /// The same with another one by name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, broker: Broker) -> Self {
        Arc::make_mut(&mut self.named).insert(name.into(), broker);
        self
    }

    /// The one that is used where nobody says which.
    pub fn usual(&self) -> &Broker {
        &self.usual
    }

    /// The one of this name.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound), with the names there are.
    pub fn get(&self, name: &str) -> Result<&Broker> {
        self.named.get(name).ok_or_else(|| {
            let names = || self.named.keys().map(String::as_str);
            let hint = match text::nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.named.is_empty() => format!("add it with `micro.brokers.{name} = \"URL\"`"),
                None => format!("there are `{}`", names().collect::<Vec<_>>().join("`, `")),
            };
            Error::not_found(format!("no broker is called `{name}`: {hint}"))
        })
    }

    /// All of them, the usual one first, with their names.
    pub fn all(&self) -> impl Iterator<Item = (Option<&str>, &Broker)> {
        let named = self.named.iter().map(|(name, broker)| (Some(name.as_str()), broker));
        std::iter::once((None, &self.usual)).chain(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_there_is_answered_with_those_that_are() {
        let one = Brokers::new(Broker::memory());
        let said = |brokers: &Brokers, name: &str| brokers.get(name).unwrap_err().message().to_owned();
        assert!(said(&one, "audit").contains("micro.brokers.audit"));
        let two = one.with("audit", Broker::memory());
        assert!(two.get("audit").is_ok());
        assert!(said(&two, "audt").contains("did you mean `audit`?"));
        assert!(said(&two, "x").contains("there are `audit`"));
        assert_eq!(two.all().count(), 2);
    }
}
