use std::fmt::Debug;

use futures_util::stream::BoxStream;

use super::{Layer, Table};
use crate::errors::Result;
use crate::plug::Connectable;

/// The values of a source, now and whenever they change. See [`Source::updates`].
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

    /// Returns the name for operators, without credentials: `app.toml`.
    fn name(&self) -> String;

    /// Everything it holds, and everything again whenever something changes.
    ///
    /// The first item comes as soon as the source has been read, and says what it held at a moment after the call: a change
    /// after that is another item. An `Err` says that it cannot be read now; the values in force stay. After an `Err` the
    /// stream goes on if it can, with an item as soon as it can be read again; when it ends, this is called again after a
    /// pause that grows. A source that never changes ends its stream and is left alone, if what it said last was `Ok`.
    fn updates(&self) -> Updates;
}

/// A source by URL, `--config nats://10.0.0.1:4222/settings`: [`scheme!`](crate::scheme!) makes one of an outside crate known.
impl Connectable for Box<dyn Source> {
    const KIND: &'static str = "configuration source";
    const FEATURES: &'static [(&'static str, &'static str)] = &[("nats", "config-nats")];
}
