//! Events over NATS, by its core and by JetStream.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_nats::HeaderMap;
use async_nats::jetstream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use micro::broker::{Broker, Deliveries, Delivery, Event, Start, State, Subscription, Topic};
use micro::testing::suite;
use micro::{Code, Context};
use micro_tests::PATIENCE;
use micro_tests::servers::nats::{Server, free_port, installed, newest, oldest};

async fn broker(server: &Server, options: &str) -> Broker {
    let url = format!("nats://{}{options}", server.address());
    Broker::connect(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn topic(text: &str) -> Topic {
    text.parse().expect("a topic")
}

fn of(topics: &str) -> Subscription {
    Subscription::new(topics.parse().expect("a pattern"))
}

async fn next(deliveries: &mut Deliveries) -> micro::Result<Delivery> {
    tokio::time::timeout(PATIENCE, deliveries.next()).await.expect("something comes").expect("it goes on")
}

/// The next event, through failures.
async fn event(deliveries: &mut Deliveries) -> Delivery {
    loop {
        if let Ok(delivery) = next(deliveries).await {
            return delivery;
        }
    }
}

/// The next event, through failures, acknowledged.
async fn taken(deliveries: &mut Deliveries) -> Event {
    let delivery = event(deliveries).await;
    let event = delivery.event.clone();
    delivery.ack().await.expect("the server hears of it");
    event
}

async fn client(server: &Server) -> async_nats::Client {
    async_nats::connect(server.address()).await.expect("the server lets the test in")
}

/// Waits until the server has read what this client subscribed to: it answers at once that nobody is there.
async fn heard(client: &async_nats::Client) {
    client.request(client.new_inbox(), "".into()).await.expect_err("nobody answers");
}

/// Runs a long test against every version at once.
async fn on_each(test: impl AsyncFn(&'static str, PathBuf)) {
    futures_util::future::join_all(installed().into_iter().map(|(name, program)| test(name, program))).await;
}

/// A server, and brokers on it.
struct Nats {
    server: Mutex<Server>,
    address: String,
    options: &'static str,
}

impl Nats {
    /// Starts a server, if there is one.
    fn start(program: Option<PathBuf>, options: &'static str) -> Option<Self> {
        let server = Server::start(&program?, &[]);
        Some(Nats { address: server.address(), server: Mutex::new(server), options })
    }

    fn server<T>(&self, then: impl FnOnce(&mut Server) -> T) -> T {
        then(&mut self.server.lock().expect("nobody panics while holding it"))
    }
}

impl suite::Fixture for Nats {
    fn server(&self) -> suite::Server {
        suite::Server::Controlled
    }

    async fn down(&self) {
        self.server(Server::kill);
    }

    async fn up(&self) {
        self.server(Server::start_again);
    }
}

impl suite::broker::Fixture for Nats {
    async fn broker(&self) -> Broker {
        // Each has a connection of its own, as another process would.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = NEXT.fetch_add(1, Ordering::Relaxed);
        let separator = if self.options.is_empty() { '?' } else { '&' };
        let url = format!("nats://{}{}{separator}token=connection-{name}", self.address, self.options);
        Broker::connect(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"))
    }
}

mod core_on_the_newest_server {
    micro::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        broker(super::Nats::start(super::newest(), ""))
    }
}

mod core_on_the_oldest_server {
    micro::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        broker(super::Nats::start(super::oldest(), ""))
    }
}

mod jetstream_on_the_newest_server {
    micro::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        broker(super::Nats::start(super::newest(), "?stream=suite"))
    }
}

mod jetstream_on_the_oldest_server {
    micro::testing::suite! {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        broker(super::Nats::start(super::oldest(), "?stream=suite"))
    }
}

#[tokio::test]
async fn a_stream_with_given_subjects_takes_these_and_no_others() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let broker = broker(&server, "?stream=shop&subjects=orders.%3E,audit").await;
        assert_eq!(broker.name(), format!("nats://{}?stream=shop", server.address()));
        broker.publish(Event::new(topic("orders.placed"), "1")).await.unwrap();
        let error = broker.publish(Event::new(topic("stock"), "1")).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
        assert_eq!(error.message(), "stream `shop` does not hold `stock`");
        let error = broker.subscribe(of("*.placed")).await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
        let mut all = broker.subscribe(of(">").starting(Start::Earliest)).await.unwrap();
        assert_eq!(taken(&mut all).await.body, "1");
    })
    .await;
}

