//! The same with async-nats alone, as its documentation has it: core NATS, or JetStream where `MICRO_BROKER` names a stream.

use std::env;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, stream};
use async_nats::{Client, HeaderMap, Message};
use futures::StreamExt;
use harness::{Events, Happened, Heard, Hearing, Result};

const SUBJECT: &str = "bench.happened";
const QUEUE: &str = "bench";
/// The driver asks for a batch more when half of one is left: with 85, up to 128 events are under way, as with micro, which has
/// twice as many as are handled at a time.
const BATCH: usize = 85;

#[derive(Clone)]
enum Peer {
    Core(Client),
    JetStream(jetstream::Context),
}

impl Events for Peer {
    async fn connect(hearing: Hearing) -> Result<Self> {
        let url = env::var("MICRO_BROKER")?;
        let (server, stream) = url.split_once("?stream=").map_or((&*url, None), |(server, name)| (server, Some(name)));
        let client = async_nats::connect(server).await?;
        let Some(name) = stream else {
            if let Hearing::New(heard) | Hearing::Kept(heard) = hearing {
                let mut messages = client.queue_subscribe(SUBJECT, QUEUE.into()).await?;
                client.flush().await?;
                tokio::spawn(async move {
                    while let Some(message) = messages.next().await {
                        heard.tell(at(&message));
                    }
                });
            }
            return Ok(Peer::Core(client));
        };
        let jetstream = jetstream::new(client);
        let stream = jetstream.get_or_create_stream(config(name)).await?;
        let policy = if let Hearing::New(_) = hearing { DeliverPolicy::New } else { DeliverPolicy::All };
        if let Hearing::New(heard) | Hearing::Kept(heard) = hearing {
            tokio::spawn(consume(consumer(&stream, policy).await?, heard));
        }
        Ok(Peer::JetStream(jetstream))
    }

    async fn publish(&self, event: Happened) -> Result<()> {
        match self {
            Peer::Core(client) => {
                client.publish(SUBJECT, body(&event).into()).await?;
                client.flush().await?;
            }
            Peer::JetStream(jetstream) => drop(send(jetstream, &event).await?.await?),
        }
        Ok(())
    }

    async fn publish_all(&self, events: Vec<Happened>) -> Result<()> {
        match self {
            Peer::Core(client) => {
                for event in &events {
                    client.publish(SUBJECT, body(event).into()).await?;
                }
                client.flush().await?;
            }
            Peer::JetStream(jetstream) => {
                let mut acks = Vec::with_capacity(events.len());
                for event in &events {
                    acks.push(send(jetstream, event).await?);
                }
                for ack in acks {
                    ack.await?;
                }
            }
        }
        Ok(())
    }
}

/// As micro makes one that is missing.
fn config(name: &str) -> stream::Config {
    stream::Config {
        name: name.to_owned(),
        subjects: vec![SUBJECT.to_owned()],
        storage: stream::StorageType::File,
        duplicate_window: Duration::from_secs(120),
        allow_direct: true,
        ..stream::Config::default()
    }
}

async fn consumer(stream: &stream::Stream, deliver_policy: DeliverPolicy) -> Result<pull::Stream> {
    let config = pull::Config {
        durable_name: Some(QUEUE.to_owned()),
        deliver_policy,
        filter_subject: SUBJECT.to_owned(),
        max_ack_pending: 65_536,
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await?;
    Ok(consumer.stream().max_messages_per_batch(BATCH).messages().await?)
}

async fn consume(mut messages: pull::Stream, heard: Heard) -> Result<()> {
    while let Some(message) = messages.next().await {
        let message = message?;
        heard.tell(at(&message));
        message.ack().await?;
    }
    Ok(())
}

/// With an id, so that what is published again after a lost connection is taken once; with `BENCH_HEADERS=same` also with what
/// micro says of an event: when it was published, in which format, and where in a trace.
async fn send(jetstream: &jetstream::Context, event: &Happened) -> Result<PublishAckFuture> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static SAME: LazyLock<bool> = LazyLock::new(|| env::var("BENCH_HEADERS").is_ok_and(|headers| headers == "same"));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:016x}{number:016x}", std::process::id());
    let mut message = PublishMessage::build().payload(body(event).into());
    if *SAME {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let mut headers = HeaderMap::new();
        headers.insert("Micro-Id", &*id);
        headers.insert("Micro-Time", now.to_string());
        headers.insert("Content-Type", "application/protobuf");
        headers.insert("traceparent", format!("00-{:032x}-{number:016x}-01", now));
        message = message.headers(headers);
    }
    Ok(jetstream.send_publish(SUBJECT, message.message_id(format!("{id}@{SUBJECT}"))).await?)
}

fn body(event: &Happened) -> Vec<u8> {
    [&event.at.to_le_bytes(), event.text.as_bytes()].concat()
}

fn at(message: &Message) -> u64 {
    message.payload.first_chunk().map_or(0, |at| u64::from_le_bytes(*at))
}

#[tokio::main]
async fn main() {
    harness::events::<Peer>().await;
}
