#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
//! All that a subscriber may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use micro::broker::{Ack, Event, Publisher};
use micro::config::Config;
use micro::{Code, Context, Error, Result};
use ui_tests::{Greeted, HelloReply, HelloRequest};

/// Settings.
#[micro::config(prefix = "audit")]
#[derive(Debug)]
pub struct AuditConfig {
    /// How many letters are kept.
    #[config(default = 3)]
    pub letters: usize,
}

/// Something to inject.
#[derive(Clone, Debug)]
pub struct Store;

/// An error.
#[derive(Debug, micro::Error)]
pub enum AuditError {
    /// One.
    #[error(code = InvalidArgument, "`{0}` is too long")]
    Long(String),
    /// The rest.
    #[error(other)]
    Other(Error),
}

/// An event with a key.
#[micro::event(topic = "orders.placed", key = order)]
#[derive(Debug)]
pub struct Placed {
    /// Which.
    pub order: u64,
}

/// Public, with documentation.
#[micro::subscriber(queue = "audit")]
pub async fn audit(event: Greeted, ctx: &Context, config: &AuditConfig, store: Store) -> Result<()> {
    let _ = (event, ctx.deadline(), config.letters, store);
    Ok(())
}

#[micro::subscriber(
    topic = "orders.*",
    queue = "all",
    concurrency = 8,
    retry(max = 5, backoff = "1s"),
    dead_letter = "orders.failed",
    ordered_by,
    ack = "manual",
    durable,
    from = "2026-01-31T08:00:00+01:00",
    broker = "other",
    name = "everything",
)]
async fn everything(event: Event, ack: Ack) -> Result<()> {
    let _ = event;
    ack.done().await
}

#[micro::subscriber(topic = "names", from = "earliest")]
async fn own_error(HelloRequest { name }: HelloRequest, config: &AuditConfig) -> std::result::Result<(), AuditError> {
    if name.len() > config.letters {
        return Err(AuditError::Long(name));
    }
    Ok(())
}

#[micro::subscriber(ordered_by = event.order % 7, ack = "auto", from = "new", manual)]
pub(crate) async fn by_hand(mut event: Placed, publisher: Publisher<Greeted>, config: Config<AuditConfig>) -> Result<()> {
    event.order += 1;
    let _ = (event, publisher, config.get().letters);
    Ok(())
}

#[micro::subscriber(ordered_by = order)]
async fn taken_apart(Placed { order }: Placed, _: Arc<str>) -> Result<()> {
    match order {
        0 => Err(Error::new(Code::InvalidArgument, "no order")),
        _ => Ok(()),
    }
}

/// A deprecated one is still registered.
#[deprecated]
#[micro::subscriber]
async fn r#type(_: Greeted) -> Result<()> {
    Ok(())
}

#[cfg(any())]
#[micro::subscriber]
async fn not_here(event: Missing) -> Result<()> {
    Ok(())
}

/// Served and subscribed.
#[derive(Debug, Default)]
pub struct Users {
    greeted: AtomicUsize,
}

#[micro::service]
impl Users {
    /// An endpoint.
    #[handler]
    pub async fn count(&self) -> Result<HelloReply> {
        Ok(HelloReply { greeting: self.greeted.load(Ordering::Relaxed).to_string() })
    }

    #[subscriber(queue = "users")]
    async fn greeted(&self, event: Greeted, ctx: &Context) -> Result<()> {
        let _ = (event, ctx.deadline());
        self.greeted.fetch_add(1, Ordering::Relaxed);
        self.plain()
    }

    fn plain(&self) -> Result<()> {
        Ok(())
    }
}

/// Subscribers only.
#[derive(Debug)]
pub struct English(Store);

#[micro::handler]
impl English {
    #[init]
    async fn new(store: Store) -> Result<Self> {
        Ok(Self(store))
    }

    #[subscriber]
    async fn greeted(&self, event: Greeted, config: &AuditConfig) -> Result<()> {
        let _ = (&self.0, event, config.letters);
        Ok(())
    }

    #[micro::subscriber(ack = "manual")]
    async fn placed(&self, ack: Placed, event: Ack) -> Result<()> {
        let _ = ack;
        event.done().await
    }

    #[cfg(any())]
    #[subscriber]
    async fn not_here(&self, event: Missing) -> Result<()> {
        Ok(())
    }
}

macro_rules! subscribers {
    ($($name:ident($event:ident: $ty:ty) $body:block)*) => {$(
        #[micro::subscriber]
        async fn $name($event: $ty) -> Result<()> $body
    )*};
}

subscribers! {
    first(event: Greeted) { drop(event); Ok(()) }
    second(event: Placed) { drop(event); Ok(()) }
}

mod within {
    pub(super) mod deeper {
        #[micro::subscriber(manual)]
        pub(in crate::within) async fn hidden(_: ui_tests::Greeted) -> micro::Result<()> {
            Ok(())
        }
    }

    pub(super) fn subscribed() -> micro::App {
        use deeper::hidden;
        micro::app().subscribe(hidden)
    }
}

fn main() {
    #[micro::subscriber(manual)]
    async fn inside(_: Greeted) -> Result<()> {
        Ok(())
    }

    let _ = within::subscribed().subscribe(by_hand).subscribe(inside);
    let _ = audit(Greeted::default(), &Context::new(), &AuditConfig::default(), Store);
}
