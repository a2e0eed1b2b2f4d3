//! The scenarios.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::histogram::Histogram;
use crate::process::{self, say};
use crate::words::Words;
use crate::{Client, Pace, Problem, Result, allocations, idle};

/// How many items a stream has: enough that its beginning does not count, few enough that it ends soon after the time is up.
const ITEMS: u64 = 100_000;
/// How often, in items, a stream looks at the clock.
const LOOK: u64 = 64;
/// How long an open loop waits for what was sent before its time was up.
const GRACE: Duration = Duration::from_millis(100);
/// How often an open loop sends what has become due.
const TICK: Duration = Duration::from_micros(200);

pub(crate) async fn run<C: Client>(words: &Words) -> Result<String> {
    match words.text("scenario")? {
        "unary" => unary(connected::<C>(words).await?, words).await,
        "open" => open(connected::<C>(words).await?, words).await,
        "ready" => ready(one::<C>(words).await?, words).await,
        "yielding" => yielding(one::<C>(words).await?).await,
        "echo" => echo(one::<C>(words).await?, words).await,
        "idle" => idle::run(words).await,
        other => Err(format!("`{other}` is no scenario").into()),
    }
}

/// As many clients as there are to be connections, each having made a call. They stay until the process ends, so that
/// `run.py` can count their connections when all is over.
async fn connected<C: Client>(words: &Words) -> Result<&'static [C]> {
    let mut clients = Vec::new();
    for _ in 0..words.get("connections")? {
        let mut client = C::connect(words.get("address")?).await?;
        client.say("hello".into()).await?;
        clients.push(client);
    }
    Ok(clients.leak())
}

async fn one<C: Client>(words: &Words) -> Result<C> {
    connected::<C>(words).await?.first().cloned().ok_or_else(|| "`connections=0` cannot call".into())
}

/// The time that counts, behind the time in which caches, pools and windows get ready.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    begin: Instant,
    pub(crate) end: Instant,
}

impl Window {
    pub(crate) fn from_now(words: &Words) -> Result<Self> {
        let seconds: f64 = words.get("seconds")?;
        let begin = Instant::now() + Duration::from_secs_f64((seconds / 4.0).min(0.5));
        Ok(Window { begin, end: begin + Duration::from_secs_f64(seconds) })
    }

    pub(crate) fn holds(&self, time: Instant) -> bool {
        self.begin <= time && time < self.end
    }

    pub(crate) fn seconds(&self) -> f64 {
        (self.end - self.begin).as_secs_f64()
    }

    /// Watches what the process spends, from a thread that no load keeps from waking up in time.
    pub(crate) fn watch(self) -> std::thread::JoinHandle<Spent> {
        std::thread::spawn(move || {
            std::thread::sleep(self.begin.saturating_duration_since(Instant::now()));
            let before = Spent::so_far();
            say("begin");
            std::thread::sleep(self.end.saturating_duration_since(Instant::now()));
            Spent::so_far().since(&before)
        })
    }
}

/// What the process has used up.
pub(crate) struct Spent {
    cpu: Duration,
    allocations: u64,
}

impl Spent {
    pub(crate) fn so_far() -> Self {
        Spent { cpu: process::cpu(), allocations: allocations::so_far() }
    }

    pub(crate) fn since(&self, before: &Spent) -> Self {
        Spent { cpu: self.cpu - before.cpu, allocations: self.allocations - before.allocations }
    }

    pub(crate) fn figures(&self, calls: u64, seconds: f64, times: &Histogram, more: &str) -> String {
        format!(
            "{{\"calls\": {calls}, \"seconds\": {seconds:.6}, \"p50\": {:.2}, \"p99\": {:.2}, \"cpu\": {:.2}, \
             \"peak\": {}, \"allocations\": {}{more}}}",
            times.micros(0.5),
            times.micros(0.99),
            self.cpu.as_secs_f64(),
            process::peak(),
            self.allocations,
        )
    }
}

pub(crate) fn spent(watching: std::thread::JoinHandle<Spent>) -> Result<Spent> {
    watching.join().map_err(|_| "the watching thread panicked".into())
}

/// So many calls at any time: when one returns, the next leaves.
async fn unary<C: Client>(clients: &[C], words: &Words) -> Result<String> {
    let (in_flight, size): (usize, usize) = (words.get("in-flight")?, words.get("size")?);
    let window = Window::from_now(words)?;
    let watching = window.watch();
    let mut callers = JoinSet::new();
    for caller in 0..in_flight {
        callers.spawn(repeat(clients[caller % clients.len()].clone(), size, window));
    }
    let mut times = Histogram::new();
    while let Some(caller) = callers.join_next().await {
        times.merge(&caller??);
    }
    Ok(spent(watching)?.figures(times.count(), window.seconds(), &times, ""))
}

async fn repeat<C: Client>(mut client: C, size: usize, window: Window) -> Result<Histogram> {
    let text = "x".repeat(size);
    let mut times = Histogram::new();
    let mut begun = Instant::now();
    loop {
        let reply = client.say(text.clone()).await?;
        let ended = Instant::now();
        if ended >= window.end {
            return Ok(times);
        }
        if reply.len() != size {
            return Err(format!("{} bytes came back of {size}", reply.len()).into());
        }
        if window.holds(ended) {
            times.record(ended - begun);
        }
        begun = ended;
    }
}

