//! What orchestrators ask: is it alive, and is it ready for calls?

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::debug::Readiness;

/// Answers `/healthz` and `/readyz`, and Go Micro's names for them.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes(pub(super) Readiness);

impl Probes {
    pub(super) fn routes(&self) -> Router {
        Router::new()
            .route("/healthz", get(alive))
            .route("/health/live", get(alive))
            .route("/readyz", get(ready))
            .route("/health/ready", get(ready))
            .route("/health", get(ready))
            .with_state(self.clone())
    }
}

async fn alive() -> &'static str {
    "alive\n"
}

async fn ready(State(probes): State<Probes>) -> (StatusCode, &'static str) {
    if probes.0.is_ready() {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready: starting or shutting down\n")
    }
}
