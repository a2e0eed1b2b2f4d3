//! Events with micro, over the broker that `MICRO_BROKER` names: `Publisher` and `#[micro::subscriber]`, or with
//! `BENCH_ROAD=raw` what these stand on, bytes and deliveries.

use std::env;

use futures::StreamExt;
use harness::{Events, Happened, Heard, Hearing};
use micro::broker::{Broker, Deliveries, Event, Publisher, Start, Subscription, Topic};
use micro::prelude::*;

/// How many events are handled at a time.
const CONCURRENCY: usize = 64;
const TOPIC: &str = "bench.happened";
const QUEUE: &str = "bench";

/// Something happened.
#[micro::event(topic = "bench.happened")]
struct Told {
    at: u64,
    text: String,
}

#[micro::subscriber(queue = "bench", concurrency = 64, manual)]
async fn new(event: Told, heard: Hearer) -> Result<()> {
    heard.0.tell(event.at);
    Ok(())
}

#[micro::subscriber(queue = "bench", concurrency = 64, from = "earliest", manual)]
async fn kept(event: Told, heard: Hearer) -> Result<()> {
    heard.0.tell(event.at);
    Ok(())
}

/// Injected into subscribers.
#[derive(Clone)]
struct Hearer(Heard);

#[derive(Clone)]
enum Peer {
    Typed(Publisher<Told>),
    Raw(Broker),
}

impl Events for Peer {
    async fn connect(hearing: Hearing) -> harness::Result<Self> {
        let raw = env::var("BENCH_ROAD").is_ok_and(|road| road == "raw");
        let app = micro::app().environment();
        let app = match (hearing.clone(), raw) {
            (Hearing::New(heard), false) => app.provide(Hearer(heard)).subscribe(new).start().await?,
            (Hearing::Kept(heard), false) => app.provide(Hearer(heard)).subscribe(kept).start().await?,
            _ => micro::client().await?,
        };
        let (broker, publisher) = (app.broker().clone(), app.get()?);
        // The process ends when all has been measured, and nobody stops the app before.
        std::mem::forget(app);
        if !raw {
            return Ok(Peer::Typed(publisher));
        }
        let subscription = Subscription::new(TOPIC.parse()?).with_queue(QUEUE).with_in_flight(2 * CONCURRENCY);
        match hearing {
            Hearing::Nothing => {}
            Hearing::New(heard) => drop(tokio::spawn(hear(broker.subscribe(subscription).await?, heard))),
            Hearing::Kept(heard) => {
                let deliveries = broker.subscribe(subscription.starting(Start::Earliest)).await?;
                drop(tokio::spawn(hear(deliveries, heard)));
            }
        }
        Ok(Peer::Raw(broker))
    }

    async fn publish(&self, event: Happened) -> harness::Result<()> {
        match self {
            Peer::Typed(publisher) => publisher.publish(&told(event)).await?,
            Peer::Raw(broker) => broker.publish(bytes(&event)?).await?,
        }
        Ok(())
    }

    async fn publish_all(&self, events: Vec<Happened>) -> harness::Result<()> {
        match self {
            Peer::Typed(publisher) => {
                let events: Vec<Told> = events.into_iter().map(told).collect();
                publisher.publish_batch(&events).await?;
            }
            Peer::Raw(broker) => {
                let events: Vec<Event> = events.iter().map(bytes).collect::<Result<_>>()?;
                broker.publish_all(&events).await?;
            }
        }
        Ok(())
    }
}

fn told(Happened { at, text }: Happened) -> Told {
    Told { at, text }
}

fn bytes(event: &Happened) -> Result<Event> {
    let topic: Topic = TOPIC.parse()?;
    Ok(Event::new(topic, [&event.at.to_le_bytes(), event.text.as_bytes()].concat()))
}

async fn hear(mut deliveries: Deliveries, heard: Heard) -> Result<()> {
    while let Some(delivery) = deliveries.next().await {
        let delivery = delivery?;
        let at = delivery.event.body.first_chunk().map_or(0, |at| u64::from_le_bytes(*at));
        heard.tell(at);
        delivery.ack().await?;
    }
    Ok(())
}

#[micro::main]
async fn main() {
    harness::events::<Peer>().await;
}