/// Calls leave when they are due, however many are under way. Times count from when a call was due, so one that waits for its
/// turn within the client has waited; one that has not returned in the end counts as old as it is by then.
async fn open<C: Client>(clients: &[C], words: &Words) -> Result<String> {
    let (rate, size): (f64, usize) = (words.get("rate")?, words.get("size")?);
    let window = Window::from_now(words)?;
    let watching = window.watch();
    let (sender, mut due) = mpsc::unbounded_channel();
    std::thread::spawn(move || become_due(rate, window.end, &sender));

    let text = "x".repeat(size);
    let (returned, mut returns) = mpsc::unbounded_channel();
    let mut calls = JoinSet::new();
    let (mut begun, mut client) = (0_u64, 0);
    while let Some(times) = due.recv().await {
        for time in times {
            client = (client + 1) % clients.len();
            let (mut caller, text, returned) = (clients[client].clone(), text.clone(), returned.clone());
            let counts = window.holds(time);
            begun += u64::from(counts);
            calls.spawn(async move {
                let outcome = caller.say(text).await.map(drop);
                if counts || outcome.is_err() {
                    let _ = returned.send((time, Instant::now(), outcome));
                }
            });
        }
        while calls.try_join_next().is_some() {}
    }
    drop(returned);
    tokio::time::sleep_until((window.end + GRACE).into()).await;
    let closing = Instant::now();
    let (mut times, mut failures) = (Histogram::new(), Vec::new());
    while let Ok((due, ended, outcome)) = returns.try_recv() {
        match outcome {
            Ok(()) => times.record(ended.saturating_duration_since(due)),
            Err(Problem(why)) => failures.push(why),
        }
    }
    calls.abort_all();
    let served = times.count();
    // Those that are missing are, as a rule, the ones that were due last.
    let gap = Duration::from_secs_f64(1.0 / rate);
    for missing in 0..begun.saturating_sub(served) {
        times.record(closing.saturating_duration_since(window.end - gap * u32::try_from(missing).unwrap_or(u32::MAX)));
    }
    let why = process::quoted(failures.first().map_or("", |why| why));
    let share = served as f64 / begun.max(1) as f64;
    let more = format!(", \"served\": {share:.4}, \"failures\": {}, \"failure\": {why}", failures.len());
    Ok(spent(watching)?.figures(served, window.seconds(), &times, &more))
}

/// Says when calls are due, in the order of time and a few at once: timers are no finer.
fn become_due(rate: f64, end: Instant, due: &mpsc::UnboundedSender<Vec<Instant>>) {
    let (first, mut sent) = (Instant::now(), 0_u64);
    while Instant::now() < end {
        let until = (first.elapsed().as_secs_f64() * rate) as u64;
        let times = (sent..until).map(|call| first + Duration::from_secs_f64(call as f64 / rate)).collect();
        sent = until;
        if due.send(times).is_err() {
            return;
        }
        std::thread::sleep(TICK);
    }
}

/// One stream after the other, whose items are all ready.
async fn ready<C: Client>(mut client: C, words: &Words) -> Result<String> {
    let window = Window::from_now(words)?;
    let watching = window.watch();
    let mut counted = 0_u64;
    let mut time = Instant::now();
    while time < window.end {
        client
            .count(ITEMS, Pace::Ready, |number| {
                if number % LOOK == 0 {
                    time = Instant::now();
                }
                if time >= window.end {
                    return ControlFlow::Break(());
                }
                counted += u64::from(window.holds(time));
                ControlFlow::Continue(())
            })
            .await?;
        time = Instant::now();
    }
    Ok(spent(watching)?.figures(counted, window.seconds(), &Histogram::new(), ""))
}

/// One stream whose items come one per wake-up, to its end or to where it breaks.
async fn yielding<C: Client>(mut client: C) -> Result<String> {
    let mut counted = 0;
    say("begin");
    let (begun, before) = (Instant::now(), Spent::so_far());
    let outcome = client
        .count(ITEMS, Pace::Yielding, |_| {
            counted += 1;
            ControlFlow::Continue(())
        })
        .await;
    let seconds = begun.elapsed().as_secs_f64();
    let why = match outcome {
        Ok(()) if counted == ITEMS => String::new(),
        Ok(()) => format!("it ended after {counted} items"),
        Err(Problem(why)) => why,
    };
    let more = format!(", \"of\": {ITEMS}, \"failed\": {}", process::quoted(&why));
    Ok(Spent::so_far().since(&before).figures(counted, seconds, &Histogram::new(), &more))
}

/// One stream in both directions: a text to and fro.
async fn echo<C: Client>(mut client: C, words: &Words) -> Result<String> {
    let size: usize = words.get("size")?;
    let window = Window::from_now(words)?;
    let watching = window.watch();
    let text = "x".repeat(size);
    let mut times = Histogram::new();
    let mut sent: Option<Instant> = None;
    client
        .echo(|| {
            let now = Instant::now();
            if let Some(sent) = sent.replace(now).filter(|_| window.holds(now)) {
                times.record(now - sent);
            }
            (now < window.end).then(|| text.clone())
        })
        .await?;
    Ok(spent(watching)?.figures(times.count(), window.seconds(), &times, ""))
}