#[tokio::test]
async fn topics_that_are_used_are_added_to_the_stream_of_others_too() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let jetstream = jetstream::new(client(&server).await);
        let config = jetstream::stream::Config {
            name: "shop".into(),
            subjects: vec!["orders.placed".into()],
            max_messages: 77,
            ..Default::default()
        };
        jetstream.create_stream(config).await.expect("a stream");
        // Two that do not know of one another.
        let (one, other) = (broker(&server, "?stream=shop").await, broker(&server, "?stream=shop").await);
        let mut orders = one.subscribe(of("orders.*")).await.unwrap();
        let event_of = |text| Event::new(topic(text), text.to_owned());
        let (first, second) = tokio::join!(one.publish(event_of("stock.low")), other.publish(event_of("stock.out")));
        first.and(second).unwrap();
        other.publish(event_of("orders.gone")).await.unwrap();
        assert_eq!(taken(&mut orders).await.body, "orders.gone");
        let stream = jetstream.get_stream("shop").await.expect("a stream");
        let mut subjects = stream.cached_info().config.subjects.clone();
        subjects.sort();
        assert_eq!(subjects, ["orders.*", "stock.low", "stock.out"]);
        assert_eq!(stream.cached_info().config.max_messages, 77);
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_many_make_at_a_time_is_made_once_and_holds_the_topics_of_all() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let brokers = futures_util::future::join_all((0..4).map(|_| broker(&server, "?stream=shop"))).await;
        let publishing = brokers
            .iter()
            .enumerate()
            .map(|(n, broker)| broker.publish(Event::new(topic(&format!("orders.{n}")), n.to_string())));
        futures_util::future::try_join_all(publishing).await.unwrap();
        let mut all = brokers[0].subscribe(of(">").starting(Start::Earliest)).await.unwrap();
        let mut seen = BTreeSet::new();
        for _ in &brokers {
            seen.insert(taken(&mut all).await.body);
        }
        assert!(seen.iter().eq(["0", "1", "2", "3"]), "{seen:?}");
    })
    .await;
}

#[tokio::test]
async fn members_that_make_their_consumer_at_a_time_and_ask_for_different_starts_share_the_first() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let broker = broker(&server, "?stream=shop").await;
        broker.publish(Event::new(topic("orders.placed"), "1")).await.unwrap();
        let long_ago = std::time::SystemTime::now() - Duration::from_secs(3600);
        let members = (0..4).map(|n| {
            let since = Start::Since(long_ago + Duration::from_secs(n));
            broker.subscribe(of("orders.*").with_queue("billing").durable().starting(since))
        });
        let members = futures_util::future::try_join_all(members).await.unwrap();
        let mut all = futures_util::stream::select_all(members);
        let delivery =
            tokio::time::timeout(PATIENCE, all.next()).await.expect("it comes").expect("it goes on").unwrap();
        assert_eq!(delivery.event.body, "1");
        delivery.ack().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_event_that_is_published_twice_is_kept_once() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let broker = broker(&server, "?stream=shop").await;
        let mut all = broker.subscribe(of("orders.>")).await.unwrap();
        let placed = Event::new(topic("orders.placed"), "placed").with_id("7");
        let dead = Event::new(topic("orders.placed.dead"), "dead").with_id("7");
        broker.publish_all(&[placed.clone(), placed.clone(), dead, placed]).await.unwrap();
        assert_eq!(taken(&mut all).await.body, "placed");
        assert_eq!(taken(&mut all).await.body, "dead");
        assert!(tokio::time::timeout(Duration::from_millis(300), all.next()).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn go_micro_is_met_half_way() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let client = client(&server).await;
        let broker = broker(&server, "?envelope=go-micro").await;

        let mut go = client.subscribe("orders").await.unwrap();
        heard(&client).await;
        let mut metadata = micro::metadata::Metadata::new();
        metadata.append("tenant", "grün").unwrap();
        let sent = Event::new(topic("orders"), "{\"id\":7}").with_id("7").with_metadata(metadata);
        let mut ours = broker.subscribe(of("orders")).await.unwrap();
        broker.publish(sent.clone().with_content_type("application/json")).await.unwrap();
        let message = tokio::time::timeout(PATIENCE, go.next()).await.unwrap().unwrap();
        let body = STANDARD.encode("{\"id\":7}");
        assert_eq!(
            std::str::from_utf8(&message.payload).unwrap(),
            format!(
                r#"{{"Header":{{"Content-Type":"application/json","Micro-Id":"7","Micro-Topic":"orders","tenant":"grün"}},"Body":"{body}"}}"#
            )
        );
        assert_eq!(taken(&mut ours).await, sent.with_content_type("application/json"));

        // As Go writes it, without headers of NATS.
        let written =
            format!(r#"{{"Header":{{"Content-Type":"text/plain","Micro-Id":"8","Foo":"bar"}},"Body":"{body}"}}"#);
        client.publish("orders", written.into()).await.unwrap();
        let event = taken(&mut ours).await;
        assert_eq!((event.id.as_str(), event.content_type.as_str(), &event.body[..]), ("8", "text/plain", &b"{\"id\":7}"[..]));
        assert_eq!(event.metadata.get("foo"), Some("bar"));
    })
    .await;
}

