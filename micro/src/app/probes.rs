//! Probes for orchestrators: liveness and readiness.

use std::fmt::Write as _;

use axum::Router;
use axum::extract;
use axum::http::StatusCode;
use axum::routing::get;

use super::health::{Critical, Health};
use crate::util::lifecycle::State;

/// Answers `/healthz` and `/readyz`, and Go Micro's names for them.
pub(super) fn routes(health: &Health) -> Router {
    Router::new()
        .route("/healthz", get(alive))
        .route("/health/live", get(alive))
        .route("/readyz", get(ready))
        .route("/health/ready", get(ready))
        .route("/health", get(ready))
        .with_state(health.clone())
}

async fn alive() -> &'static str {
    "alive\n"
}

async fn ready(extract::State(health): extract::State<Health>) -> (StatusCode, String) {
    let (status, ready) = (health.status(), health.readiness().is_ready());
    let mut text = match (ready, health.lifecycle().state()) {
        (true, _) => "ready\n".to_owned(),
        (false, State::Serving) => "not ready\n".to_owned(),
        (false, State::Starting) => "not ready: starting\n".to_owned(),
        (false, _) => "not ready: shutting down\n".to_owned(),
    };
    for (name, (critical, words)) in &status.failing {
        let kind = if *critical == Critical::Yes { "critical" } else { "not critical" };
        let _ = writeln!(text, "{name} ({kind}): {words}");
    }
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, text)
}
