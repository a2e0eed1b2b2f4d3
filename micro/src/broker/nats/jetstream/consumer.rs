//! The consumer of a subscription, in which the server remembers who has had which event.

use std::time::{Duration, SystemTime};

use async_nats::jetstream::{Context, ErrorCode};
use serde_json::{Value, json};

use super::api::ask;
use crate::broker::nats::names;
use crate::broker::{Pattern, Start, Subscription};
use crate::errors::{Error, Result};
use crate::link::nats::jetstream_code;
use crate::message::well_known::Timestamp;
use crate::util::random;

/// Time a delivery may stay unsettled before it is redelivered.
const ACK_WAIT: Duration = Duration::from_secs(30);

/// Time an ephemeral consumer is kept while no subscriber requests events from it: longer than a restart takes.
const INACTIVE_THRESHOLD: Duration = Duration::from_secs(5 * 60);

/// Maximum number of unsettled events of a whole queue. The number of each member is bounded by its requests: the server counts
/// all members as one.
const UNDER_WAY: u32 = 65_536;

/// Consumer configuration of a subscription.
pub(super) struct JetStreamConsumer {
    stream: String,
    name: String,
    topics: Pattern,
    durable: bool,
    shared: bool,
    start: Start,
}

impl JetStreamConsumer {
    pub(super) fn new(stream: &str, subscription: &Subscription) -> Self {
        let Subscription { topics, queue, durable, start, .. } = subscription;
        JetStreamConsumer {
            stream: stream.to_owned(),
            name: match queue {
                Some(queue) => names::consumer(queue, topics),
                None => format!("alone-{}", random::id()),
            },
            topics: topics.clone(),
            durable: *durable,
            shared: queue.is_some(),
            start: *start,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn topics(&self) -> &Pattern {
        &self.topics
    }

    /// Returns `true` if other processes may fetch from the consumer too.
    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }

    /// Returns the subject for requesting events.
    pub(super) fn next(&self) -> String {
        format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.stream, self.name)
    }

