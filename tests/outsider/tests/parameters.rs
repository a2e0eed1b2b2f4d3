//! Handlers and subscribers take a type from a crate that micro does not know as they take the context and settings.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use micro::broker::{Event, PublishOptions};
use micro::metadata::Metadata;
use micro::prelude::*;
use micro::testing::Cluster;
use micro_outsider::Tenant;

#[micro::message(package = "outsider.parameters")]
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub text: String,
}

#[micro::event(topic = "parameters.paid", package = "outsider.parameters")]
#[derive(Clone, Debug, PartialEq)]
pub struct Paid {
    pub amount: u32,
}

#[micro::config(prefix = "parameters")]
pub struct Limits {
    #[config(default = 3)]
    pub most: u32,
}

/// What the subscribers have seen.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    async fn count(&self, count: usize) -> Vec<String> {
        loop {
            let seen = self.0.lock().unwrap().clone();
            if seen.len() >= count {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[micro::service(name = "contracted", package = "outsider.parameters")]
pub trait Contracted {
    async fn say(&self, text: Text) -> Result<Text>;
    async fn who(&self) -> Result<Text>;
}

#[derive(Default)]
struct Speaker;

#[micro::handler]
impl Contracted for Speaker {
    async fn say(&self, tenant: &Tenant, text: Text, limits: &Limits, ctx: &Context) -> Result<Text> {
        assert_eq!(ctx.metadata().get("tenant"), Some(tenant.name()));
        Ok(Text { text: format!("{} for {} of {}", text.text, tenant.name(), limits.most) })
    }

    async fn who(&self, Tenant { .. }: &Tenant, account: &micro::context::Account) -> Result<Text> {
        Ok(Text { text: account.id.clone() })
    }
}

struct Desk(Seen);

#[micro::service(name = "desk", package = "outsider.parameters")]
impl Desk {
    #[init]
    async fn new(seen: Seen) -> Result<Self> {
        Ok(Desk(seen))
    }

    #[handler]
    async fn say(&self, text: Text, tenant: &Tenant) -> Result<Text> {
        Ok(Text { text: format!("{} at the desk of {}", text.text, tenant.name()) })
    }

    #[subscriber]
    async fn booked(&self, event: Paid, tenant: &Tenant) -> Result<()> {
        self.0.note(format!("{} booked {}", tenant.name(), event.amount));
        Ok(())
    }
}

#[micro::subscriber(retry(max = 1))]
async fn paid(event: Paid, tenant: &Tenant, seen: Seen) -> Result<()> {
    seen.note(format!("{} paid {}", tenant.name(), event.amount));
    Ok(())
}

#[micro::subscriber(topic = "parameters.paid.dlq")]
async fn dead(event: Event, seen: Seen) -> Result<()> {
    seen.note(format!("dead: {}", event.metadata.get("micro-dead-reason").unwrap_or_default()));
    Ok(())
}

fn acme() -> CallOptions {
    CallOptions::new().with_metadata("tenant", "acme").unwrap()
}

fn text(text: &str) -> Text {
    Text { text: text.into() }
}

#[tokio::test]
async fn handlers_take_it() {
    let cluster = Cluster::new();
    let app = cluster.app().provide(Seen::default()).mount::<Speaker>().mount::<Desk>().start().await.unwrap();
    cluster.registered("contracted").await;
    cluster.registered("desk").await;
    let contracted: ContractedClient = cluster.client().await.unwrap();
    let desk: DeskClient = cluster.client().await.unwrap();

    assert_eq!(contracted.with(acme()).say(text("a")).await.unwrap(), text("a for acme of 3"));
    assert_eq!(desk.with(acme()).say(text("a")).await.unwrap(), text("a at the desk of acme"));
    for error in [contracted.say(text("a")).await.unwrap_err(), desk.say(text("a")).await.unwrap_err()] {
        assert_eq!(error.code(), Code::InvalidArgument);
        assert!(error.message().contains("the metadata `tenant` is missing"), "{error}");
    }
    let error = contracted.with(acme()).who().await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated, "{error}");
    app.stop().await.unwrap();
}

#[tokio::test]
async fn subscribers_take_it() {
    let (cluster, seen) = (Cluster::new(), Seen::default());
    let app =
        cluster.app().provide(seen.clone()).mount::<Desk>().subscribe(paid).subscribe(dead).start().await.unwrap();
    let publisher: Publisher<Paid> = app.get().unwrap();
    let mut metadata = Metadata::new();
    metadata.insert("tenant", "acme").unwrap();
    publisher.publish_with(&Paid { amount: 2 }, PublishOptions::new().with_metadata(metadata)).await.unwrap();
    let mut all = seen.count(2).await;
    all.sort();
    assert_eq!(all, ["acme booked 2", "acme paid 2"]);

    publisher.publish(&Paid { amount: 3 }).await.unwrap();
    let all = seen.count(3).await;
    assert!(all[2].starts_with("dead: ") && all[2].contains("the metadata `tenant` is missing"), "{all:?}");
    app.stop().await.unwrap();
}
