//! The native transport beside HTTP, as a program uses them: a generated client, a registry, deadlines, and two processes.
//!
//! `cargo bench -p micro --bench wires` prints a table; the last columns compare the two wires of the same round. A part of a
//! case's name picks cases, and `--native` leaves HTTP out, for a profile.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use micro::app::Running;
use micro::prelude::*;
use micro::registry::{LeaseOptions, Node, Registry};
use micro::transport::Wire;

#[micro::message(package = "wires")]
#[derive(Clone, Debug, PartialEq)]
pub struct Blob {
    pub data: Vec<u8>,
}

#[micro::message(package = "wires")]
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    pub items: u64,
}

#[micro::service(name = "echo", package = "wires")]
pub trait Echo {
    async fn say(&self, blob: Blob) -> Result<Blob>;
    async fn dressed(&self, blob: Blob) -> Result<Blob>;
    async fn many(&self, count: Count) -> Result<Streaming<Count>>;
    async fn both(&self, blobs: Streaming<Blob>) -> Result<Streaming<Blob>>;
}

/// What a dressed call carries each way.
const HEADERS: [(&str, &str); 3] =
    [("x-tenant", "acme"), ("x-request-id", "6f1c52a4-88f0-4d0e-9a57"), ("x-region", "eu-central")];

struct Mirror;

#[micro::handler(manual)]
impl Echo for Mirror {
    async fn say(&self, blob: Blob) -> Result<Blob> {
        Ok(blob)
    }

    async fn dressed(&self, blob: Blob) -> Result<Blob> {
        let context = Context::current();
        for (key, value) in HEADERS {
            context.reply_header(key, value)?;
        }
        Ok(blob)
    }

    async fn many(&self, count: Count) -> Result<Streaming<Count>> {
        Ok(Streaming::iter((0..count.items).map(|items| Count { items })))
    }

    async fn both(&self, blobs: Streaming<Blob>) -> Result<Streaming<Blob>> {
        Ok(blobs)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--serve") {
        return serve();
    }
    // `cargo test --benches` runs it too, and only wants to know that it works.
    let seconds = if arguments.iter().any(|argument| argument == "--bench") { 2.0 } else { 0.02 };
    let only = arguments.iter().skip(1).find(|argument| !argument.starts_with("--")).cloned().unwrap_or_default();
    tokio::runtime::Runtime::new().expect("a runtime").block_on(compare(seconds, &only));
}

#[tokio::main]
async fn serve() {
    let app = micro::app().settings(|settings| settings.log = "off".into()).registry(Registry::memory());
    let running = app.serve(EchoServer::new(Mirror)).start().await.expect("it starts");
    println!("{}", running.address().expect("it listens"));
    std::io::stdout().flush().expect("somebody reads");
    // Ends with the process that started it.
    let _ = std::io::stdin().lines().next();
}

/// A server process and a client of it.
struct Pair {
    child: Child,
    address: String,
    echo: EchoClient,
    _app: Running,
}

impl Pair {
    async fn start(wire: Wire) -> Self {
        let own = std::env::current_exe().expect("this program");
        let mut child = Command::new(own)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped above")).lines();
        let address = lines.find_map(|line| line.ok().filter(|line| line.parse::<std::net::SocketAddr>().is_ok()));
        let registry = Registry::memory();
        let address = address.expect("it says where it listens");
        let node = Node::new("echo", &*address).with_metadata("wire", "micro/1");
        let node = ["Say", "Dressed", "Many", "Both"]
            .iter()
            .fold(node, |node, name| node.with_endpoint(format!("/wires.Echo/{name}")));
        let listed = registry.register(node, LeaseOptions::default()).await.expect("it is listed");
        std::mem::forget(listed);
        let app = micro::app().registry(registry).settings(move |settings| {
            settings.log = "off".into();
            settings.wire = wire;
        });
        let app = app.start().await.expect("it starts");
        Pair { child, address, echo: app.get().expect("a client"), _app: app }
    }

