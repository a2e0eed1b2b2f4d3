use std::any::{Any, TypeId, type_name};
use std::fmt;

use crate::context::Extensions;
use crate::errors::{Error, Result};
use crate::rpc::BoxFuture;
use crate::util::text;

/// A handle that a backend creates from a URL with the backend's scheme.
pub trait Connectable: Sized + Send + 'static {
    /// Kind of the handle, used in error messages and as the settings key: `broker`.
    const KIND: &'static str;

    /// Schemes that are enabled by a crate feature, named in the error message for a missing one: `("nats", "broker-nats")`.
    const FEATURES: &'static [(&'static str, &'static str)] = &[];
}

/// An entry of the scheme table: a backend of a [`Connectable`] handle. Created by [`scheme!`](crate::scheme!).
pub struct Scheme {
    handle: TypeId,
    name: &'static str,
    example: &'static str,
    /// The [`PlugConnector`] of the handle's type.
    connector: &'static (dyn Any + Send + Sync),
}

impl Scheme {
    /// Creates an entry for URLs with the scheme `name`; `example` is a complete URL, for error messages.
    pub const fn new<T: Connectable>(
        name: &'static str,
        example: &'static str,
        connector: &'static PlugConnector<T>,
    ) -> Self {
        Scheme { handle: TypeId::of::<T>(), name, example, connector }
    }
}

inventory::collect!(Scheme);

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scheme").field("name", &self.name).field("example", &self.example).finish_non_exhaustive()
    }
}

/// The function that connects to a backend.
pub struct PlugConnector<T>(for<'a> fn(&'a Connect<'a>) -> BoxFuture<'a, Result<T>>);

impl<T> PlugConnector<T> {
    /// Wraps the connect function.
    ///
    /// The function fails with [`InvalidArgument`](crate::Code::InvalidArgument) for a URL it cannot parse. An unreachable server
    /// is not an error if the backend can connect later.
    pub const fn new(connect: for<'a> fn(&'a Connect<'a>) -> BoxFuture<'a, Result<T>>) -> Self {
        PlugConnector(connect)
    }
}

impl<T> fmt::Debug for PlugConnector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connector<{}>", type_name::<T>())
    }
}

/// Arguments of a backend's connect function: the URL, and the parts of the app that already exist.
#[derive(Clone, Copy)]
pub struct Connect<'a> {
    url: &'a str,
    parts: &'a Extensions,
}

impl<'a> Connect<'a> {
    /// Returns the whole URL.
    pub fn url(&self) -> &'a str {
        self.url
    }

    /// Returns the scheme: the part before the first `:`. A bare scheme name is a valid URL.
    pub fn scheme(&self) -> &'a str {
        self.url.split(':').next().unwrap_or(self.url)
    }

    /// Returns the part after `scheme://`; empty for a bare scheme name.
    pub fn rest(&self) -> &'a str {
        self.url.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// Checks that nothing follows the scheme, for a backend without address and options.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) if something follows.
    pub fn nothing_more(&self) -> Result<()> {
        match self.rest() {
            "" => Ok(()),
            more => Err(Error::invalid_argument(format!(
                "nothing may follow `{}://`, not `{}`",
                self.scheme(),
                text::shortened(more)
            ))),
        }
    }

    /// Returns a part of the app by type, such as its [`Client`](crate::client::Client) or its registry.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) outside an app, or if the app does not have that part yet.
    pub fn part<T: Clone + 'static>(&self) -> Result<T> {
        self.parts.get::<T>().cloned().ok_or_else(|| {
            Error::failed_precondition(format!(
                "`{}` is part of an app: name it in the settings of one, and take the handle from there",
                self.scheme()
            ))
        })
    }
}

impl fmt::Debug for Connect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").field("url", &text::without_logins(self.url)).finish_non_exhaustive()
    }
}

/// Connects to the backend that a URL names.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) if the scheme is unknown (the message lists the known ones, or names the
/// missing feature) or the backend cannot parse the rest; [`FailedPrecondition`](crate::Code::FailedPrecondition) if two linked
/// crates claim the scheme, or the backend needs an app; otherwise the backend's error.
pub async fn connect<T: Connectable>(url: &str) -> Result<T> {
    connect_with(url, &Extensions::new()).await
}

