//! The rehearsal of failure: a program is killed in the midst of its events, again and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use micro::broker::{Broker, Publisher, Start, Subscription};
use micro_tests::servers::nats::{Server, installed};
use micro_tests::{Program, World};

/// As the program has it.
#[micro::event(topic = "counter.counted", package = "counter")]
struct Counted {
    number: i64,
}

/// How many events, and how many kills: all of them with `MICRO_TESTS_SOAK`.
fn size() -> (i64, u32) {
    if std::env::var_os("MICRO_TESTS_SOAK").is_some() { (100_000, 10) } else { (20_000, 4) }
}

/// How long after the last kill everything has to be counted: what was in the hands of the dead comes again after half a minute.
const LATEST: Duration = Duration::from_secs(120);
/// How often an event is tried, as the program says.
const TRIES: usize = 3;

/// How often each number was tried.
fn read(ledger: &Path) -> BTreeMap<i64, usize> {
    let mut tries = BTreeMap::new();
    let text = std::fs::read_to_string(ledger).unwrap_or_default();
    for line in text.lines() {
        let number = line.split(' ').next().and_then(|number| number.parse().ok());
        *tries.entry(number.expect("a line of the ledger")).or_default() += 1;
    }
    tries
}

/// Random moments, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let seed = std::env::var("MICRO_TESTS_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| std::process::id().into());
        println!("MICRO_TESTS_SEED={seed}");
        Dice(seed)
    }

    /// Between these milliseconds.
    fn milliseconds(&mut self, from: u64, to: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(from + (self.0 >> 33) % (to - from))
    }
}

async fn publish(broker: &Broker, numbers: impl IntoIterator<Item = i64>) {
    let events: Vec<Counted> = numbers.into_iter().map(|number| Counted { number }).collect();
    Publisher::new(broker.clone()).publish_batch(&events).await.expect("the server is there");
}

fn counter(world: &World, url: &str, ledger: &Path) -> Program {
    let mut command = world.command(env!("CARGO_BIN_EXE_counter"));
    command.env("MICRO_BROKER", url).env("COUNTER_LEDGER", ledger);
    Program::start(command)
}

/// Publishes everything while the program is killed, and sees what became of it.
async fn rehearse(name: &str, program: PathBuf) {
    let (events, kills) = size();
    let server = Server::start(&program, &[]);
    let (world, ledger) = (World::new(), server.folder().join("ledger"));
    let url = format!("nats://{}?stream=counter", server.address());
    let broker = Broker::connect(&url).await.expect("the server is there");
    let dead = Subscription::new("counter.counted.dlq".parse().expect("a topic")).starting(Start::Earliest);
    let mut letters = broker.subscribe(dead).await.expect("the server is there");
    let mut consumer = counter(&world, &url, &ledger);

    let publishing = tokio::spawn({
        let broker = broker.clone();
        async move {
            // As long as the kills last, whatever the machine: so many milliseconds each, and a poison among each thousand.
            let pause = Duration::from_millis(u64::from(kills) * 350) / (events / 100) as u32;
            for first in (1..=events).step_by(100) {
                publish(&broker, first..first + 100).await;
                if first % 10_000 == 1 {
                    publish(&broker, [-first]).await;
                }
                tokio::time::sleep(pause).await;
            }
        }
    });
    let mut dice = Dice::new();
    for _ in 0..kills {
        tokio::time::sleep(dice.milliseconds(50, 600)).await;
        consumer.signal("KILL");
        consumer.ended();
        consumer = counter(&world, &url, &ledger);
    }
    publishing.await.expect("everything is published");
    // One that no kill comes in between.
    let last = -events - 1;
    publish(&broker, [last]).await;

    let mut poisons: Vec<i64> = (1..=events).step_by(10_000).map(|first| -first).chain([last]).collect();
    poisons.sort_unstable();
    let begun = Instant::now();
    let mut buried = BTreeMap::<i64, String>::new();
    while buried.len() < poisons.len() {
        let letter = tokio::time::timeout(LATEST, letters.next()).await;
        let letter = letter.unwrap_or_else(|_| panic!("dead letters of {buried:?} only, of {poisons:?}"));
        let Ok(letter) = letter.expect("it goes on") else { continue };
        let said = |pair: &str| letter.event.metadata.get(pair).unwrap_or_default().to_owned();
        assert_eq!(said("micro-dead-reason"), "invalid_argument: it is poison");
        assert_eq!(said("micro-dead-topic"), "counter.counted");
        let number = letter.event.read::<Counted>().expect("what was published").number;
        assert!(buried.insert(number, said("micro-dead-tries")).is_none(), "{number} is buried twice");
        letter.ack().await.expect("the server is there");
    }
    assert!(buried.keys().copied().eq(poisons.iter().copied()), "{buried:?}");
    assert_eq!(buried[&last], TRIES.to_string());
    let mut tries = read(&ledger);
    while tries.range(1..).count() < events as usize {
        assert!(begun.elapsed() < LATEST, "{} of {events} counted", tries.range(1..).count());
        tokio::time::sleep(Duration::from_millis(100)).await;
        tries = read(&ledger);
    }
    assert_eq!(tries[&last], TRIES);
    for poison in &poisons {
        // A kill takes a try with it, before it was begun or after it was counted.
        assert!((1..=TRIES + kills as usize).contains(&tries[poison]), "{poison} was tried {} times", tries[poison]);
    }
    let again: usize = tries.range(1..).map(|(_, times)| times - 1).sum();
    println!(
        "{name}: {events} events over {kills} kills, none lost, {again} handled again; {} dead letters, the last of them \
         after {TRIES} tries; all there {:?} after the last event",
        poisons.len(),
        begun.elapsed()
    );
    // What was in the hands of the dead, and no more.
    assert!(again <= kills as usize * 2 * 64 + 64, "{again} handled again");
    consumer.signal("TERM");
    assert_eq!(consumer.ended(), Some(0), "{}", consumer.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_is_killed_again_and_again_loses_no_event() {
    futures_util::future::join_all(installed().into_iter().map(|(name, program)| rehearse(name, program))).await;
}
