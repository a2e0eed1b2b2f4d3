//! A whole app whose events go over NATS: when the server is late, goes away, and comes back.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use micro::broker::{Brokers, Event, State};
use micro::prelude::*;
use micro::registry::Registry;
use micro::{App, Code};
use micro_tests::servers::nats::{Server, installed};
use micro_tests::{PATIENCE, World, example, output};

/// Somebody has come in.
#[micro::event(topic = "backends.entered")]
#[derive(Clone, Debug)]
struct Entered {
    name: String,
}

/// Who has, as far as it was heard.
#[derive(Clone, Default)]
struct Guests(Arc<Mutex<Vec<String>>>);

#[micro::subscriber(manual, queue = "porter", durable, retry(max = 3, backoff = "50ms"))]
async fn porter(event: Entered, guests: Guests) -> Result<()> {
    guests.0.lock().unwrap().push(event.name);
    Ok(())
}

fn app(url: &str, guests: &Guests) -> App {
    // Core NATS keeps nothing for the porter while it is away.
    let app =
        micro::app().registry(Registry::memory()).setting("micro.broker", url).setting("micro.downgrade", "allow");
    let quick = app.settings(|settings| settings.check_interval = Duration::from_millis(50));
    quick.provide(guests.clone()).subscribe(porter)
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What `/readyz` answers.
async fn readyz(app: &micro::app::Running) -> String {
    let url = format!("http://{}/readyz", app.address().expect("it listens"));
    let asked = tokio::task::spawn_blocking(move || output(std::process::Command::new("curl").args(["-si", &url])));
    String::from_utf8_lossy(&asked.await.expect("curl is there").stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_late_or_goes_away_is_told_and_everything_goes_on_by_itself() {
    for (name, program) in installed() {
        for options in ["?stream=hotel", ""] {
            let mut server = Server::start(&program, &[]);
            server.kill();
            let guests = Guests::default();
            let begun = Instant::now();
            let app = app(&format!("nats://{}{options}", server.address()), &guests).start().await.unwrap();
            println!("{name} {options:?}: starts without its broker in {:?}", begun.elapsed());
            assert!(begun.elapsed() < PATIENCE / 2, "it starts without its broker: {:?}", begun.elapsed());
            let ready = readyz(&app).await;
            assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("broker (not critical)"), "{ready}");
            assert!(ready.contains(&server.address()), "{ready}");

            let entered: Publisher<Entered> = app.get().unwrap();
            let within = Context::new().with_timeout(Duration::from_millis(300));
            let refused = within.scope(entered.publish(&Entered { name: "early".into() })).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unavailable, "{refused}");

            for round in 0..2 {
                server.start_again();
                let back = Instant::now();
                until("readyz is content", async || !readyz(&app).await.contains("broker (")).await;
                // Core NATS has it only once the subscription is there again; who publishes into the void is not told.
                let guest = format!("guest {round}");
                until("the porter hears", async || {
                    let sent = entered.publish(&Entered { name: guest.clone() }).await;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    sent.is_ok() && guests.0.lock().unwrap().contains(&guest)
                })
                .await;
                println!("{name} {options:?}: everything goes on {:?} after the server is back", back.elapsed());
                server.kill();
                until("it is noticed", async || matches!(app.broker().state(), State::Down(_))).await;
                until("readyz says so", async || readyz(&app).await.contains("broker (not critical)")).await;
            }
            server.start_again();
            app.stop().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_has_several_brokers() {
    for (_, program) in installed() {
        let (usual, audit) = (Server::start(&program, &[]), Server::start(&program, &[]));
        let app = app(&format!("nats://{}?stream=hotel", usual.address()), &Guests::default());
        let app = app.setting("micro.brokers.audit", format!("nats://{}", audit.address())).start().await.unwrap();
        let brokers: Brokers = app.get().unwrap();
        assert!(brokers.get("audit").unwrap().name().contains(&audit.address()));
        assert!(brokers.default_instance().name().contains(&usual.address()));
        let event = Event::new("backends.audited".parse().unwrap(), "1");
        brokers.get("audit").unwrap().publish(event).await.unwrap();
        assert_eq!(brokers.get("adit").unwrap_err().code(), Code::NotFound);
        app.stop().await.unwrap();
    }
}

#[test]
fn the_saga_of_the_examples_is_the_same_on_every_broker() {
    for (name, program) in installed() {
        let server = Server::start(&program, &[]);
        for broker in ["memory", "direct", "nats", "stream"] {
            let url = match broker {
                "nats" => format!("nats://{}", server.address()),
                "stream" => format!("nats://{}?stream=orders", server.address()),
                here => here.to_owned(),
            };
            let mut saga = World::new().command(example("orders"));
            let saga = output(saga.env("MICRO_BROKER", &url).env("MICRO_DOWNGRADE", "allow"));
            let (said, logged) = (String::from_utf8_lossy(&saga.stdout), String::from_utf8_lossy(&saga.stderr));
            assert!(saga.status.success(), "{name} {broker}: {logged}");
            for line in ["order 1: shipped", "order 2: cancelled", "order 3: for people, after 3 tries"] {
                assert_eq!(said.matches(line).count(), 1, "{name} {broker}: {line}\n{said}\n{logged}");
            }
        }
    }
}
