use futures_util::future::BoxFuture;

use super::Broker;
use crate::errors::{Error, Result};
use crate::util::text;

/// How one kind of broker is reached by URL, collected at link time.
///
/// A crate with a backend of its own submits one, and linking that crate is all it takes to use it:
///
/// ```
/// use micro::broker::{Broker, Scheme};
///
/// inventory::submit! {
///     Scheme {
///         name: "scratch",
///         example: "scratch",
///         connect: |_url| Box::pin(async { Ok(Broker::memory()) }),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// assert_eq!(Broker::connect("scratch").await?.name(), "memory");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Scheme {
    /// What stands before the `:` of the URL; the name alone is a URL too.
    pub name: &'static str,
    /// A whole URL, for people: `nats://10.0.0.1:4222`.
    pub example: &'static str,
    /// Connects to what the whole URL names. A broker that is only away is no error: it is tried again and again.
    pub connect: fn(&str) -> BoxFuture<'_, Result<Broker>>,
}

inventory::collect!(Scheme);

/// What would have to be done to have a kind of broker that this build has not.
const ABSENT: &[(&str, &str)] = &[("nats", "broker-nats")];

pub(super) async fn connect(url: &str) -> Result<Broker> {
    let name = url.split(':').next().unwrap_or(url);
    if name == "direct" {
        return Err(Error::invalid_argument(
            "the broker `direct` is part of an app, which has a port and a registry: set `--broker direct` there and take \
             the app's `broker()`",
        ));
    }
    let mut matching = inventory::iter::<Scheme>.into_iter().filter(|scheme| scheme.name == name);
    let Some(scheme) = matching.next() else { return Err(unknown(name)) };
    if matching.next().is_some() {
        return Err(Error::failed_precondition(format!("two linked crates claim broker `{name}`")));
    }
    (scheme.connect)(url).await
}

fn unknown(name: &str) -> Error {
    if let Some((_, feature)) = ABSENT.iter().find(|(absent, _)| *absent == name) {
        return Error::invalid_argument(format!(
            "this program has no broker `{name}`: build it with the feature `{feature}` of micro"
        ));
    }
    let known = inventory::iter::<Scheme>.into_iter().map(|scheme| (scheme.name, scheme.example));
    Error::invalid_argument(text::unknown_scheme("broker", name, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[tokio::test]
    async fn a_url_leads_to_its_backend() {
        for url in ["memory", "memory:", "memory://"] {
            assert_eq!(Broker::connect(url).await.expect("known").name(), "memory");
        }
    }

    #[tokio::test]
    async fn an_unknown_scheme_is_answered_with_the_known_ones() {
        let error = Broker::connect("memroy://").await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("no broker `memroy` in this program, did you mean `memory`?"), "{error}");
        assert!(error.message().contains("known:"), "{error}");
        for url in ["", ":", "://", "\u{0}", "kafka://x", "memory://x"] {
            assert_eq!(Broker::connect(url).await.unwrap_err().code(), Code::InvalidArgument);
        }
        assert!(Broker::connect(&"x".repeat(1_000_000)).await.unwrap_err().message().len() < 1_000);
    }

    #[test]
    fn what_a_feature_would_add_is_named() {
        assert!(unknown("nats").message().contains("feature `broker-nats`"));
    }
}
