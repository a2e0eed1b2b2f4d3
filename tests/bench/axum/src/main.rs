//! axum with JSON over HTTP/1.1, and hyper's pooling client: a connection for every call in flight. Its stream is lines of
//! JSON; there is none in both directions.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::ControlFlow;

use axum::body::Body;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use bytes::{Buf, Bytes, BytesMut};
use futures::{StreamExt, stream};
use harness::{Pace, Result};
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct Many {
    items: u64,
    yielding: bool,
}

#[derive(Serialize, Deserialize)]
struct Number {
    value: u64,
}

async fn say(Json(text): Json<Text>) -> Json<Text> {
    Json(text)
}

async fn count(Json(many): Json<Many>) -> Body {
    let lines = (0..many.items).map(|value| {
        let mut line = serde_json::to_vec(&Number { value }).expect("a number is always JSON");
        line.push(b'\n');
        Ok::<_, Infallible>(Bytes::from(line))
    });
    if !many.yielding {
        return Body::from_stream(stream::iter(lines));
    }
    Body::from_stream(stream::iter(lines).then(async |line| {
        tokio::task::yield_now().await;
        line
    }))
}

#[derive(Clone)]
struct Client {
    http: legacy::Client<HttpConnector, Full<Bytes>>,
    base: String,
}

impl Client {
    async fn post(&self, path: &str, message: &impl Serialize) -> Result<hyper::body::Incoming> {
        let body = Full::new(Bytes::from(serde_json::to_vec(message)?));
        let request = Request::post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, "application/json");
        let response = self.http.request(request.body(body)?).await?;
        if response.status() != StatusCode::OK {
            return Err(response.status().to_string().into());
        }
        Ok(response.into_body())
    }
}

impl harness::Client for Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Client { http, base: format!("http://{address}") })
    }

    async fn say(&mut self, text: String) -> Result<String> {
        let body = self.post("/say", &Text { text }).await?.collect().await?.to_bytes();
        Ok(serde_json::from_slice::<Text>(&body)?.text)
    }

    async fn count(
        &mut self,
        items: u64,
        pace: Pace,
        mut each: impl FnMut(u64) -> ControlFlow<()> + Send,
    ) -> Result<()> {
        let mut body = self.post("/count", &Many { items, yielding: pace == Pace::Yielding }).await?;
        let mut rest = BytesMut::new();
        while let Some(frame) = body.frame().await {
            rest.extend_from_slice(frame?.data_ref().unwrap_or(&Bytes::new()));
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let number: Number = serde_json::from_slice(&rest[..end])?;
                rest.advance(end + 1);
                if each(number.value).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    if !harness::serves() {
        harness::call::<Client>().await;
        return Ok(());
    }
    let router = Router::new().route("/say", post(say)).route("/count", post(count));
    let listener = harness::listen().await?.tap_io(|stream| {
        // Without it answers would only come a little later.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}
