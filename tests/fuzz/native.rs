//! Whole connections of `micro/1`: whatever a peer says behind a proper opening, the connection comes to its end, calls come to
//! theirs, and the process goes on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use micro::app::Running;
use micro::prelude::*;
use micro::registry::{LeaseOptions, Node, Registry};
use micro::transport::Wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::corpus;

#[micro::message(package = "fuzz")]
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub word: String,
}

#[micro::service(name = "fuzz", package = "fuzz")]
pub trait Fuzz {
    async fn say(&self, word: Word) -> Result<Word>;
    async fn shout(&self, words: Streaming<Word>) -> Result<Streaming<Word>>;
}

struct Mirror;

#[micro::handler(manual)]
impl Fuzz for Mirror {
    async fn say(&self, word: Word) -> Result<Word> {
        Ok(word)
    }

    async fn shout(&self, words: Streaming<Word>) -> Result<Streaming<Word>> {
        Ok(words)
    }
}

/// How long a connection or a call may take to end once its peer has closed.
const PATIENCE: Duration = Duration::from_secs(5);

fn frame(kind: u8, flags: u8, id: u32, body: &[u8]) -> Vec<u8> {
    let mut frame = (body.len() as u32).to_be_bytes().to_vec();
    frame.extend([kind, flags]);
    frame.extend(id.to_be_bytes());
    frame.extend(body);
    frame
}

fn opening() -> Vec<u8> {
    [&b"\0micro/1"[..], &frame(0, 0, 0, &[])].concat()
}

/// Heads and pieces that mean something.
pub const PIECES: &[&[u8]] = &[
    &[0, 0, 0, 0, 6, 0, 0, 0, 0, 1],
    &[0, 0, 0, 8, 8, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
    &[0, 0, 0, 4, 7, 0, 0, 0, 0, 1, 0, 4, 0, 0],
    &[0, 0, 0, 4, 2, 0, 0, 0, 0, 1, 3, 10, 1, 97],
    &[0, 0, 0, 0, 2, 1, 0, 0, 0, 1],
    &[0, 0, 0, 0, 11, 0, 0, 0, 0, 1],
    &[0, 0, 0, 2, 12, 0, 0, 0, 0, 1, 0, 0],
    &[0, 0, 0, 3, 1, 1, 0, 0, 0, 2, 0, 0, 0],
    &[0xff, 0xff, 0xff, 0xff],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
];

/// Whether a task has panicked that nobody here waits for: only its connection would have noticed.
static PANICKED: AtomicBool = AtomicBool::new(false);

fn watch_tasks() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let of_a_task = std::thread::current().name() == Some("tokio-rt-worker");
            PANICKED.fetch_or(of_a_task, Ordering::SeqCst);
            before(panic);
        }));
    });
}

fn no_task_has_panicked() {
    assert!(!PANICKED.load(Ordering::SeqCst), "a task has panicked");
}

/// What was answered, without what differs from run to run: the kinds of the frames, and the words of the last.
fn outline(bytes: &[u8]) -> String {
    let (mut rest, mut outline) = (bytes.get(8..).unwrap_or_default(), String::new());
    while rest.len() >= 10 {
        let len = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        let kind = char::from(b'a' + rest[4] % 26);
        if !outline.ends_with(kind) {
            outline.push(kind);
        }
        if rest[4] == 12 {
            outline += &String::from_utf8_lossy(rest.get(12..).unwrap_or_default());
        }
        rest = rest.get(10 + len..).unwrap_or_default();
    }
    outline
}

#[test]
fn a_server_survives_every_client() {
    watch_tasks();
    let runtime = Runtime::new().unwrap();
    let app: Running =
        runtime.block_on(micro::app().registry(Registry::memory()).serve(FuzzServer::new(Mirror)).start()).unwrap();
    let address = app.address().unwrap();
    corpus::run("connection-server", PIECES, |input| {
        let talk = async {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            let (mut reading, mut writing) = stream.split();
            let mut answer = Vec::new();
            let said = [&*opening(), input].concat();
            let saying = async {
                let _ = writing.write_all(&said).await;
                let _ = writing.shutdown().await;
            };
            let ((), _) = tokio::join!(saying, reading.read_to_end(&mut answer));
            outline(&answer)
        };
        let outcome =
            runtime.block_on(async { tokio::time::timeout(PATIENCE, talk).await.expect("the connection ends") });
        no_task_has_panicked();
        outcome
    });
}

#[test]
fn a_call_ends_whatever_its_server_says() {
    watch_tasks();
    let runtime = Runtime::new().unwrap();
    let script: Arc<Mutex<Vec<u8>>> = Arc::default();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let lines = script.clone();
    runtime.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let said = [opening(), lines.lock().unwrap().clone()].concat();
            tokio::spawn(async move {
                // The call has been sent when its frame is there: behind the opening of the client.
                let mut seen = vec![0; opening().len() + 15 + 11];
                let _ = stream.write_all(&said[..opening().len()]).await;
                let _ = stream.read_exact(&mut seen).await;
                let _ = stream.write_all(&said[opening().len()..]).await;
                let _ = stream.shutdown().await;
                let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
            });
        }
    });
    let (fuzz, _listed): (FuzzClient, _) = runtime.block_on(async {
        let registry = Registry::memory();
        let node = Node::new("fuzz", address.to_string()).with_metadata("wire", "micro/1");
        let listed = registry.register(node, LeaseOptions::default()).await.unwrap();
        let app = micro::app().registry(registry).settings(|settings| settings.wire = Wire::Native);
        (app.start().await.unwrap().get().unwrap(), listed)
    });
    corpus::run("connection-client", PIECES, |input| {
        *script.lock().unwrap() = input.to_vec();
        let call = async {
            let streams = input.len() % 2 == 1;
            let outcome = if streams {
                match fuzz.shout(Streaming::iter([Word { word: "a".into() }])).await {
                    Ok(words) => words.try_collect().await.map(|words| words.len()),
                    Err(error) => Err(error),
                }
            } else {
                fuzz.say(Word { word: "a".into() }).await.map(|_| 1)
            };
            // An error of the peer's says whatever the peer says: its words are no outcome.
            let failed = |error: Error| {
                let (words, details) = (!error.message().is_empty(), !error.details().is_empty());
                format!("{streams} {:?} {:?} {words} {details}", error.code(), error.execution())
            };
            outcome.map_or_else(failed, |count| format!("{streams} {} words", count.min(2)))
        };
        let outcome =
            runtime.block_on(async { tokio::time::timeout(2 * PATIENCE, call).await.expect("the call ends") });
        no_task_has_panicked();
        outcome
    });
}
