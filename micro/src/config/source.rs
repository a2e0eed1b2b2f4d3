use std::fmt::Debug;

use futures_util::stream::BoxStream;

use super::{Layer, Table};
use crate::errors::{Error, Result};
use crate::util::text;

/// What a source holds, now and whenever it changes. See [`Source::updates`].
pub type Updates = BoxStream<'static, Result<Table>>;

/// A place settings come from.
///
/// A source reads and watches; waiting before another try, merging, checking and swapping is done for all of them by the
/// configuration that holds it.
///
/// ```
/// use micro::config::{Layer, Node, Origin, Source, Table, Updates};
///
/// /// The time zone, from a place of its own.
/// #[derive(Debug)]
/// struct TimeZone;
///
/// impl Source for TimeZone {
///     fn layer(&self) -> Layer {
///         Layer::File
///     }
///
///     fn name(&self) -> String {
///         "/etc/timezone".into()
///     }
///
///     fn updates(&self) -> Updates {
///         Box::pin(futures_util::stream::once(async {
///             let zone = std::fs::read_to_string("/etc/timezone")?;
///             let origin = Origin::new(Layer::File, "/etc/timezone").at_line(1);
///             Ok(Table::from([("zone".into(), Node::new(zone.trim(), origin))]))
///         }))
///     }
/// }
/// ```
pub trait Source: Debug + Send + Sync + 'static {
    /// The layer its values belong to: [`Layer::File`] and [`Layer::Remote`] are open to any source.
    fn layer(&self) -> Layer;

    /// What an operator calls it, without credentials: `app.toml`.
    fn name(&self) -> String;

    /// Everything it holds, and everything again whenever something changes.
    ///
    /// The first item comes as soon as the source has been read, and says what it held at a moment after the call: a change
    /// after that is another item. An `Err` says that it cannot be read now; the values in force stay. After an `Err` the
    /// stream goes on if it can, with an item as soon as it can be read again; when it ends, this is called again after a
    /// pause that grows. A source that never changes ends its stream and is left alone, if what it said last was `Ok`.
    fn updates(&self) -> Updates;
}

/// How one kind of source is reached by URL, collected at link time.
///
/// A crate with a source of its own submits one, and linking that crate is all it takes to name it in `--config`.
#[derive(Debug)]
pub struct Scheme {
    /// What stands before the `:` of the URL.
    pub name: &'static str,
    /// A whole URL, for people: `nats://10.0.0.1:4222/settings`.
    pub example: &'static str,
    /// The source that the whole URL names. It is not connected to yet.
    pub open: fn(&str) -> Result<Box<dyn Source>>,
}

inventory::collect!(Scheme);

/// What would have to be done to have a kind of source that this build has not.
const ABSENT: &[(&str, &str)] = &[("nats", "config-nats")];

/// The source a URL names.
///
/// # Errors
///
/// [`InvalidArgument`](crate::Code::InvalidArgument) for a scheme that is not linked, or an address that cannot be one.
pub(crate) fn open(url: &str) -> Result<Box<dyn Source>> {
    let name = url.split(':').next().unwrap_or(url);
    let mut matching = inventory::iter::<Scheme>.into_iter().filter(|scheme| scheme.name == name);
    let Some(scheme) = matching.next() else { return Err(unknown(name)) };
    if matching.next().is_some() {
        return Err(Error::failed_precondition(format!("two linked crates claim configuration from `{name}`")));
    }
    (scheme.open)(url)
}

fn unknown(name: &str) -> Error {
    if let Some((_, feature)) = ABSENT.iter().find(|(absent, _)| *absent == name) {
        return Error::invalid_argument(format!(
            "this program cannot read configuration from `{name}`: build it with the feature `{feature}` of micro"
        ));
    }
    let mut known: Vec<&str> = inventory::iter::<Scheme>.into_iter().map(|scheme| scheme.name).collect();
    known.sort_unstable();
    let meant = text::nearest(name, known.iter().copied()).map(|near| format!(", did you mean `{near}`?"));
    let examples: Vec<String> =
        inventory::iter::<Scheme>.into_iter().map(|scheme| format!("`{}`", scheme.example)).collect();
    Error::invalid_argument(format!(
        "no configuration comes from `{}`{} (known: files, {})",
        name.chars().take(40).collect::<String>(),
        meant.unwrap_or_default(),
        examples.join(", ")
    ))
}
