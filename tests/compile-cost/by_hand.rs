// What the crate written by hand has once: both formats in and out, and a client. The rest is written per message and method.
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

#[derive(Debug)]
pub struct Failure(pub StatusCode, pub String);

pub type Result<T> = std::result::Result<T, Failure>;

pub trait Body: prost::Message + Default + serde::Serialize + serde::de::DeserializeOwned + 'static {}

impl<T: prost::Message + Default + serde::Serialize + serde::de::DeserializeOwned + 'static> Body for T {}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json")
}

pub async fn unary<In: Body, Out: Body>(headers: &HeaderMap, body: Bytes, call: impl AsyncFnOnce(In) -> Result<Out>) -> Response {
    let json = is_json(headers);
    let request = if json { serde_json::from_slice(&body).ok() } else { In::decode(body).ok() };
    let Some(request) = request else { return StatusCode::BAD_REQUEST.into_response() };
    match call(request).await {
        Ok(reply) if json => serde_json::to_vec(&reply).unwrap_or_default().into_response(),
        Ok(reply) => reply.encode_to_vec().into_response(),
        Err(Failure(status, text)) => (status, text).into_response(),
    }
}

#[derive(Clone)]
pub struct Client(pub Arc<dyn Fn(&'static str, Vec<u8>) -> std::pin::Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>> + Send + Sync>);

impl Client {
    pub fn call<In: Body, Out: Body>(&self, path: &'static str, request: In) -> impl Future<Output = Result<Out>> + Send + use<In, Out> {
        let sent = (self.0)(path, request.encode_to_vec());
        async move {
            let bytes = sent.await?;
            Out::decode(&*bytes).map_err(|error| Failure(StatusCode::BAD_GATEWAY, error.to_string()))
        }
    }
}
