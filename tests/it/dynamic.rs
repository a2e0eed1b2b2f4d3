//! Calls by names and bytes, and taking those nobody answers.

use micro::codec::Codec;
use micro::prelude::*;
use micro::registry::{LeaseOptions, Node, Registry};
use micro::rpc::Payload;
use micro::server::{Fallback, FallbackCall};

use crate::contract::{EchoClient, Mirror, Text, calling, serving};

#[tokio::test]
async fn a_service_is_called_by_path_in_all_shapes() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    let caller = micro::app().registry(registry).start().await.unwrap();
    for client in [caller.client(), app.client()] {
        let echo = client.dynamic("echo");
        assert_eq!(echo.json("/it.Echo/Say", r#"{"text":"ä"}"#).await.unwrap(), r#"{"text":"ä"}"#);

        let texts = Streaming::iter(["a", "b"].map(|text| bytes::Bytes::from(format!(r#"{{"text":"{text}"}}"#))));
        let replies = echo.streams("/it.Echo/Shout", Codec::JSON, texts).await.unwrap();
        let replies: Vec<_> = replies.try_collect().await.unwrap();
        assert_eq!(replies, [r#"{"text":"A"}"#, r#"{"text":"B"}"#]);

        let missing = echo.json("/it.Echo/Say", r#"{"text":"missing"}"#).await.unwrap_err();
        assert_eq!((missing.code(), missing.message()), (Code::NotFound, "no such text"));
        assert_eq!(echo.json("Say", "{}").await.unwrap_err().code(), Code::InvalidArgument);
        assert_eq!(echo.json("/it.Echo/Say", "{").await.unwrap_err().code(), Code::InvalidArgument);
    }
    app.stop().await.unwrap();
}

/// Passes every call on, as bytes, to whoever is listed as `echo`.
struct Proxy(micro::client::Client);

impl Fallback for Proxy {
    async fn call(&self, call: FallbackCall<'_>) -> Result<Payload> {
        let streams = matches!(call.request, Payload::Many(_));
        let method = micro::rpc::MethodInfo::new(call.path, streams, streams);
        self.0.dynamic(call.service).call(method, call.codec, call.request).await
    }
}

#[tokio::test]
async fn a_fallback_passes_calls_on_that_it_does_not_understand() {
    let (behind, front) = (Registry::memory(), Registry::memory());
    let app = serving(&behind, Mirror::default()).await;
    let way_in = micro::app().registry(behind).start().await.unwrap();
    let proxy = micro::app().registry(front.clone()).fallback(Proxy(way_in.client().clone())).start().await.unwrap();
    let address = proxy.address().unwrap().to_string();
    let _listed = front.register(Node::new("echo", address), LeaseOptions::default()).await.unwrap();

    let echo: EchoClient = calling(&front).await;
    assert_eq!(
        echo.named("echo").at(proxy.address().unwrap().to_string()).say(Text::new("a")).await.unwrap(),
        Text::new("a")
    );
    let letters = echo.at(proxy.address().unwrap().to_string()).letters(Text::new("abc")).await.unwrap();
    assert_eq!(letters.try_collect().await.unwrap().len(), 3);
    app.stop().await.unwrap();
    proxy.stop().await.unwrap();
}

#[tokio::test]
async fn replies_beside_the_message_are_read_where_the_caller_wants_them() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    for echo in [calling(&registry).await, app.get::<EchoClient>().unwrap()] {
        let replies = micro::client::ResponseMetadata::new();
        echo.with(CallOptions::new().with_response_metadata(&replies)).say(Text::new("header")).await.unwrap();
        assert_eq!(replies.headers().get("x-ahead"), Some("1"));
        assert_eq!(replies.trailers().get("x-behind"), Some("2"));
    }
    app.stop().await.unwrap();
}
