use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Lease, Pool, PoolCache};
use crate::codec::Codec;
use crate::context::Context;
use crate::errors::{Code, Error, Execution, Result};
use crate::rpc::{BoxFuture, Payload};
use crate::transport::connection_stats::{ConnectionStats, Permit};
use crate::transport::connector::{ConnectError, Connection, Connector, PoolLimits, Reach};
use crate::transport::tls::TlsMode;
use crate::transport::{AutoTransport, Destination, Method, Outbound, Request};
use crate::util::clock;

/// Connects to nothing, as its script says.
#[derive(Debug)]
struct Fake {
    name: &'static str,
    reach: Reach,
    /// How long connecting takes.
    takes: Duration,
    calls: usize,
    busy_at: usize,
    limits: PoolLimits,
    fails: Mutex<Option<ConnectError>>,
    panics: AtomicBool,
    dials: AtomicUsize,
    made: Mutex<Vec<Arc<FakeConnection>>>,
}

#[derive(Debug)]
struct FakeConnection {
    name: &'static str,
    stats: Arc<ConnectionStats>,
}

impl Fake {
    fn new(name: &'static str, reach: Reach) -> Self {
        Fake {
            name,
            reach,
            takes: Duration::from_millis(1),
            calls: 10,
            busy_at: 4,
            limits: PoolLimits { connections: 2, most_connections: 3, idle: Duration::from_secs(60) },
            fails: Mutex::default(),
            panics: AtomicBool::new(false),
            dials: AtomicUsize::new(0),
            made: Mutex::default(),
        }
    }

    fn fail(&self, error: Option<ConnectError>) {
        *self.fails.lock().unwrap() = error;
    }

    fn dials(&self) -> usize {
        self.dials.load(Ordering::Relaxed)
    }

    fn made(&self) -> Vec<Arc<FakeConnection>> {
        self.made.lock().unwrap().clone()
    }
}

impl Connector for Fake {
    fn name(&self) -> &'static str {
        self.name
    }

    fn reach(&self, _: &Destination<'_>) -> Reach {
        self.reach
    }

    fn limits(&self) -> PoolLimits {
        self.limits
    }

    fn connect<'a>(&'a self, _: &'a str, _: TlsMode) -> BoxFuture<'a, Result<Arc<dyn Connection>, ConnectError>> {
        Box::pin(async move {
            self.dials.fetch_add(1, Ordering::Relaxed);
            clock::sleep(self.takes).await;
            assert!(!self.panics.load(Ordering::Relaxed), "as it was told to");
            if let Some(error) = self.fails.lock().unwrap().clone() {
                return Err(error);
            }
            let stats = Arc::new(ConnectionStats::limited(self.calls, self.busy_at));
            let connection = Arc::new(FakeConnection { name: self.name, stats });
            self.made.lock().unwrap().push(connection.clone());
            Ok(connection as Arc<dyn Connection>)
        })
    }
}

impl Connection for FakeConnection {
    fn stats(&self) -> &Arc<ConnectionStats> {
        &self.stats
    }

    fn call<'a>(self: Arc<Self>, _: Request<'a>, permit: Permit) -> BoxFuture<'a, Result<Payload>> {
        Box::pin(async move {
            clock::sleep(Duration::from_millis(1)).await;
            drop(permit);
            Ok(Payload::One(self.name.into()))
        })
    }
}

fn pool(connectors: &[&Arc<Fake>]) -> Pool {
    Pool::new(connectors.iter().map(|fake| (*fake).clone() as Arc<dyn Connector>).collect(), None)
}

const TO: &str = "10.0.0.7:8080";

async fn lease(pool: &Pool) -> Result<Lease> {
    match pool.ready(&Destination::at(TO)) {
        Some(lease) => Ok(lease),
        None => pool.lease(&Destination::at(TO), &Context::new()).await,
    }
}

fn connections(pool: &Pool) -> usize {
    pool.0.entries().values().flatten().map(|entry| entry.connections()).sum()
}

fn addresses(pool: &Pool) -> usize {
    pool.0.entries().len()
}

fn unreachable() -> Option<ConnectError> {
    Some(ConnectError::unreachable("nothing is there"))
}

