//! Health checks and hooks: while a critical check fails, `/readyz` says so and the service is not found.
//! `cargo run --example health -- --address 127.0.0.1:8080`, then `curl -X POST 127.0.0.1:8080/break` and `/mend`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::routing::post;
use micro::app::Critical;
use micro::prelude::*;

#[micro::message(package = "shop")]
#[derive(Clone, Debug)]
pub struct Price {
    pub cents: u64,
}

#[micro::service(name = "shop")]
pub trait Shop {
    async fn price(&self) -> Result<Price>;
}

#[derive(Default)]
struct Corner;

#[micro::handler]
impl Shop for Corner {
    async fn price(&self) -> Result<Price> {
        Ok(Price { cents: 199 })
    }
}

#[micro::main]
async fn main() -> Result<()> {
    // A database that can be broken and mended by hand, in the place of a real one.
    let broken = Arc::new(AtomicBool::new(false));
    let set = |value: bool| {
        let broken = broken.clone();
        post(async move || broken.store(value, Ordering::Relaxed))
    };
    let routes = axum::Router::new().route("/break", set(true)).route("/mend", set(false));

    micro::app()
        .linked()
        .environment()
        .routes(routes)
        .health_check("database", Critical::Yes, move || {
            let broken = broken.load(Ordering::Relaxed);
            async move { if broken { Err(Error::unavailable("the database is away")) } else { Ok(()) } }
        })
        .before_start(async |_| {
            tracing::info!("migrating");
            Ok(())
        })
        .after_stop(async |_| {
            tracing::info!("the last call has ended");
            Ok(())
        })
        .run()
        .await
}
