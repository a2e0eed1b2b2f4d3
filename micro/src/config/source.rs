use std::fmt::Debug;

use futures_util::stream::BoxStream;

use super::{Layer, Table};
use crate::errors::Result;
use crate::plug::Connectable;

/// Stream of the values of a source: the current ones, then the new ones after every change. See [`Source::updates`].
pub type Updates = BoxStream<'static, Result<Table>>;

/// A place that settings are read from.
///
/// A source reads and watches. The configuration that holds it takes care of retries, merging, validation and swapping.
///
/// ```
/// use micro::config::{Layer, Node, Origin, Source, Table, Updates};
///
/// /// The time zone of the system.
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
    /// Returns the layer of the values: [`Layer::File`] and [`Layer::Remote`] are open to any source.
    fn layer(&self) -> Layer;

    /// Returns the name for operators, without credentials: `app.toml`.
    fn name(&self) -> String;

    /// Returns a stream of all values of the source, with another item after every change.
    ///
    /// The first item is sent as soon as the source has been read, and is its state at a moment after the call: every later
    /// change is another item. An `Err` reports that the source cannot be read now; the values in force stay. After an `Err`, the
    /// stream continues if possible, with an item as soon as the source can be read again; if the stream ends, this method is
    /// called again after a growing pause. A source that never changes ends its stream; if its last item was `Ok`, this method is
    /// not called again.
    fn updates(&self) -> Updates;
}

/// A source by URL, `--config nats://10.0.0.1:4222/settings`. [`scheme!`](crate::scheme!) registers a source of another crate.
impl Connectable for Box<dyn Source> {
    const KIND: &'static str = "configuration source";
    const FEATURES: &'static [(&'static str, &'static str)] = &[("nats", "config-nats")];
}
