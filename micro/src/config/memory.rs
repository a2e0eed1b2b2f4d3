use std::fmt;
use std::sync::Arc;

use futures_util::stream;
use tokio::sync::watch;

use super::value::remove;
use super::{Layer, Node, Origin, Source, Table, Updates, Value, from_json, put};

/// A source in memory: the reference implementation, for tests and for settings that the program computes.
///
/// Clones share their values. Setting a value never waits; a reader that falls behind gets the latest state only.
///
/// ```
/// use futures_util::StreamExt as _;
/// use micro::config::{Layer, Memory, Source as _};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> micro::Result<()> {
/// let memory = Memory::new(Layer::Code);
/// memory.set("greeter.salutation", "Hello");
/// let mut updates = memory.updates();
/// assert_eq!(updates.next().await.expect("it is there")?["greeter"].to_string(), r#"{ salutation = "Hello" }"#);
///
/// memory.set("greeter.salutation", "Servus");
/// assert_eq!(updates.next().await.expect("it changed")?["greeter"].to_string(), r#"{ salutation = "Servus" }"#);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    layer: Layer,
    table: watch::Sender<Table>,
}

impl Memory {
    /// Creates an empty source for values of `layer`.
    pub fn new(layer: Layer) -> Self {
        Memory(Arc::new(Shared { layer, table: watch::Sender::new(Table::new()) }))
    }

    /// Sets the value at `path`, whose keys are joined by dots.
    pub fn set(&self, path: &str, value: impl Into<Value>) {
        let node = Node::new(value, Origin::new(self.0.layer, "memory"));
        self.0.table.send_modify(|table| put(table, path, node));
    }

    /// Removes the value at `path`, and the tables that become empty.
    pub fn remove(&self, path: &str) {
        self.0.table.send_modify(|table| remove(table, path));
    }

    /// Replaces all values of the source in one change.
    ///
    /// A value that is not a JSON object counts as an empty object.
    pub fn replace(&self, values: serde_json::Value) {
        let node = from_json(values, &Origin::new(self.0.layer, "memory"));
        let table = match node.value {
            Value::Table(table) => table,
            _ => Table::new(),
        };
        self.0.table.send_replace(table);
    }
}

impl Source for Memory {
    fn layer(&self) -> Layer {
        self.0.layer
    }

    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn updates(&self) -> Updates {
        let mut table = self.0.table.subscribe();
        table.mark_changed();
        Box::pin(stream::unfold(table, |mut table| async {
            table.changed().await.ok()?;
            let now = table.borrow_and_update().clone();
            Some((Ok(now), table))
        }))
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} keys, {})", self.0.table.borrow().len(), self.0.layer)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;

    fn shown(memory: &Memory) -> String {
        format!("{:?}", *memory.0.table.borrow())
    }

    #[test]
    fn removing_leaves_no_empty_tables_behind() {
        let memory = Memory::new(Layer::Remote);
        memory.set("a.b.c", 1);
        memory.set("a.d", true);
        memory.remove("a.b.x");
        memory.remove("a.d.x");
        memory.remove("");
        memory.remove("a.b.c");
        assert_eq!(shown(&memory), r#"{"a": { d = true } (memory)}"#);
        memory.remove("a.d");
        assert_eq!(shown(&memory), "{}");
    }

    #[test]
    fn setting_needs_no_reader_and_a_slow_one_sees_the_end() {
        let memory = Memory::new(Layer::Remote);
        let mut updates = memory.updates();
        for n in 0..1_000 {
            memory.clone().set("n", n);
        }
        let last = updates.next().now_or_never().expect("ready").expect("open").expect("readable");
        assert_eq!(last["n"].value, Value::Integer(999));
        assert!(updates.next().now_or_never().is_none());
        drop(memory);
        assert!(updates.next().now_or_never().expect("ready").is_none());
    }

    /// The values are set where they are read.
    struct Fixture(Memory);

    mod suite {
        use super::{Fixture, Layer, Memory};
        use crate::testing::suite::{self, Server};

        impl suite::Fixture for Fixture {
            fn server(&self) -> Server {
                Server::None
            }
        }

        impl suite::config::Fixture for Fixture {
            type Source = Memory;

            fn source(&self) -> Memory {
                self.0.clone()
            }

            async fn put(&self, path: &str, value: &str) {
                self.0.set(path, value);
            }

            async fn remove(&self, path: &str) {
                self.0.remove(path);
            }

            fn unreachable(&self) -> Option<Memory> {
                None
            }
        }

        crate::testing::suite! {
            #[tokio::test(start_paused = true)]
            config(Fixture(Memory::new(Layer::Remote)))
        }
    }
}
