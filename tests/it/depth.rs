//! Handlers that call each other within a process, deeper than any stack.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use futures_util::StreamExt;
use micro::client::CallOptions;
use micro::prelude::*;
use micro::registry::Registry;
use micro::testing::Cluster;

#[micro::message(package = "it")]
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub left: u32,
}

/// Goes down by calls until nothing is left.
#[micro::service(name = "well", package = "it")]
pub trait Well {
    async fn down(&self, level: Level) -> Result<Level>;
    async fn drops(&self, level: Level) -> Result<Streaming<Level>>;
    async fn pour(&self, levels: Streaming<Level>) -> Result<Level>;
}

/// The same by another name: A calls B, B calls A.
#[micro::service(name = "shaft", package = "it")]
pub trait Shaft {
    async fn down(&self, level: Level) -> Result<Level>;
}

#[derive(Clone, Default)]
struct Digger {
    well: Arc<OnceLock<WellClient>>,
    shaft: Arc<OnceLock<ShaftClient>>,
    traces: Arc<Mutex<BTreeSet<u128>>>,
}

impl Digger {
    fn well(&self) -> &WellClient {
        self.well.get().expect("set before the first call")
    }
}

#[micro::handler(manual)]
impl Well for Digger {
    async fn down(&self, level: Level, ctx: &Context) -> Result<Level> {
        self.traces.lock().unwrap().insert(ctx.trace().expect("every call has one").trace_id());
        match (level.left, self.shaft.get()) {
            (0, _) => Ok(level),
            (left, Some(shaft)) => shaft.down(Level { left: left - 1 }).await,
            (left, None) => self.well().down(Level { left: left - 1 }).await,
        }
    }

    async fn drops(&self, level: Level) -> Result<Streaming<Level>> {
        if level.left == 0 {
            return Ok(Streaming::iter((0..3).map(|left| Level { left })));
        }
        let drops = self.well().drops(Level { left: level.left - 1 }).await?;
        Ok(Streaming::new(drops.map(|drop| drop.map(|drop| Level { left: drop.left + 1 }))))
    }

    async fn pour(&self, mut levels: Streaming<Level>) -> Result<Level> {
        let first = levels.next().await.unwrap_or_else(|| Err(Error::invalid_argument("nothing came")))?;
        if first.left == 0 {
            let rest: Vec<_> = levels.try_collect().await?;
            return Ok(Level { left: rest.len() as u32 });
        }
        let first = Level { left: first.left - 1 };
        self.well().pour(Streaming::new(futures_util::stream::iter([Ok(first)]).chain(levels))).await
    }
}

#[micro::handler(manual)]
impl Shaft for Digger {
    async fn down(&self, level: Level) -> Result<Level> {
        match level.left {
            0 => Ok(level),
            left => self.well().down(Level { left: left - 1 }).await,
        }
    }
}

async fn dug() -> (Digger, WellClient, micro::app::Running) {
    let digger = Digger::default();
    let app = micro::app()
        .registry(Registry::memory())
        .serve(WellServer::new(digger.clone()))
        .serve(ShaftServer::new(digger.clone()))
        .start()
        .await
        .unwrap();
    let well: WellClient = app.get().unwrap();
    digger.well.set(well.clone()).expect("set once");
    (digger, well, app)
}

#[tokio::test]
async fn a_handler_that_calls_itself_for_ever_gets_an_error_that_names_the_chain() {
    let (digger, well, app) = dug().await;
    let error = well.down(Level { left: 100_000 }).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.message().contains("100 deep") && error.message().contains("well.Down → well.Down"), "{error}");
    // What is within the bound is answered.
    assert_eq!(well.down(Level { left: 99 }).await.unwrap().left, 0);
    assert_eq!(digger.traces.lock().unwrap().len(), 2, "the context goes along");
    app.stop().await.unwrap();
}

#[tokio::test]
async fn two_services_that_call_each_other_for_ever_get_an_error_that_names_both() {
    let (digger, well, app) = dug().await;
    digger.shaft.set(app.get().unwrap()).expect("set once");
    let error = well.down(Level { left: 100_000 }).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert!(error.message().contains("well.Down → shaft.Down → well.Down"), "{error}");
    assert_eq!(well.down(Level { left: 99 }).await.unwrap().left, 0);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn streams_through_many_handlers_go_up_and_down() {
    let (_, well, app) = dug().await;
    let drops: Vec<_> = well.drops(Level { left: 99 }).await.unwrap().try_collect().await.unwrap();
    assert_eq!(drops.iter().map(|drop| drop.left).collect::<Vec<_>>(), [99, 100, 101]);
    let poured = well.pour(Streaming::iter([99, 5, 6].map(|left| Level { left }))).await.unwrap();
    assert_eq!(poured.left, 2);
    for error in [
        well.drops(Level { left: 100_000 }).await.expect_err("too deep"),
        well.pour(Streaming::iter([Level { left: 100_000 }])).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    }
    app.stop().await.unwrap();
}

#[tokio::test]
async fn calls_by_bytes_are_bounded_too() {
    let (_, _, app) = dug().await;
    let well = app.client().dynamic("well");
    let error = well.json("/it.Well/Down", r#"{"left": 100000}"#).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted, "{error}");
    assert_eq!(well.json("/it.Well/Down", r#"{"left": 99}"#).await.unwrap(), "{}");
    app.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_deep_call_within_a_world_ends_with_its_deadline_and_not_with_the_process() {
    let (cluster, digger) = (Cluster::new(), Digger::default());
    let app = cluster.app().serve(WellServer::new(digger.clone())).start().await.unwrap();
    let well: WellClient = cluster.client().await.unwrap();
    digger.well.set(well.clone()).expect("set once");
    assert_eq!(well.down(Level { left: 1_000 }).await.unwrap().left, 0);
    let drops: Vec<_> = well.drops(Level { left: 1_000 }).await.unwrap().try_collect().await.unwrap();
    assert_eq!(drops[0].left, 1_000);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_deep_handler_ends_with_its_caller() {
    #[derive(Clone)]
    struct Waiting(Arc<OnceLock<WellClient>>, tokio::sync::mpsc::UnboundedSender<&'static str>);
    struct OnDrop(tokio::sync::mpsc::UnboundedSender<&'static str>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }
    #[micro::handler(manual)]
    impl Well for Waiting {
        async fn down(&self, level: Level) -> Result<Level> {
            if level.left > 0 {
                return self.0.get().expect("set").down(Level { left: level.left - 1 }).await;
            }
            let _dropped = OnDrop(self.1.clone());
            let _ = self.1.send("running");
            std::future::pending().await
        }

        async fn drops(&self, _: Level) -> Result<Streaming<Level>> {
            panic!("asked to")
        }

        async fn pour(&self, _: Streaming<Level>) -> Result<Level> {
            Err(Error::unimplemented("not here"))
        }
    }
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let waiting = Waiting(Arc::default(), told);
    let app = micro::app().registry(Registry::memory()).serve(WellServer::new(waiting.clone())).start().await.unwrap();
    let well: WellClient = app.get().unwrap();
    waiting.0.set(well.clone()).expect("set once");
    let options = CallOptions::new().with_timeout(Duration::from_secs(60));
    let call = tokio::spawn(async move { well.with(options).down(Level { left: 80 }).await });
    assert_eq!(hears.recv().await, Some("running"));
    call.abort();
    assert_eq!(hears.recv().await, Some("dropped"));
    app.stop().await.unwrap();
}
