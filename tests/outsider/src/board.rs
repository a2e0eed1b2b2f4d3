use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::stream;
use micro::config::{Layer, Node, Origin, Source, Table, Updates, Value};
use micro::prelude::*;
use tokio::sync::watch;

micro::scheme!(Box<dyn Source>, "board", "board://hall", |connect| {
    Box::pin(async move { Ok(Box::new(Board::named(connect.rest())) as Box<dyn Source>) })
});

/// A config source in the memory of this process. Sources with the same name share their settings; reads fail while the board
/// is covered.
#[derive(Clone, Debug)]
pub struct Board {
    name: String,
    notes: Arc<watch::Sender<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    texts: BTreeMap<String, String>,
    covered: bool,
}

impl Board {
    /// Returns the board with this name.
    pub fn named(name: &str) -> Self {
        static BOARDS: OnceLock<Mutex<BTreeMap<String, Board>>> = OnceLock::new();
        let mut boards = BOARDS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Board { name: name.to_owned(), notes: Arc::default() };
        boards.entry(name.to_owned()).or_insert_with(new).clone()
    }

    /// Writes a setting by its path, such as `greeter.salutation`.
    pub fn write(&self, path: &str, text: &str) {
        self.notes.send_modify(|notes| drop(notes.texts.insert(path.to_owned(), text.to_owned())));
    }

    /// Removes a setting.
    pub fn wipe(&self, path: &str) {
        self.notes.send_modify(|notes| drop(notes.texts.remove(path)));
    }

    /// Makes reads fail, or succeed again.
    pub fn cover(&self, covered: bool) {
        self.notes.send_modify(|notes| notes.covered = covered);
    }

    fn read(&self, notes: &Notes) -> Result<Table> {
        if notes.covered {
            return Err(Error::unavailable(format!("board `{}` is covered", self.name)));
        }
        let mut table = Table::new();
        for (path, text) in &notes.texts {
            put(&mut table, path, text, &Origin::new(Layer::Remote, self.name()));
        }
        Ok(table)
    }
}

fn put(table: &mut Table, path: &str, text: &str, origin: &Origin) {
    let Some((first, rest)) = path.split_once('.') else {
        table.insert(path.to_owned(), Node::new(text, origin.clone()));
        return;
    };
    let empty = || Node::new(Value::Table(Table::new()), origin.clone());
    let node = table.entry(first.to_owned()).or_insert_with(empty);
    // Nested settings take precedence over a text at the same path.
    if node.as_table().is_none() {
        *node = empty();
    }
    if let Value::Table(below) = &mut node.value {
        put(below, rest, text, origin);
    }
}

impl Source for Board {
    fn layer(&self) -> Layer {
        Layer::Remote
    }

    fn name(&self) -> String {
        format!("board://{}", self.name)
    }

    fn updates(&self) -> Updates {
        let mut notes = self.notes.subscribe();
        notes.mark_changed();
        Box::pin(stream::unfold((self.clone(), notes), async |(board, mut notes)| {
            notes.changed().await.ok()?;
            let table = board.read(&notes.borrow_and_update());
            Some((table, (board, notes)))
        }))
    }
}
