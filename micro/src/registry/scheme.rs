use futures_util::future::BoxFuture;

use super::Registry;
use crate::errors::{Error, Result};
use crate::util::text;

/// How one kind of registry is reached by URL, collected at link time.
///
/// A crate with a backend of its own submits one, and linking that crate is all it takes to use it:
///
/// ```
/// use micro::registry::{Registry, Scheme};
///
/// inventory::submit! {
///     Scheme {
///         name: "scratch",
///         example: "scratch",
///         connect: |_url| Box::pin(async { Ok(Registry::memory()) }),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// assert_eq!(Registry::connect("scratch").await?.name(), "memory");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Scheme {
    /// What stands before the `:` of the URL; the name alone is a URL too.
    pub name: &'static str,
    /// A whole URL, for people: `etcd://10.0.0.1:2379`.
    pub example: &'static str,
    /// Connects to what the whole URL names.
    pub connect: fn(&str) -> BoxFuture<'_, Result<Registry>>,
}

inventory::collect!(Scheme);

pub(super) async fn connect(url: &str) -> Result<Registry> {
    let name = url.split(':').next().unwrap_or(url);
    let mut matching = inventory::iter::<Scheme>.into_iter().filter(|scheme| scheme.name == name);
    let Some(scheme) = matching.next() else {
        return Err(unknown(name));
    };
    if matching.next().is_some() {
        return Err(Error::failed_precondition(format!("two linked crates claim registry `{name}`"))
            .in_operation("registry.connect"));
    }
    (scheme.connect)(url).await
}

/// What follows `scheme://`, or nothing for the name alone.
pub(super) fn rest(url: &str) -> &str {
    url.split_once("://").map_or("", |(_, rest)| rest)
}

fn unknown(name: &str) -> Error {
    let known = inventory::iter::<Scheme>.into_iter().map(|scheme| (scheme.name, scheme.example));
    Error::invalid_argument(text::unknown_scheme("registry", name, known)).in_operation("registry.connect")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[tokio::test]
    async fn a_url_leads_to_its_backend() {
        for url in ["memory", "memory:", "memory://"] {
            assert_eq!(Registry::connect(url).await.expect("known").name(), "memory");
        }
    }

    #[tokio::test]
    async fn an_unknown_scheme_is_answered_with_the_known_ones() {
        let error = Registry::connect("memroy://").await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("did you mean `memory`?"), "{error}");
        assert!(error.message().contains("known:"), "{error}");
        for url in ["", ":", "://", "\u{0}", "consul://x"] {
            assert_eq!(Registry::connect(url).await.unwrap_err().code(), Code::InvalidArgument);
        }
        assert!(Registry::connect(&"x".repeat(1_000_000)).await.unwrap_err().message().len() < 1_000);
    }
}
