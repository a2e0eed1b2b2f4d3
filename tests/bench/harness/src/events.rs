//! The scenarios of events, and what a peer has to do for them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::histogram::Histogram;
use crate::load::{Spent, Window, spent};
use crate::process::{self, say};
use crate::words::Words;
use crate::{Problem, Result};

/// What its text is as long as.
const SIZE: usize = 100;
/// How many events are read or written at once.
const AT_ONCE: usize = 256;

/// One event: when it was published, in nanoseconds since 1970, and a text.
#[derive(Clone, Debug)]
pub struct Happened {
    pub at: u64,
    pub text: String,
}

impl Happened {
    fn now(text: &str) -> Self {
        Happened { at: nanoseconds(), text: text.to_owned() }
    }
}

/// What is wanted of a subscription.
#[derive(Clone, Debug)]
pub enum Hearing {
    /// Nothing: there is to be none.
    Nothing,
    /// The events that come from now on.
    New(Heard),
    /// All that were ever published.
    Kept(Heard),
}

/// Where a peer tells of each event that it has handled.
#[derive(Clone, Debug)]
pub struct Heard(mpsc::UnboundedSender<u64>);

impl Heard {
    /// An event that was published at `at` is handled now.
    pub fn tell(&self, at: u64) {
        // Who measures is done when this fails.
        let _ = self.0.send(nanoseconds().saturating_sub(at));
    }
}

fn nanoseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// A peer that publishes and hears events; clones share its connection. Where it connects to is a matter of the environment.
pub trait Events: Clone + Send + Sync + 'static {
    /// Connects, and is done when it is subscribed to what is to be heard.
    fn connect(hearing: Hearing) -> impl Future<Output = Result<Self>> + Send;

    /// Done when the broker answers for it, as far as it does.
    fn publish(&self, event: Happened) -> impl Future<Output = Result<()>> + Send;

    /// The same for many.
    fn publish_all(&self, events: Vec<Happened>) -> impl Future<Output = Result<()>> + Send;
}

/// Hears, or publishes and measures, as the words of the process say.
///
/// Without words it hears, and tells whoever connects to the announced address of each event how long it was under way.
/// With `scenario=through` it publishes, and hears of that at `address=`, or in its own process where there is none. With
/// `scenario=publish` nobody hears. With `scenario=consume` it publishes first, and then hears.
pub async fn events<E: Events>() {
    let words = Words::of_process();
    // In a task, which is woken without waking a thread.
    let working =
        tokio::spawn(async move { if words.is_empty() { hear::<E>().await } else { measure::<E>(&words).await } });
    match working.await.unwrap_or_else(|ended| Err(ended.into())) {
        Ok(figures) => println!("{figures}"),
        Err(Problem(why)) => println!("{{\"error\": {}}}", process::quoted(&why)),
    }
    process::until_input_ends();
}

async fn hear<E: Events>() -> Result<String> {
    let (heard, mut times) = mpsc::unbounded_channel();
    let _hearing = E::connect(Hearing::New(Heard(heard))).await?;
    let (mut publisher, _) = crate::listen().await?.accept().await?;
    publisher.set_nodelay(true)?;
    let mut some = Vec::with_capacity(AT_ONCE);
    while times.recv_many(&mut some, AT_ONCE).await > 0 {
        let bytes: Vec<u8> = some.drain(..).flat_map(u64::to_le_bytes).collect();
        publisher.write_all(&bytes).await?;
    }
    Err("it hears no more".into())
}

async fn measure<E: Events>(words: &Words) -> Result<String> {
    match words.text("scenario")? {
        "through" => {
            let (heard, times) = mpsc::unbounded_channel();
            let events = match words.get::<SocketAddr>("address") {
                Ok(address) => {
                    tokio::spawn(forward(TcpStream::connect(address).await?, heard));
                    E::connect(Hearing::Nothing).await?
                }
                Err(_) => E::connect(Hearing::New(Heard(heard))).await?,
            };
            through(events, times, words).await
        }
        "publish" => publish(E::connect(Hearing::Nothing).await?, words).await,
        "consume" => consume::<E>(words).await,
        other => Err(format!("`{other}` is no scenario").into()),
    }
}

/// What another process has heard.
async fn forward(mut hearer: TcpStream, heard: mpsc::UnboundedSender<u64>) {
    let mut bytes = vec![0; 8 * AT_ONCE];
    let mut filled = 0;
    while let Ok(read @ 1..) = hearer.read(&mut bytes[filled..]).await {
        filled += read;
        let (whole, _) = bytes[..filled].as_chunks();
        for time in whole {
            let _ = heard.send(u64::from_le_bytes(*time));
        }
        let done = filled - filled % 8;
        bytes.copy_within(done..filled, 0);
        filled -= done;
    }
}