#[tokio::test(start_paused = true)]
async fn connections_come_with_the_load_and_go_when_no_call_needs_them() {
    let fake = Arc::new(Fake::new("fake", Reach::Fallback));
    let pool = pool(&[&fake]);
    let mut leases = vec![lease(&pool).await.unwrap()];
    assert_eq!(connections(&pool), 1);
    // Four are many: the next opens another, and does not wait for it.
    for _ in 0..4 {
        leases.push(lease(&pool).await.unwrap());
    }
    clock::sleep(Duration::from_millis(5)).await;
    assert_eq!(connections(&pool), 2);
    // More than two only when these are nearly full, and more than three never.
    for _ in 0..12 {
        leases.push(lease(&pool).await.unwrap());
        clock::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(connections(&pool), 3);
    for _ in 0..13 {
        leases.push(lease(&pool).await.unwrap());
        clock::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((connections(&pool), leases.len()), (3, 30));
    assert!(pool.ready(&Destination::at(TO)).is_none());
    clock::sleep(Duration::from_secs(300)).await;
    assert_eq!(connections(&pool), 3, "their calls have not ended");
    drop(leases);
    clock::sleep(Duration::from_secs(300)).await;
    assert_eq!((connections(&pool), addresses(&pool)), (0, 0));
    assert_eq!(fake.dials(), 3);
}

#[tokio::test(start_paused = true)]
async fn calls_share_one_dial_and_its_failure() {
    let fake = Arc::new(Fake::new("fake", Reach::Fallback));
    fake.fail(unreachable());
    let pool = pool(&[&fake]);
    let calls = (0..20).map(|_| lease(&pool));
    for outcome in futures_util::future::join_all(calls).await {
        let error = outcome.err().expect("nothing is there");
        assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    }
    assert_eq!(fake.dials(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_cannot_be_reached_rests_longer_each_time_and_is_forgotten() {
    let fake = Arc::new(Fake::new("fake", Reach::Fallback));
    fake.fail(unreachable());
    let pool = pool(&[&fake]);
    let begun = clock::now();
    while begun.elapsed() < Duration::from_secs(10) {
        assert!(lease(&pool).await.is_err());
        clock::sleep(Duration::from_millis(1)).await;
    }
    // Rests of 10 to 320 ms, drawn: with no more than ten of them short, that is 30 in ten seconds at least, and 300 never.
    let dials = fake.dials();
    assert!((30..300).contains(&dials), "{dials}");
    fake.fail(None);
    clock::sleep(Duration::from_millis(320)).await;
    assert!(lease(&pool).await.is_ok());
    fake.made().iter().for_each(|connection| connection.stats.close());
    assert_eq!(addresses(&pool), 0);
    fake.fail(unreachable());
    assert!(lease(&pool).await.is_err());
    clock::sleep(Duration::from_secs(10)).await;
    assert_eq!(addresses(&pool), 0);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_accept_us_rests_for_a_second() {
    let fake = Arc::new(Fake::new("fake", Reach::Fallback));
    fake.fail(Some(ConnectError::Refused(Error::unavailable("no TLS"))));
    let pool = pool(&[&fake]);
    for _ in 0..100 {
        assert_eq!(lease(&pool).await.err().expect("refused").message(), "no TLS");
        clock::sleep(Duration::from_millis(9)).await;
    }
    assert_eq!(fake.dials(), 1);
    clock::sleep(Duration::from_millis(200)).await;
    assert!(lease(&pool).await.is_err());
    assert_eq!(fake.dials(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_preferred_connector_is_asked_first_and_again_after_a_minute() {
    let (first, second) = (Arc::new(Fake::new("first", Reach::Listed)), Arc::new(Fake::new("second", Reach::Fallback)));
    // In the table it stands behind.
    let pool = pool(&[&second, &first]);
    first.fail(Some(ConnectError::foreign("something else is spoken")));
    let held = lease(&pool).await.unwrap();
    assert_eq!((held.wire, first.dials(), second.dials()), ("second", 1, 1));
    for _ in 0..5 {
        clock::sleep(Duration::from_secs(10)).await;
        assert_eq!(lease(&pool).await.unwrap().wire, "second");
    }
    assert_eq!(first.dials(), 1);
    first.fail(None);
    clock::sleep(Duration::from_secs(11)).await;
    // No call waits for it, and then all take it.
    assert_eq!(lease(&pool).await.unwrap().wire, "second");
    clock::sleep(Duration::from_millis(5)).await;
    assert_eq!(lease(&pool).await.unwrap().wire, "first");
    assert_eq!((first.dials(), second.dials()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_preferred_connector_that_fails_beside_another_is_not_tried_at_every_call() {
    let (first, second) = (Arc::new(Fake::new("first", Reach::Listed)), Arc::new(Fake::new("second", Reach::Fallback)));
    let pool = pool(&[&first, &second]);
    first.fail(Some(ConnectError::foreign("something else is spoken")));
    let _held = lease(&pool).await.unwrap();
    first.fail(unreachable());
    for _ in 0..200 {
        clock::sleep(Duration::from_secs(1)).await;
        assert_eq!(lease(&pool).await.unwrap().wire, "second");
    }
    assert!((2..6).contains(&first.dials()), "{}", first.dials());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_a_full_connection_goes_to_another_when_that_is_retired() {
    let mut fake = Fake::new("fake", Reach::Fallback);
    (fake.calls, fake.limits.connections, fake.limits.most_connections) = (1, 1, 1);
    let fake = Arc::new(fake);
    let pool = pool(&[&fake]);
    let _held = lease(&pool).await.unwrap();
    let (waiting, ()) = tokio::join!(lease(&pool), async {
        clock::sleep(Duration::from_secs(1)).await;
        fake.made()[0].stats.retire();
    });
    assert!(waiting.is_ok());
    assert_eq!(fake.dials(), 2);
}

#[tokio::test(start_paused = true)]
async fn connections_that_end_as_soon_as_they_are_there_fail_a_call_rather_than_loop() {
    #[derive(Debug)]
    struct Termination(Fake);

    impl Connector for Termination {
        fn name(&self) -> &'static str {
            "ending"
        }

        fn reach(&self, to: &Destination<'_>) -> Reach {
            self.0.reach(to)
        }

        fn connect<'a>(
            &'a self,
            address: &'a str,
            security: TlsMode,
        ) -> BoxFuture<'a, Result<Arc<dyn Connection>, ConnectError>> {
            Box::pin(async move {
                let connection = self.0.connect(address, security).await?;
                connection.stats().close();
                Ok(connection)
            })
        }
    }

    let ending = Arc::new(Termination(Fake::new("fake", Reach::Fallback)));
    let pool = Pool::new(vec![ending.clone()], None);
    let error = lease(&pool).await.err().expect("they end");
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    assert!(ending.0.dials() < 10);
}

#[tokio::test(start_paused = true)]
async fn a_connector_that_panics_fails_those_who_wait_and_is_asked_again() {
    let fake = Arc::new(Fake::new("fake", Reach::Fallback));
    let pool = pool(&[&fake]);
    fake.panics.store(true, Ordering::Relaxed);
    let error = lease(&pool).await.err().expect("it panics");
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    fake.panics.store(false, Ordering::Relaxed);
    assert!(lease(&pool).await.is_ok());
    assert_eq!(fake.dials(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_wait_for_a_connection_and_the_next_call_uses_it() {
    let mut fake = Fake::new("fake", Reach::Fallback);
    fake.takes = Duration::from_secs(2);
    let fake = Arc::new(fake);
    let pool = pool(&[&fake]);
    let context = Context::new().with_deadline(clock::after(Duration::from_secs(1)));
    let error = pool.lease(&Destination::at(TO), &context).await.err().expect("late");
    assert_eq!((error.code(), error.execution()), (Code::DeadlineExceeded, Execution::NotStarted));
    assert!(lease(&pool).await.is_ok());
    assert_eq!(fake.dials(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_node_keeps_is_found_again_and_that_of_another_client_is_not_used() {
    let (one, other) = (Arc::new(Fake::new("one", Reach::Fallback)), Arc::new(Fake::new("other", Reach::Fallback)));
    let (pool, foreign) = (pool(&[&one]), pool(&[&other]));
    let cache = PoolCache::default();
    let to = Destination { cache: Some(&cache), ..Destination::at(TO) };
    drop(pool.lease(&to, &Context::new()).await.unwrap());
    assert_eq!(pool.ready(&to).unwrap().wire, "one");
    assert!(foreign.ready(&to).is_none());
    assert_eq!(foreign.lease(&to, &Context::new()).await.unwrap().wire, "other");
    // The connection ends; the node that keeps the entry gets the next one by it.
    one.made()[0].stats.close();
    assert_eq!((connections(&pool), addresses(&pool)), (0, 1));
    assert!(pool.ready(&to).is_none());
    drop(pool.lease(&to, &Context::new()).await.unwrap());
    assert!(pool.ready(&to).is_some());
    assert_eq!(one.dials(), 2);
}

#[tokio::test(start_paused = true)]
async fn security_and_reach_keep_connections_apart() {
    let (listed, other) =
        (Arc::new(Fake::new("listed", Reach::Listed)), Arc::new(Fake::new("other", Reach::Unsupported)));
    let pool = pool(&[&other, &listed]);
    for security in [TlsMode::Unencrypted, TlsMode::Host, TlsMode::Node, TlsMode::Host] {
        let to = Destination { security, ..Destination::at(TO) };
        assert_eq!(pool.lease(&to, &Context::new()).await.unwrap().wire, "listed");
    }
    assert_eq!((listed.dials(), other.dials()), (3, 0));
    let nothing = Pool::new(vec![other.clone()], None);
    let error = lease(&nothing).await.err().expect("no connector");
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted));
    assert_eq!(other.dials(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_transport_calls_over_the_connector_that_reaches_the_node() {
    let (first, second) = (Fake::new("first", Reach::Unsupported), Fake::new("second", Reach::Listed));
    let transport = AutoTransport::over(vec![Arc::new(first)]).with_connector(Arc::new(second));
    let method = Method { path: "/test.Echo/Say", client_streaming: false, server_streaming: false };
    for _ in 0..2 {
        let context = &Context::new();
        let (to, payload) = (Destination::at(TO), Payload::One("x".into()));
        let request = Request { to, service: "test", method, codec: Codec::PROTO, payload, context };
        match transport.call(request).await.unwrap() {
            Payload::One(reply) => assert_eq!(reply, "second"),
            Payload::Many(_) => panic!("one message"),
        }
    }
}