    /// CPU time of both processes, in seconds.
    fn cpu(&self) -> f64 {
        [self.child.id(), std::process::id()].into_iter().map(cpu).sum()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of a process, where the system says so.
fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = rest.split_whitespace().skip(11).take(2).filter_map(|text| text.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// What one round measured.
struct Round {
    rate: f64,
    p50: Duration,
    p99: Duration,
    cpu: f64,
}

async fn unary(pair: &Pair, size: usize, in_flight: usize, dressed: bool, seconds: f64) -> Round {
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let (begun, before) = (Instant::now(), pair.cpu());
    let options =
        HEADERS.iter().try_fold(CallOptions::new(), |options, (key, value)| options.with_metadata(key, *value));
    let options = options.expect("they are headers");
    let callers: Vec<_> = (0..in_flight)
        .map(|_| {
            let echo = if dressed { pair.echo.with(options.clone()) } else { pair.echo.clone() };
            tokio::spawn(async move {
                let mut times = Vec::new();
                while Instant::now() < until {
                    let begun = Instant::now();
                    let blob = Blob { data: vec![7; size] };
                    let reply = if dressed { echo.dressed(blob).await } else { echo.say(blob).await };
                    let reply = reply.expect("it answers");
                    assert_eq!(reply.data.len(), size);
                    times.push(begun.elapsed());
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await.expect("no panic"));
    }
    let (took, spent) = (begun.elapsed().as_secs_f64(), pair.cpu() - before);
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Round { rate: times.len() as f64 / took, p50: at(0.5), p99: at(0.99), cpu: spent / times.len() as f64 }
}

/// Calls that come at a rate of their own, whether those before them are answered or not.
async fn open_loop(pair: &Pair, per_second: usize, seconds: f64) -> Round {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let (begun, before) = (Instant::now(), pair.cpu());
    let mut calls = Vec::new();
    while begun.elapsed().as_secs_f64() < seconds {
        ticks.tick().await;
        let due = (begun.elapsed().as_secs_f64() * per_second as f64) as usize;
        for _ in calls.len()..due {
            let echo = pair.echo.clone();
            calls.push(tokio::spawn(async move {
                let begun = Instant::now();
                echo.say(Blob { data: vec![7; 16] }).await.map(|_| begun.elapsed())
            }));
        }
    }
    let mut times = Vec::new();
    for call in calls {
        times.extend(call.await.expect("no panic"));
    }
    let (took, spent) = (begun.elapsed().as_secs_f64(), pair.cpu() - before);
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Round { rate: times.len() as f64 / took, p50: at(0.5), p99: at(0.99), cpu: spent / times.len() as f64 }
}

async fn streamed(pair: &Pair, seconds: f64) -> Round {
    let items = (1_000_000.0 * seconds) as u64;
    let (begun, before) = (Instant::now(), pair.cpu());
    let mut stream = pair.echo.many(Count { items }).await.expect("it answers");
    let mut seen = 0;
    while let Some(count) = stream.next().await {
        assert_eq!(count.expect("an item").items, seen);
        seen += 1;
    }
    assert_eq!(seen, items);
    let (took, spent) = (begun.elapsed(), pair.cpu() - before);
    Round { rate: items as f64 / took.as_secs_f64(), p50: took, p99: took, cpu: spent / items as f64 }
}

async fn ping_pong(pair: &Pair, seconds: f64) -> Round {
    let (sender, blobs) = Streaming::channel(1);
    let (begun, before) = (Instant::now(), pair.cpu());
    let mut replies = pair.echo.both(blobs).await.expect("it answers");
    let mut times = Vec::new();
    while begun.elapsed().as_secs_f64() < seconds {
        let begun = Instant::now();
        sender.send(Blob { data: vec![7; 16] }).await;
        replies.next().await.expect("an item").expect("an item");
        times.push(begun.elapsed());
    }
    let (took, spent) = (begun.elapsed().as_secs_f64(), pair.cpu() - before);
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Round { rate: times.len() as f64 / took, p50: at(0.5), p99: at(0.99), cpu: spent / times.len() as f64 }
}

/// The floor: bytes to and fro between two processes and nothing else.
async fn floor(seconds: f64) -> Duration {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
            stream.set_nodelay(true).expect("a socket");
            let mut times = Vec::new();
            let until = Instant::now() + Duration::from_secs_f64(seconds);
            let mut bytes = [0_u8; 32];
            while Instant::now() < until {
                let begun = Instant::now();
                stream.write_all(&bytes).await.expect("open");
                stream.read_exact(&mut bytes).await.expect("open");
                times.push(begun.elapsed());
            }
            times.sort_unstable();
            times[times.len() / 2]
        })
    });
    let (mut stream, _) = listener.accept().await.expect("it connects");
    stream.set_nodelay(true).expect("a socket");
    let (mut reading, mut writing) = stream.split();
    let _ = tokio::io::copy(&mut reading, &mut writing).await;
    thread.join().expect("no panic")
}

/// What a connection costs its server that is open and says nothing: bytes of memory.
async fn idle(pair: &Pair, count: usize) -> usize {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let resident = || -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", pair.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or_default() * 1024
    };
    let mut open = Vec::new();
    let mut before = 0;
    for n in 0..count + count / 10 {
        // The first ones pay for what all of them share.
        if n == count / 10 {
            before = resident();
        }
        let Ok(mut stream) = tokio::net::TcpStream::connect(&pair.address).await else { break };
        stream.write_all(b"\0micro/1\0\0\0\0\0\0\0\0\0\0").await.expect("it reads");
        stream.read_exact(&mut [0; 18]).await.expect("it answers");
        open.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    resident().saturating_sub(before) / (open.len().max(1) - count / 10).max(1)
}

async fn compare(seconds: f64, only: &str) {
    println!(
        "{:<30} {:>6} {:>11} {:>10} {:>10} {:>9} {:>7} {:>7}",
        "", "wire", "per s", "p50", "p99", "cpu µs", "rate", "cpu"
    );
    let cases: [(&str, usize, usize); 9] = [
        ("16 B, 1 in flight", 16, 1),
        ("16 B, 64 in flight", 16, 64),
        ("16 B, 64 in flight, 3 headers", 16, 64),
        ("16 B, 256 in flight", 16, 256),
        ("4 KiB, 1 in flight", 4096, 1),
        ("4 KiB, 64 in flight", 4096, 64),
        ("60,000 a second, open loop", 16, 0),
        ("stream of small items", 0, 0),
        ("ping-pong on a stream", 0, 1),
    ];
    let skip = usize::from(std::env::args().any(|argument| argument == "--native"));
    if skip == 0 {
        println!("raw ping-pong: {:?}", floor(seconds).await);
    }
    let (http, native) = (Pair::start(Wire::Http).await, Pair::start(Wire::Auto).await);
    if "idle".contains(only) {
        // As many as a process may have files, on either side.
        println!(
            "an idle connection: {} bytes of the server",
            idle(&native, if seconds < 1.0 { 100 } else { 8_000 }).await
        );
    }
    for (name, size, in_flight) in cases.into_iter().filter(|(name, ..)| name.contains(only)) {
        let mut base: Option<Round> = None;
        for (wire, pair) in [("http", &http), ("native", &native)].into_iter().skip(skip) {
            let round = match (size, in_flight) {
                (0, 0) => streamed(pair, seconds).await,
                (_, 0) => open_loop(pair, 60_000, seconds).await,
                (0, _) => ping_pong(pair, seconds).await,
                _ => unary(pair, size, in_flight, name.ends_with("headers"), seconds).await,
            };
            let (rate, spent) = base.as_ref().map_or((1.0, 1.0), |base| (round.rate / base.rate, round.cpu / base.cpu));
            println!(
                "{name:<30} {wire:>6} {:>11.0} {:>10.1?} {:>10.1?} {:>9.2} {rate:>7.2} {spent:>7.2}",
                round.rate,
                round.p50,
                round.p99,
                round.cpu * 1e6
            );
            base.get_or_insert(round);
        }
    }
}
