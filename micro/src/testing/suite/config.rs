//! The promises of a source of settings. [`suite!`](macro@crate::testing::suite) makes a test of each.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt as _;

use super::assertions::{eventually, kept, soon, unique};
use super::fixture::Server;
use crate::Code;
use crate::config::{Node, Source, Table, Updates};
use crate::testing::skip;
use crate::util::clock::{self, Instant};

/// Time a change may take to be seen.
const CHANGE_TIMEOUT: Duration = Duration::from_millis(500);

/// Time a change may take after an outage.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// A place of settings that is put through the suite, and the means to change what is there.
///
/// Paths are keys joined by dots; values are written as text, however the place writes text. Places may be shared, also with
/// others: settings have names of their own.
///
/// ```
/// use micro::config::{Layer, Memory};
/// use micro::testing::suite::{self, Server};
///
/// struct InMemory(Memory);
///
/// impl suite::Fixture for InMemory {
///     fn server(&self) -> Server {
///         Server::None
///     }
/// }
///
/// impl suite::config::Fixture for InMemory {
///     type Source = Memory;
///
///     fn source(&self) -> Memory {
///         self.0.clone()
///     }
///
///     async fn put(&self, path: &str, value: &str) {
///         self.0.set(path, value);
///     }
///
///     async fn remove(&self, path: &str) {
///         self.0.remove(path);
///     }
///
///     fn unreachable(&self) -> Option<Memory> {
///         None
///     }
/// }
///
/// micro::testing::suite! {
///     #[tokio::test(start_paused = true)]
///     config(InMemory(Memory::new(Layer::Remote)))
/// }
/// ```
pub trait Fixture: super::Fixture {
    /// Source under test.
    type Source: Source;

    /// A source that has read nothing yet.
    fn source(&self) -> Self::Source;

    /// Writes a value, and returns when the place has it. It is not called while the server is down.
    fn put(&self, path: &str, value: &str) -> impl Future<Output = ()> + Send;

    /// Removes a value, and returns when it is gone.
    fn remove(&self, path: &str) -> impl Future<Output = ()> + Send;

    /// A source of a place that cannot be reached; `None` where every place can.
    fn unreachable(&self) -> Option<Self::Source>;

    /// Credential given to the source, which must appear in no name, origin or error.
    fn credential(&self) -> Option<&str> {
        None
    }
}

/// The first item has everything that was there when the source was asked.
pub async fn begins_with_what_is_there(fixture: &impl Fixture) {
    const PROMISE: &str = "the first item has everything that was there when the source was asked";
    let at = unique("first");
    fixture.put(&format!("{at}.a"), "1").await;
    fixture.put(&format!("{at}.b.c"), "2").await;
    fixture.put(&format!("{at}.gone"), "3").await;
    fixture.remove(&format!("{at}.gone")).await;
    let mut reader = Reader::open(PROMISE, fixture, &at);
    reader.next().await;
    assert_eq!(reader.values(), [("a", "1"), ("b.c", "2")].map(owned), "promise broken: {PROMISE}");
}

/// Changes, additions and removals are seen within half a second.
pub async fn a_change_is_seen(fixture: &impl Fixture) {
    const PROMISE: &str = "what is changed, added and removed is seen within half a second";
    let at = unique("changes");
    fixture.put(&format!("{at}.a"), "1").await;
    let mut reader = Reader::open(PROMISE, fixture, &at);
    reader.next().await;

    let begun = clock::now();
    fixture.put(&format!("{at}.a"), "2").await;
    reader.until(begun, CHANGE_TIMEOUT, &[("a", "2")]).await;
    said(fixture, "a change", begun);

    let begun = clock::now();
    fixture.put(&format!("{at}.b.c"), "3").await;
    reader.until(begun, CHANGE_TIMEOUT, &[("a", "2"), ("b.c", "3")]).await;
    said(fixture, "an addition", begun);

    let begun = clock::now();
    fixture.remove(&format!("{at}.a")).await;
    reader.until(begun, CHANGE_TIMEOUT, &[("b.c", "3")]).await;
    said(fixture, "a removal", begun);
}

