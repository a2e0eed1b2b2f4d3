//! A contract, a local implementation of it, and its client.
#![deny(warnings, missing_docs, unreachable_pub)]

use micro::client::ServiceClient;
use micro::{Result, Streaming};
use ui_tests::{HelloReply, HelloRequest};

type Greetings = Streaming<HelloReply>;

/// Greets people.
#[micro::service(name = "greeter", package = "acme.greeter", version = "1.2.0")]
pub trait Greeter {
    /// Greets a person by name.
    #[method(no_side_effects, timeout = "1.5s")]
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;

    /// The kind of a method is decided by type, so aliases work.
    #[method(name = "Many")]
    async fn repeat(&self, names: Streaming<HelloRequest>) -> Result<Greetings>;

    /// Takes nothing, returns nothing.
    async fn ping(&self) -> Result<()>;

    /// Has a body.
    #[method(idempotent)]
    async fn shout(&self, mut req: HelloRequest) -> Result<HelloReply> {
        req.name = req.name.to_uppercase();
        self.hello(req).await
    }

    /// A name that is a keyword.
    async fn r#type(&self, _: HelloRequest) -> Result<()> {
        Ok(())
    }

    /// Was here before.
    #[method(deprecated = "use `hello`")]
    async fn greet(&self, req: HelloRequest) -> Result<HelloReply> {
        self.hello(req).await
    }
}

struct English;

impl Greeter for English {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply> {
        Ok(HelloReply { greeting: format!("Hello {}", req.name) })
    }

    async fn repeat(&self, _: Streaming<HelloRequest>) -> Result<Greetings> {
        Err(micro::Error::new(micro::Code::Unimplemented, "later"))
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

async fn greeting(greeter: impl Greeter, name: &str) -> String {
    greeter.shout(HelloRequest { name: name.to_owned() }).await.map(|reply| reply.greeting).unwrap_or_default()
}

#[micro::main]
async fn main() -> Result<()> {
    assert_eq!(greeting(English, "Ada").await, "Hello ADA");

    let client = GreeterClient::of(English);
    assert_eq!(greeting(client.clone(), "Ada").await, "Hello ADA");
    client.ping().await?;
    client.r#type(HelloRequest::default()).await?;
    assert!(format!("{client:?}").starts_with("GreeterClient"));
    let _ = (client.named("greeter-canary"), client.at("127.0.0.1:1"), client.with(micro::CallOptions::default()));

    // Futures of a client may go to another thread.
    let spawned = tokio::spawn(async move { client.hello(HelloRequest::default()).await });
    assert!(spawned.await.is_ok_and(|reply| reply.is_ok()));

    let description = GreeterServer::new(English).desc().description();
    assert_eq!((&*description.name, &*description.full_name, &*description.version), ("greeter", "acme.greeter.Greeter", "1.2.0"));
    assert_eq!(description.docs, "Greets people.");
    let paths: Vec<_> = description.methods.iter().map(|method| &*method.path).collect();
    assert_eq!(
        paths,
        ["Hello", "Many", "Ping", "Shout", "Type", "Greet"].map(|name| format!("/acme.greeter.Greeter/{name}"))
    );
    assert_eq!(description.methods[0].timeout, Some(std::time::Duration::from_millis(1500)));
    let repeat = &description.methods[1];
    assert!(repeat.client_streaming && repeat.server_streaming);
    Ok(())
}