    /// Sees to it that it is there, and gives the first event of the stream that may not be settled. One that is made anew
    /// begins with the event `from`, if that is known.
    ///
    /// # Errors
    ///
    /// [`FailedPrecondition`](crate::Code::FailedPrecondition) when one of this name is there that cannot be asked for events.
    pub(super) async fn ensure(&self, jetstream: &Context, from: Option<u64>) -> Result<u64> {
        if let Some(floor) = self.find(jetstream).await? {
            return Ok(floor);
        }
        let JetStreamConsumer { stream, name, .. } = self;
        let what = format!("cannot make consumer `{name}` of stream `{stream}`");
        // Servers before 2.10 do not know the action, and take a second question for an update.
        let question = json!({ "stream_name": stream, "config": self.config(from), "action": "create" });
        match ask(jetstream, &what, format!("CONSUMER.CREATE.{stream}.{name}"), &question).await {
            Ok(info) => Ok(floor(&info)),
            // Another member was faster, and its consumer is the one of all.
            Err(error) if is_taken(&error) => self.find(jetstream).await?.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// The first event that may not be settled, if there is a consumer of this name.
    async fn find(&self, jetstream: &Context) -> Result<Option<u64>> {
        let JetStreamConsumer { stream, name, .. } = self;
        let what = format!("cannot read consumer `{name}` of stream `{stream}`");
        match ask(jetstream, &what, format!("CONSUMER.INFO.{stream}.{name}"), &json!({})).await {
            Ok(info) => self.judge(&info["config"]).map(|()| Some(floor(&info))),
            Err(error) if jetstream_code(&error) == Some(ErrorCode::CONSUMER_NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Notes that a member has left. The consumer is deleted if no other process can use it.
    pub(super) async fn leave(&self, jetstream: &Context) {
        // To be asked about itself makes a consumer look who is still there. One of a 2.9 server that tries to deliver something
        // again, and only then finds no member, leaves it pending until its time is up.
        let word = if self.shared { "INFO" } else { "DELETE" };
        // It would find out by itself after a while.
        let _ = ask(jetstream, "", format!("CONSUMER.{word}.{}.{}", self.stream, self.name), &json!({})).await;
    }

    fn judge(&self, config: &Value) -> Result<()> {
        if config["deliver_subject"].is_string() || config["ack_policy"] != "explicit" {
            return Err(Error::failed_precondition(format!(
                "consumer `{}` of stream `{}` is not one that is pulled and acknowledged one by one",
                self.name, self.stream
            )));
        }
        Ok(())
    }

    fn config(&self, from: Option<u64>) -> Value {
        let mut config = json!({
            "name": self.name,
            "ack_policy": "explicit",
            "ack_wait": nanoseconds(ACK_WAIT),
            "max_deliver": -1,
            "max_ack_pending": UNDER_WAY,
            "replay_policy": "instant",
        });
        if self.topics.as_str() != ">" {
            config["filter_subject"] = self.topics.as_str().into();
        }
        if self.shared {
            config["durable_name"] = self.name.clone().into();
        }
        if !self.durable {
            config["inactive_threshold"] = nanoseconds(INACTIVE_THRESHOLD).into();
        }
        match (from, self.start) {
            (Some(from), _) => {
                config["deliver_policy"] = "by_start_sequence".into();
                config["opt_start_seq"] = from.into();
            }
            (None, Start::New) => config["deliver_policy"] = "new".into(),
            (None, Start::Earliest) => config["deliver_policy"] = "all".into(),
            (None, Start::Since(time)) => {
                config["deliver_policy"] = "by_start_time".into();
                config["opt_start_time"] = json!(Timestamp::from(&time.max(SystemTime::UNIX_EPOCH)));
            }
        }
        config
    }
}

/// Returns `true` if a consumer of this name may exist already, created since it was looked up. `CONSUMER_CREATE` is included
/// because servers before 2.10 respond so when the requested configuration differs from the existing one.
fn is_taken(error: &Error) -> bool {
    const TAKEN: [ErrorCode; 4] = [
        ErrorCode::CONSUMER_ALREADY_EXISTS,
        ErrorCode::CONSUMER_NAME_EXIST,
        ErrorCode::CONSUMER_EXISTING_ACTIVE,
        ErrorCode::CONSUMER_CREATE,
    ];
    jetstream_code(error).is_some_and(|code| TAKEN.contains(&code))
}

fn floor(info: &Value) -> u64 {
    info["ack_floor"]["stream_seq"].as_u64().unwrap_or_default() + 1
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(subscription: &Subscription, from: Option<u64>) -> Value {
        JetStreamConsumer::new("shop", subscription).config(from)
    }

    #[test]
    fn a_queue_is_a_consumer_by_its_name() {
        let queue = Subscription::new("orders.*".parse().unwrap()).with_queue("billing").durable();
        let config = config(&queue, None);
        assert_eq!((&config["durable_name"], &config["name"]), (&"billing@orders_=2A".into(), &config["durable_name"]));
        assert_eq!((&config["filter_subject"], &config["inactive_threshold"]), (&"orders.*".into(), &Value::Null));
    }

    #[test]
    fn who_is_alone_is_forgotten_and_starts_where_it_says() {
        let alone = Subscription::new(">".parse().unwrap()).starting(Start::Earliest);
        let all = config(&alone, None);
        assert_eq!(
            (&all["deliver_policy"], &all["durable_name"], &all["filter_subject"]),
            (&"all".into(), &Value::Null, &Value::Null)
        );
        assert_eq!(all["inactive_threshold"], 300_000_000_000_u64);
        let again = config(&alone, Some(7));
        assert_eq!((&again["deliver_policy"], &again["opt_start_seq"]), (&"by_start_sequence".into(), &7.into()));
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        let since = config(&alone.starting(Start::Since(time)), None);
        assert_eq!(since["opt_start_time"], "1970-01-01T00:00:01.500Z");
    }
}