/// Several streams, of one source and of several, see the same.
pub async fn every_reader_sees_the_same(fixture: &impl Fixture) {
    const PROMISE: &str = "every stream sees the same, of whichever source";
    let at = unique("readers");
    let (source, other) = (fixture.source(), fixture.source());
    let streams = [source.updates(), source.updates(), other.updates()];
    let mut readers = streams.map(|updates| Reader::new(PROMISE, updates, &at));
    for reader in &mut readers {
        reader.next().await;
    }
    let begun = clock::now();
    fixture.put(&format!("{at}.a"), "1").await;
    for reader in &mut readers {
        reader.until(begun, CHANGE_TIMEOUT, &[("a", "1")]).await;
    }
}

/// A thousand changes in a row end in the last state, and every state on the way is one that existed.
pub async fn a_burst_ends_in_the_last_state(fixture: &impl Fixture) {
    const PROMISE: &str = "a burst of changes ends in the last state, and every item is a state that existed";
    const ROUNDS: u32 = 500;
    let at = unique("burst");
    let (first, second) = (format!("{at}.first"), format!("{at}.second"));
    fixture.put(&first, "0").await;
    fixture.put(&second, "0").await;
    let mut reader = Reader::open(PROMISE, fixture, &at);
    reader.next().await;

    let begun = clock::now();
    let writing = async {
        for round in 1..=ROUNDS {
            fixture.put(&first, &round.to_string()).await;
            fixture.put(&second, &round.to_string()).await;
        }
        clock::now()
    };
    let reading = async {
        let (mut seen, mut items) = ((0, 0), 0);
        while seen != (ROUNDS, ROUNDS) {
            reader.next().await;
            let now = (reader.number("first"), reader.number("second"));
            // The first is written before the second, so that it is the same or one ahead.
            let existed = now.0 == now.1 || now.0 == now.1 + 1;
            assert!(existed && now >= seen, "promise broken: {PROMISE}: {now:?} after {seen:?}");
            (seen, items) = (now, items + 1);
        }
        (clock::now(), items)
    };
    let (written, (read, items)) = tokio::join!(writing, reading);
    let behind = read.saturating_duration_since(written);
    assert!(behind < CHANGE_TIMEOUT, "promise broken: {PROMISE}: {behind:?} after the last change");
    println!(
        "{}: {} changes in {:?} are {items} items, the last {behind:?} after the last change",
        fixture.source().name(),
        2 * ROUNDS,
        written - begun
    );
}