/// A closed loop: so many events are published and not yet handled, one by one or in batches.
async fn through<E: Events>(events: E, mut heard: mpsc::UnboundedReceiver<u64>, words: &Words) -> Result<String> {
    let (batch, in_flight): (u32, u32) = (words.get("batch")?, words.get("in-flight")?);
    let room = Arc::new(Semaphore::new(in_flight as usize));
    let window = Window::from_now(words)?;
    let watching = window.watch();
    let mut publishers = JoinSet::new();
    for _ in 0..in_flight / batch {
        let (events, room) = (events.clone(), room.clone());
        publishers.spawn(async move {
            while Instant::now() < window.end {
                room.acquire_many(batch).await?.forget();
                publish_some(&events, batch).await?;
            }
            Ok::<_, Problem>(())
        });
    }
    let (mut times, mut some) = (Histogram::new(), Vec::with_capacity(AT_ONCE));
    while Instant::now() < window.end {
        tokio::select! {
            count = heard.recv_many(&mut some, AT_ONCE) => room.add_permits(count),
            Some(ended) = publishers.join_next() => ended??,
            () = tokio::time::sleep_until(window.end.into()) => {}
        }
        let counts = window.holds(Instant::now());
        some.drain(..).filter(|_| counts).for_each(|time| times.record(std::time::Duration::from_nanos(time)));
    }
    Ok(spent(watching)?.figures(times.count(), window.seconds(), &times, ""))
}

async fn publish_some<E: Events>(events: &E, batch: u32) -> Result<()> {
    let text = "x".repeat(SIZE);
    match batch {
        1 => events.publish(Happened::now(&text)).await,
        _ => events.publish_all((0..batch).map(|_| Happened::now(&text)).collect()).await,
    }
}

/// A closed loop: so many events are on their way to the broker, and when it answers for one, or for a batch, the next leaves.
async fn publish<E: Events>(events: E, words: &Words) -> Result<String> {
    let (batch, in_flight): (u32, u32) = (words.get("batch")?, words.get("in-flight")?);
    let window = Window::from_now(words)?;
    let watching = window.watch();
    let mut publishers = JoinSet::new();
    for _ in 0..in_flight / batch {
        let events = events.clone();
        publishers.spawn(async move {
            let mut times = Histogram::new();
            let mut begun = Instant::now();
            while begun < window.end {
                publish_some(&events, batch).await?;
                let ended = Instant::now();
                if window.holds(ended) {
                    times.record(ended - begun);
                }
                begun = ended;
            }
            Ok::<_, Problem>(times)
        });
    }
    let mut times = Histogram::new();
    while let Some(publisher) = publishers.join_next().await {
        times.merge(&publisher??);
    }
    Ok(spent(watching)?.figures(times.count() * u64::from(batch), window.seconds(), &times, ""))
}

/// All events are there, and are handled. Behind the first tenth the time counts.
async fn consume<E: Events>(words: &Words) -> Result<String> {
    const BATCH: u32 = 100;
    let count: u32 = words.get("events")?;
    let events = E::connect(Hearing::Nothing).await?;
    let mut publishers = JoinSet::new();
    for _ in 0..4 {
        let events = events.clone();
        publishers.spawn(async move {
            for _ in 0..count / BATCH / 4 {
                publish_some(&events, BATCH).await?;
            }
            Ok::<_, Problem>(())
        });
    }
    while let Some(publisher) = publishers.join_next().await {
        publisher??;
    }
    let (heard, mut times) = mpsc::unbounded_channel();
    let _hearing = E::connect(Hearing::Kept(Heard(heard))).await?;
    let total = (count / BATCH / 4 * BATCH * 4) as usize;
    let first = handled(&mut times, total / 10).await?;
    let (begun, before) = (Instant::now(), Spent::so_far());
    say("begin");
    let counted = handled(&mut times, total - first).await?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Spent::so_far().since(&before).figures(counted as u64, seconds, &Histogram::new(), ""))
}

/// Waits until so many more are handled, or a few more than that.
async fn handled(times: &mut mpsc::UnboundedReceiver<u64>, count: usize) -> Result<usize> {
    let (mut handled, mut some) = (0, Vec::with_capacity(AT_ONCE));
    while handled < count {
        match times.recv_many(&mut some, AT_ONCE).await {
            0 => return Err("it hears no more".into()),
            more => handled += more,
        }
        some.clear();
    }
    Ok(handled)
}
