//! What orchestrators ask: is it alive, and is it ready for calls?

use std::fmt::Write as _;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::health::{Critical, Health};

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

async fn ready(State(health): State<Health>) -> (StatusCode, String) {
    let status = health.status();
    let mut text = match (status.is_ready(), status.serving) {
        (true, _) => "ready\n".to_owned(),
        (false, true) => "not ready\n".to_owned(),
        (false, false) => "not ready: starting or shutting down\n".to_owned(),
    };
    for (name, (critical, words)) in &status.failing {
        let kind = if *critical == Critical::Yes { "critical" } else { "not critical" };
        let _ = writeln!(text, "{name} ({kind}): {words}");
    }
    let code = if status.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, text)
}