#[tokio::test]
async fn others_read_our_headers_and_we_read_theirs() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let client = client(&server).await;
        let broker = broker(&server, "?stream=shop").await;
        let mut ours = broker.subscribe(of("orders")).await.unwrap();
        let mut others = client.subscribe("orders").await.unwrap();
        heard(&client).await;
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut metadata = micro::metadata::Metadata::new();
        metadata.append("traceparent", trace).unwrap();
        broker.publish(Event::new(topic("orders"), "1").with_metadata(metadata)).await.unwrap();
        let message = tokio::time::timeout(PATIENCE, others.next()).await.unwrap().unwrap();
        let headers = message.headers.unwrap();
        assert_eq!(headers.get("traceparent").unwrap().as_str(), trace);
        assert_eq!(taken(&mut ours).await.metadata.get("traceparent"), Some(trace));

        let mut headers = HeaderMap::new();
        headers.insert("Tenant", "acme");
        client.publish_with_headers("orders", headers, "2".into()).await.unwrap();
        let event = taken(&mut ours).await;
        assert_eq!((event.id.as_str(), &event.body[..]), ("shop-2", &b"2"[..]));
        assert_eq!(event.metadata.get("tenant"), Some("acme"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_loses_nothing_of_a_stream() {
    on_each(async |name, program| {
        const EVENTS: usize = 5_000;
        let mut server = Server::start(&program, &[]);
        // Another connection of its own: an own process, nearly.
        let url = format!("nats://localhost:{}?stream=load", server.address().rsplit(':').next().unwrap());
        let publisher = Broker::connect(&url).await.unwrap();
        let broker = broker(&server, "?stream=load").await;
        let subscription = of("load.*").with_queue("workers").durable().with_in_flight(100);
        let mut members = Vec::new();
        for _ in 0..2 {
            members.push(broker.subscribe(subscription.clone()).await.unwrap());
        }
        let alone = broker.subscribe(of("load.*")).await.unwrap();
        let publishing = tokio::spawn(async move {
            let mut refused = 0;
            for part in (0..EVENTS).collect::<Vec<_>>().chunks(10) {
                let events: Vec<_> = part.iter().map(|n| Event::new(topic("load.x"), n.to_string())).collect();
                while let Err(error) = publisher.publish_all(&events).await {
                    assert_eq!(error.code(), Code::Unavailable, "{error}");
                    refused += 1;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            refused
        });
        let hear = |mut deliveries: futures_util::stream::BoxStream<'static, micro::Result<Delivery>>| {
            tokio::spawn(async move {
                let (mut seen, mut twice, mut failures) = (BTreeSet::new(), 0, 0);
                let begun = Instant::now();
                while seen.len() < EVENTS {
                    let next = tokio::time::timeout(Duration::from_secs(45), deliveries.next()).await;
                    let next =
                        next.unwrap_or_else(|_| panic!("{} of {EVENTS} after {:?}", seen.len(), begun.elapsed()));
                    match next.expect("it goes on") {
                        Ok(delivery) => {
                            let n: usize = std::str::from_utf8(&delivery.event.body).unwrap().parse().unwrap();
                            twice += usize::from(!seen.insert(n));
                            delivery.ack().await.unwrap();
                        }
                        Err(error) => {
                            assert_eq!(error.code(), Code::Unavailable, "{error}");
                            failures += 1;
                        }
                    }
                }
                (twice, failures)
            })
        };
        let shared = hear(futures_util::stream::select_all(members).boxed());
        let alone = hear(alone.boxed());
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            server.kill();
            tokio::time::sleep(Duration::from_millis(200)).await;
            server.start_again();
        }
        let begun = Instant::now();
        let refused = publishing.await.unwrap();
        let (twice, failures) = shared.await.unwrap();
        let (alone_twice, _) = alone.await.unwrap();
        println!(
            "{name}: {EVENTS} events over 3 kills, none lost; {refused} publishes refused, {twice} and {alone_twice} \
             deliveries again, {failures} failures told; all there {:?} after the last start",
            begun.elapsed()
        );
        // What a server forgot to have delivered comes again, what it lost the publisher repeats: few either way.
        assert!(twice + alone_twice < EVENTS);
    })
    .await;
}

#[tokio::test]
async fn a_broker_that_is_down_at_start_is_found_when_it_comes() {
    on_each(async |_, program| {
        for options in ["", "?stream=late"] {
            let mut server = Server::start(&program, &[]);
            server.kill();
            let begun = Instant::now();
            let broker = broker(&server, options).await;
            assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
            let State::Down(why) = broker.state() else { panic!("it is down") };
            assert!(why.contains(&server.address()), "{why}");
            let begun = Instant::now();
            let within = Context::current().with_timeout(Duration::from_millis(300));
            let publishing = broker.publish(Event::new(topic("late.x"), "1"));
            let error = within.scope(publishing).await.unwrap_err();
            assert_eq!(error.code(), Code::Unavailable);
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());

            let subscribing = tokio::spawn({
                let broker = broker.clone();
                async move { broker.subscribe(of("late.*")).await }
            });
            server.start_again();
            let mut late = subscribing.await.unwrap().unwrap();
            assert_eq!(broker.state(), State::Up);
            broker.publish(Event::new(topic("late.x"), "2")).await.unwrap();
            assert_eq!(taken(&mut late).await.body, "2");

            // And when it goes away, who listens is told, and listens again once it is back.
            server.kill();
            assert_eq!(next(&mut late).await.unwrap_err().code(), Code::Unavailable);
            assert!(matches!(broker.state(), State::Down(_)));
            server.start_again();
            broker.publish(Event::new(topic("late.x"), "3")).await.unwrap();
            // The server may have died before it wrote down what was acknowledged.
            let again = taken(&mut late).await;
            assert!(again.body == "3" || again.body == "2", "{again:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_its_way_to_a_subscriber_that_leaves_is_not_waited_for() {
    const EVENTS: usize = 2_000;
    // One of 2.9 loses sight of what it cannot deliver where nobody else is of the queue, until its time is up.
    for (_, program) in installed().into_iter().filter(|(name, _)| *name == "new") {
        let server = Server::start(&program, &[]);
        let broker = broker(&server, "?stream=shop").await;
        let subscription = of("orders").with_queue("changing").durable();
        let mut deliveries = broker.subscribe(subscription.clone()).await.unwrap();
        // On the same connection, which has something to do all the time.
        let publishing = tokio::spawn({
            let broker = broker.clone();
            async move {
                for n in 0..EVENTS {
                    broker.publish(Event::new(topic("orders"), n.to_string())).await.unwrap();
                }
            }
        });
        let (mut seen, mut twice, mut slowest) = (BTreeSet::new(), 0, Duration::ZERO);
        while seen.len() < EVENTS {
            let begun = Instant::now();
            for _ in 0..10.min(EVENTS - seen.len()) {
                twice += usize::from(!seen.insert(taken(&mut deliveries).await.body));
            }
            slowest = slowest.max(begun.elapsed());
            drop(deliveries);
            deliveries = broker.subscribe(subscription.clone()).await.unwrap();
        }
        publishing.await.unwrap();
        println!("{twice} of {EVENTS} events twice, the slowest ten after {slowest:?}");
        // After thirty seconds the server would find out by itself.
        assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    }
}

#[test]
fn a_program_that_flushes_before_it_ends_leaves_nothing_to_the_clock() {
    const EVENTS: usize = 50;
    // As above: one of 2.9 may wait for its clock all the same.
    for (_, program) in installed().into_iter().filter(|(name, _)| *name == "new") {
        let server = Server::start(&program, &[]);
        let subscription = of("orders").with_queue("changing").durable();
        let ended = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        ended.block_on(async {
            let broker = broker(&server, "?stream=shop").await;
            let mut deliveries = broker.subscribe(subscription.clone()).await.unwrap();
            let events: Vec<_> = (0..EVENTS).map(|n| Event::new(topic("orders"), n.to_string())).collect();
            broker.publish_all(&events).await.unwrap();
            // The others are in this process by then, or on their way to it.
            taken(&mut deliveries).await;
            drop(deliveries);
            broker.flush().await;
        });
        // Whatever was still to be done is not done any more.
        drop(ended);
        let next = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        next.block_on(async {
            let broker = broker(&server, "?stream=shop").await;
            let (mut deliveries, begun) = (broker.subscribe(subscription).await.unwrap(), Instant::now());
            let mut seen = BTreeSet::new();
            while seen.len() < EVENTS - 1 {
                seen.insert(taken(&mut deliveries).await.body);
            }
            // After thirty seconds the server would find out by itself.
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        });
    }
}

#[tokio::test]
async fn the_server_hears_once_of_each_delivery() {
    on_each(async |_, program| {
        let server = Server::start(&program, &[]);
        let broker = broker(&server, "?stream=shop").await;
        let mut orders = broker.subscribe(of("orders").with_queue("once").durable()).await.unwrap();
        let client = client(&server).await;
        let mut acks = client.subscribe("$JS.ACK.>").await.unwrap();
        heard(&client).await;
        for body in ["acked", "rejected", "dropped", "late"] {
            broker.publish(Event::new(topic("orders"), body)).await.unwrap();
        }
        event(&mut orders).await.ack().await.unwrap();
        event(&mut orders).await.reject().await.unwrap();
        let dropped = event(&mut orders).await;
        // Taken before, or the dropped one may come again in its place.
        let late = event(&mut orders).await;
        drop(dropped);
        late.extend().await.unwrap();
        // Given up while it waits for the server: the server hears of it all the same, once.
        drop(late.retry(Duration::from_secs(60)));
        let mut said = Vec::new();
        while let Ok(Some(message)) = tokio::time::timeout(Duration::from_millis(500), acks.next()).await {
            let word = String::from_utf8_lossy(&message.payload).into_owned();
            said.push((message.subject.split('.').nth(5).unwrap().to_owned(), word));
        }
        said.sort();
        let said: Vec<_> = said.iter().map(|(event, word)| (event.as_str(), word.as_str())).collect();
        assert_eq!(said, [("1", "+ACK"), ("2", "+TERM"), ("3", "-NAK"), ("4", "+WPI"), ("4", "-NAK")]);
    })
    .await;
}

#[tokio::test]
async fn a_consumer_that_was_removed_is_made_again() {
    on_each(async |name, program| {
        let server = Server::start(&program, &[]);
        let broker = broker(&server, "?stream=shop").await;
        let mut alone = broker.subscribe(of("orders")).await.unwrap();
        broker.publish(Event::new(topic("orders"), "1")).await.unwrap();
        taken(&mut alone).await;
        let jetstream = jetstream::new(client(&server).await);
        let stream = jetstream.get_stream("shop").await.unwrap();
        let mut consumers = stream.consumer_names();
        while let Some(consumer) = consumers.next().await {
            stream.delete_consumer(&consumer.unwrap()).await.unwrap();
        }
        broker.publish(Event::new(topic("orders"), "2")).await.unwrap();
        let begun = Instant::now();
        assert_eq!(taken(&mut alone).await.body, "2");
        println!("{name}: a removed consumer is made again after {:?}", begun.elapsed());
    })
    .await;
}

#[tokio::test]
async fn a_server_without_jetstream_and_a_wrong_login_are_told() {
    for (_, program) in installed() {
        let server = Server::start(&program, &["--user", "micro", "--pass", "canary"]);
        let error = Broker::connect(&format!("nats://micro:wrong@{}", server.address())).await.unwrap_err();
        assert_eq!(error.code(), Code::Unauthenticated, "{error}");
        assert!(!format!("{error:?}").contains("wrong"), "{error:?}");
        let broker = Broker::connect(&format!("nats://micro:canary@{}", server.address())).await.unwrap();
        assert!(!format!("{broker:?} {}", broker.name()).contains("canary"));
    }
    let nobody = Broker::connect(&format!("nats://127.0.0.1:{}", free_port())).await.unwrap();
    assert!(matches!(nobody.state(), State::Down(_)));
}