/// Connects to the backend that a URL names, which may use `parts`.
///
/// # Errors
///
/// As [`connect`].
pub async fn connect_with<T: Connectable>(url: &str, parts: &Extensions) -> Result<T> {
    let connect = Connect { url, parts };
    let name = connect.scheme();
    let mut matching = schemes::<T>().filter(|scheme| scheme.name == name);
    let Some(scheme) = matching.next() else { return Err(unknown::<T>(name)) };
    if matching.next().is_some() {
        return Err(Error::failed_precondition(format!("two linked crates claim {} `{name}`", T::KIND)));
    }
    let connector = scheme.connector.downcast_ref::<PlugConnector<T>>();
    (connector.expect("stored beside the id of its type").0)(&connect).await
}

fn schemes<T: Connectable>() -> impl Iterator<Item = &'static Scheme> {
    inventory::iter::<Scheme>.into_iter().filter(|scheme| scheme.handle == TypeId::of::<T>())
}

fn unknown<T: Connectable>(name: &str) -> Error {
    if let Some((_, feature)) = T::FEATURES.iter().find(|(absent, _)| *absent == name) {
        return Error::invalid_argument(format!(
            "this program has no {} `{name}`: build it with the feature `{feature}` of micro",
            T::KIND
        ));
    }
    let mut known: Vec<_> = schemes::<T>().map(|scheme| (scheme.name, scheme.example)).collect();
    known.sort_unstable();
    let absent = T::FEATURES.iter().filter(|(absent, _)| known.iter().all(|(name, _)| name != absent));
    let names = known.iter().map(|(name, _)| *name).chain(absent.clone().map(|(name, _)| *name));
    let meant = text::nearest(name, names).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    let examples = known.iter().map(|(_, example)| format!("`{example}`"));
    let features = absent.map(|(name, feature)| format!("`{name}` with the feature `{feature}` of micro"));
    let known: Vec<String> = examples.chain(features).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Error::invalid_argument(format!(
        "no {} `{}` in this program{meant} (known: {known})",
        T::KIND,
        text::shortened(name)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[derive(Debug)]
    struct Lamp(&'static str);

    impl Connectable for Lamp {
        const KIND: &'static str = "lamp";
        const FEATURES: &'static [(&'static str, &'static str)] = &[("gas", "lamp-gas")];
    }

    crate::scheme!(Lamp, "desk", "desk", |connect| {
        Box::pin(async move { connect.nothing_more().map(|()| Lamp("desk")) })
    });
    crate::scheme!(Lamp, "street", "street://10.0.0.1", |connect| {
        Box::pin(async move { Ok(Lamp(connect.part::<&'static str>()?)) })
    });
    crate::scheme!(Lamp, "twice", "twice", |_| Box::pin(async { Ok(Lamp("one")) }));
    crate::scheme!(Lamp, "twice", "twice", |_| Box::pin(async { Ok(Lamp("other")) }));

    async fn refused(url: &str) -> Error {
        connect::<Lamp>(url).await.expect_err("it is refused")
    }

    #[tokio::test]
    async fn a_url_leads_to_its_backend() {
        for url in ["desk", "desk:", "desk://"] {
            assert_eq!(connect::<Lamp>(url).await.expect("known").0, "desk");
        }
        assert_eq!(refused("desk://x").await.code(), Code::InvalidArgument);
    }

    #[tokio::test]
    async fn an_unknown_scheme_is_answered_with_the_known_ones() {
        let error = refused("dsk://").await;
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("no lamp `dsk` in this program, did you mean `desk`?"), "{error}");
        assert!(error.message().contains("`street://10.0.0.1`"), "{error}");
        for url in ["", ":", "://", "\u{0}", "etcd://x"] {
            assert_eq!(refused(url).await.code(), Code::InvalidArgument, "{url:?}");
        }
        assert!(refused(&"x".repeat(1_000_000)).await.message().len() < 1_000);
    }

    #[tokio::test]
    async fn what_a_feature_would_add_is_named_and_what_two_crates_claim_is_refused() {
        assert!(refused("gas://").await.message().contains("feature `lamp-gas`"));
        assert_eq!(refused("twice").await.code(), Code::FailedPrecondition);
    }

    #[tokio::test]
    async fn a_backend_takes_parts_of_its_app() {
        assert_eq!(refused("street://x").await.code(), Code::FailedPrecondition);
        let parts = Extensions::new().with("from the app");
        assert_eq!(connect_with::<Lamp>("street://x", &parts).await.expect("it has its part").0, "from the app");
    }
}
