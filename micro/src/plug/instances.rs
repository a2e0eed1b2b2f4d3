use std::collections::BTreeMap;
use std::sync::Arc;

use super::Plug;
use crate::errors::{Error, Result};
use crate::util::text;

/// The instances of one kind of [`Plug`] in a program: the default one, and others by name.
///
/// Can be injected. The setting `micro.brokers.audit = "nats://.."` adds an instance; for stores the key is `micro.stores.audit`,
/// and so on.
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
pub struct Instances<P> {
    default: P,
    named: Arc<BTreeMap<String, P>>,
}

impl<P: Plug> Instances<P> {
    /// Creates a set with only the default instance.
    pub fn new(default: P) -> Self {
        Instances { default, named: Arc::default() }
    }

    /// Adds an instance by name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, instance: P) -> Self {
        Arc::make_mut(&mut self.named).insert(name.into(), instance);
        self
    }

    /// Returns the instance used if no name is given.
    pub fn default_instance(&self) -> &P {
        &self.default
    }

    /// Returns the instance called `name`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound), with the known names.
    pub fn get(&self, name: &str) -> Result<&P> {
        self.named.get(name).ok_or_else(|| {
            let names = || self.named.keys().map(String::as_str);
            let hint = match text::nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.named.is_empty() => format!("add it with `micro.{}.{name} = \"URL\"`", P::NAMES),
                None => format!("there are `{}`", names().collect::<Vec<_>>().join("`, `")),
            };
            Error::not_found(format!("no {} is called `{name}`: {hint}", P::KIND))
        })
    }

    /// Returns all instances with their names, the default one first.
    pub fn all(&self) -> impl Iterator<Item = (Option<&str>, &P)> {
        let named = self.named.iter().map(|(name, instance)| (Some(name.as_str()), instance));
        std::iter::once((None, &self.default)).chain(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plug::Connectable;

    #[derive(Clone, Debug)]
    struct Lamp;

    impl Connectable for Lamp {
        const KIND: &'static str = "lamp";
    }

    impl Plug for Lamp {
        const NAMES: &'static str = "lamps";
        const DEFAULT: &'static str = "desk";
    }

    #[test]
    fn a_name_that_is_not_there_is_answered_with_those_that_are() {
        let one = Instances::new(Lamp);
        let said = |lamps: &Instances<Lamp>, name: &str| lamps.get(name).unwrap_err().message().to_owned();
        assert!(said(&one, "audit").contains("no lamp is called `audit`: add it with `micro.lamps.audit"));
        let two = one.with("audit", Lamp);
        assert!(two.get("audit").is_ok());
        assert!(said(&two, "audt").contains("did you mean `audit`?"));
        assert!(said(&two, "x").contains("there are `audit`"));
        assert_eq!(two.all().count(), 2);
    }
}
