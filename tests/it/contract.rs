//! The contract the scenarios call, an implementation, and apps that serve it.

use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use micro::prelude::*;
use micro::registry::Registry;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[micro::message(package = "it")]
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub text: String,
}

impl Text {
    pub fn new(text: impl Into<String>) -> Self {
        Text { text: text.into() }
    }
}

/// Says things, in all four shapes.
#[micro::service(name = "echo", package = "it")]
pub trait Echo {
    async fn say(&self, text: Text) -> Result<Text>;
    async fn letters(&self, text: Text) -> Result<Streaming<Text>>;
    async fn join(&self, texts: Streaming<Text>) -> Result<Text>;
    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>>;
    async fn nothing(&self) -> Result<()>;
}

/// Answers, and remembers in which context it was asked.
#[derive(Clone, Default)]
pub struct Mirror {
    pub seen: Arc<Mutex<Vec<Context>>>,
}

#[micro::handler]
impl Echo for Mirror {
    async fn say(&self, text: Text, ctx: &Context) -> Result<Text> {
        self.seen.lock().expect("not poisoned").push(ctx.clone());
        match text.text.as_str() {
            "panic" => panic!("asked to"),
            "foreign" => Err(std::io::Error::other("password is hunter2"))?,
            "missing" => Err(Error::not_found("no such text").with("table", "texts")),
            "header" => {
                ctx.reply_header("x-ahead", "1")?;
                ctx.reply_trailer("x-behind", "2")?;
                Ok(text)
            }
            _ => Ok(text),
        }
    }

    async fn letters(&self, text: Text) -> Result<Streaming<Text>> {
        let letters: Vec<_> = text.text.chars().map(Text::new).collect();
        Ok(Streaming::iter(letters))
    }

    async fn join(&self, mut texts: Streaming<Text>) -> Result<Text> {
        let mut all = String::new();
        while let Some(text) = texts.next().await {
            all.push_str(&text?.text);
        }
        Ok(Text::new(all))
    }

    async fn shout(&self, texts: Streaming<Text>) -> Result<Streaming<Text>> {
        Ok(Streaming::new(texts.map(|text| Ok(Text::new(text?.text.to_uppercase())))))
    }

    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

/// An app that serves `value` and lists it in `registry`.
pub async fn serving(registry: &Registry, value: impl Echo) -> micro::app::Running {
    serving_as(registry, EchoServer::new(value)).await
}

/// The same for any service.
pub async fn serving_as(registry: &Registry, service: micro::rpc::Service) -> micro::app::Running {
    micro::app().registry(registry.clone()).serve(service).start().await.expect("it starts")
}

/// A client in the same process that knows nothing but the registry, so that its calls go over the wire.
pub async fn calling(registry: &Registry) -> EchoClient {
    calling_as(registry).await
}

/// The same for any client.
pub async fn calling_as<C: Clone + Send + Sync + 'static>(registry: &Registry) -> C {
    let app = micro::app().registry(registry.clone()).start().await.expect("it starts");
    app.get().expect("clients can be had")
}

/// What plain HTTP answers to a JSON text: the status, and the body as JSON.
pub async fn posted(app: &micro::app::Running, path: &str, json: &str) -> (u16, serde_json::Value) {
    let address = app.address().expect("it listens");
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let length = json.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{json}"
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, serde_json::from_str(body).unwrap_or_default())
}