/// Text of any kind and size comes as it was written, also where keys are deep.
pub async fn any_text_survives(fixture: &impl Fixture) {
    const PROMISE: &str = "any text comes as it was written, at any depth";
    let at = unique("text");
    let large = "0123456789abcdef".repeat(100 * 1024 / 16);
    let deep = ["d"; 30].join(".");
    let mut texts = vec![
        ("empty", ""),
        ("lines", "one\ntwo\r\n\tthree\\n"),
        ("quotes", r#"a "quoted" 'word' = $HOME # no comment"#),
        ("unicode", "grüße, 世界 🦀"),
        ("looks.like.number", "007"),
        ("looks.like.switch", "true"),
        ("with-dash_and_0", "x"),
        ("large", &large),
        (&deep, "deep"),
    ];
    texts.sort_unstable();
    for (path, text) in &texts {
        fixture.put(&format!("{at}.{path}"), text).await;
    }
    let mut reader = Reader::open(PROMISE, fixture, &at);
    reader.next().await;
    let values = reader.values();
    for (value, text) in values.iter().zip(&texts) {
        let same = *value == owned(*text);
        assert!(same, "promise broken: {PROMISE}: `{}` came as {:.80?}", text.0, value);
    }
    assert_eq!(values.len(), texts.len(), "promise broken: {PROMISE}");
}

/// Values say the layer and the place they are from, and neither they nor the source show credentials.
pub async fn values_say_where_they_are_from(fixture: &impl Fixture) {
    const PROMISE: &str = "values say their layer and place, and nothing shows credentials";
    let at = unique("origin");
    fixture.put(&format!("{at}.a.b"), "1").await;
    let source = fixture.source();
    let mut reader = Reader::new(PROMISE, source.updates(), &at);
    reader.next().await;
    let node = reader.node().and_then(|node| node.get("a.b")).expect("it was put there").clone();
    assert_eq!(node.origin.layer(), source.layer(), "promise broken: {PROMISE}");
    assert!(!node.origin.place().is_empty(), "promise broken: {PROMISE}");
    assert!(!source.name().is_empty(), "promise broken: {PROMISE}");
    hides(PROMISE, fixture, &format!("{} {source:?} {} {:?}", source.name(), node.origin, reader.table));
}

/// Dropping a stream and its source ends what they have started.
pub async fn nothing_is_left_of_a_dropped_stream(fixture: &impl Fixture) {
    const PROMISE: &str = "dropping a stream and its source ends every task they have started";
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let at = unique("dropped");
    fixture.put(&format!("{at}.a"), "1").await;
    let before = tasks();
    for _ in 0..3 {
        let mut reader = Reader::open(PROMISE, fixture, &at);
        reader.next().await;
        drop(reader);
        // One that was never polled, too.
        drop(fixture.source().updates());
    }
    eventually(PROMISE, true, || async { tasks() <= before }).await;
}

/// A source whose place cannot be reached says so instead of waiting. One whose place is always there has its values at once.
pub async fn an_unreachable_source_says_so(fixture: &impl Fixture) {
    const PROMISE: &str = "a source whose place cannot be reached says so, and does not wait for ever";
    let Some(source) = fixture.unreachable() else {
        // There is none, so that what can be read is read at once.
        let first = soon(PROMISE, fixture.source().updates().next()).await;
        assert!(matches!(first, Some(Ok(_))), "promise broken: {PROMISE}: {first:?}");
        return;
    };
    let begun = clock::now();
    let error = match soon(PROMISE, source.updates().next()).await {
        Some(Err(error)) => error,
        Some(Ok(_)) => panic!("promise broken: {PROMISE}: it has values"),
        None => panic!("promise broken: {PROMISE}: the stream ended without a word"),
    };
    assert_eq!(error.code(), Code::Unavailable, "promise broken: {PROMISE}: {error}");
    hides(PROMISE, fixture, &format!("{} {source:?} {error:?}", source.name()));
    println!("{}: unreachable after {:?}", source.name(), begun.elapsed());
}

/// Changes during an outage are seen after it, removals included, by a stream that was open all the time.
///
/// A place without a server has no outages: a stream of it says nothing while nothing changes.
pub async fn a_change_during_an_outage_is_seen_after_it(fixture: &impl Fixture) {
    const PROMISE: &str = "what changed around an outage is seen after it, by a stream that was open before";
    let at = unique("outage");
    fixture.put(&format!("{at}.stays"), "1").await;
    fixture.put(&format!("{at}.changes"), "1").await;
    fixture.put(&format!("{at}.goes"), "1").await;
    let source = fixture.source();
    let mut reader = Reader::new(PROMISE, source.updates(), &at);
    reader.next().await;
    match fixture.server() {
        Server::None => return reader.stays_silent().await,
        Server::Fixed => return skip(&format!("{PROMISE}: the fixture cannot take the server down")),
        Server::Controlled => fixture.down().await,
    }
    // Long enough that tries fail, and pauses grow.
    let waiting = clock::timeout(Duration::from_secs(2), reader.outlast(&source, &[("never", "seen")]));
    assert!(waiting.await.is_err(), "promise broken: {PROMISE}");

    let begun = clock::now();
    fixture.up().await;
    fixture.put(&format!("{at}.changes"), "2").await;
    fixture.remove(&format!("{at}.goes")).await;
    let recovering = reader.outlast(&source, &[("changes", "2"), ("stays", "1")]);
    let recovered = clock::timeout_at(begun + RECOVERY_TIMEOUT, recovering).await;
    assert!(recovered.is_ok(), "promise broken: {PROMISE}: not within {RECOVERY_TIMEOUT:?}");
    said(fixture, "a change after an outage", begun);

    let begun = clock::now();
    fixture.put(&format!("{at}.stays"), "2").await;
    reader.until(begun, CHANGE_TIMEOUT, &[("changes", "2"), ("stays", "2")]).await;
}

/// Reads a stream, and keeps what it said last of one table.
struct Reader {
    promise: &'static str,
    updates: Updates,
    at: String,
    table: Table,
}

impl Reader {
    fn open(promise: &'static str, fixture: &impl Fixture, at: &str) -> Self {
        Reader::new(promise, fixture.source().updates(), at)
    }

    fn new(promise: &'static str, updates: Updates, at: &str) -> Self {
        Reader { promise, updates, at: at.to_owned(), table: Table::new() }
    }

    async fn next(&mut self) {
        let item = soon(self.promise, self.updates.next()).await;
        let Some(item) = item else { panic!("promise broken: {}: the stream ended", self.promise) };
        self.table = kept(self.promise, item);
    }

    /// Checks that nothing is told while nothing changes.
    async fn stays_silent(&mut self) {
        let told = clock::timeout(CHANGE_TIMEOUT, self.updates.next()).await;
        assert!(told.is_err(), "promise broken: {}: told without a change: {told:?}", self.promise);
    }

    async fn until(&mut self, begun: Instant, within: Duration, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().copied().map(owned).collect();
        while self.values() != expected {
            let left = begun + within;
            let Ok(()) = clock::timeout_at(left, self.next()).await else {
                panic!("promise broken: {}: after {within:?} {:?} instead of {expected:?}", self.promise, self.values())
            };
        }
    }

    /// As [`Reader::until`], through failures: what says `Err` goes on, and what ends is opened again.
    async fn outlast(&mut self, source: &impl Source, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().copied().map(owned).collect();
        while self.values() != expected {
            match self.updates.next().await {
                Some(Ok(table)) => self.table = table,
                Some(Err(_)) => {}
                None => {
                    clock::sleep(Duration::from_millis(100)).await;
                    self.updates = source.updates();
                }
            }
        }
    }

    fn node(&self) -> Option<&Node> {
        self.table.get(&self.at)
    }

    /// Every text below the table with its path, in the order of the paths.
    fn values(&self) -> Vec<(String, String)> {
        let mut values = Vec::new();
        if let Some(node) = self.node() {
            flatten("", node, &mut values);
        }
        values.sort_unstable();
        values
    }

    fn number(&self, key: &str) -> u32 {
        let text = self.node().and_then(|node| node.get(key)).and_then(|node| node.value.as_str());
        text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("promise broken: {}", self.promise))
    }
}

fn flatten(path: &str, node: &Node, values: &mut Vec<(String, String)>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match node.as_table() {
        Some(table) => table.iter().for_each(|(key, node)| flatten(&below(key), node, values)),
        None => values.push((path.to_owned(), node.value.as_str().unwrap_or("no text").to_owned())),
    }
}

fn owned((path, text): (&str, &str)) -> (String, String) {
    (path.to_owned(), text.to_owned())
}

fn hides(promise: &str, fixture: &impl Fixture, shown: &str) {
    if let Some(credential) = fixture.credential() {
        assert!(!shown.contains(credential), "promise broken: {promise}");
    }
}

fn said(fixture: &impl Fixture, what: &str, begun: Instant) {
    println!("{}: {what} is seen after {:?}", fixture.source().name(), begun.elapsed());
}
