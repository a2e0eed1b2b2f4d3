//! A registry of one's own, chosen by URL: nodes that are written down and never change.
//! `cargo run --example custom-registry -- fixed://greeter=127.0.0.1:8080 Ada`, with a greeter at that address.

use std::time::Duration;

use micro::prelude::*;
use micro::registry::{Backend, Node, Registry, Watch};

#[path = "../greeter/contract.rs"]
mod contract;

use contract::{GreeterClient, HelloRequest};

#[derive(Debug)]
struct Fixed(Vec<Node>);

micro::scheme!(Registry, "fixed", "fixed://greeter=127.0.0.1:8080,billing=127.0.0.1:8081", |connect| {
    Box::pin(async move { Ok(Registry::new(Fixed::parse(connect.url())?)) })
});

impl Fixed {
    fn parse(url: &str) -> Result<Self> {
        let (_, nodes) = url.split_once("://").unwrap_or_default();
        let node = |text: &str| {
            let (service, address) = text
                .split_once('=')
                .ok_or_else(|| Error::invalid_argument(format!("`{text}` in `{url}`: expected `service=host:port`")))?;
            Ok(Node::new(service, address))
        };
        Ok(Fixed(nodes.split(',').filter(|text| !text.is_empty()).map(node).collect::<Result<_>>()?))
    }

    fn of(&self, service: &str) -> impl Iterator<Item = &Node> {
        self.0.iter().filter(move |node| node.service == service)
    }
}

impl Backend for Fixed {
    fn name(&self) -> String {
        "fixed".into()
    }

    // What is written down stays as it is: a program may say that it is there, and nobody takes note.
    async fn register(&self, _: &Node, _: Duration) -> Result<()> {
        Ok(())
    }

    async fn deregister(&self, _: &Node) -> Result<()> {
        Ok(())
    }

    async fn nodes(&self, service: &str) -> Result<Vec<Node>> {
        Ok(self.of(service).cloned().collect())
    }

    async fn services(&self) -> Result<Vec<String>> {
        let mut services: Vec<_> = self.0.iter().map(|node| node.service.clone()).collect();
        services.dedup();
        Ok(services)
    }

    async fn watch(&self, service: Option<&str>) -> Result<Watch> {
        let (feed, watch) = Watch::channel(service);
        for node in self.0.iter().filter(|node| service.is_none_or(|service| node.service == service)) {
            feed.put(node.clone());
        }
        // The watch ends with its feed, and nothing ever changes; so it keeps the feed.
        Ok(watch.owning(feed))
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "fixed://greeter=127.0.0.1:8080".into());
    let app = micro::app().settings(|settings| settings.registry = url).start().await?;
    let greeter: GreeterClient = app.get()?;
    let name = arguments.next().unwrap_or_else(|| "world".into());
    println!("{}", greeter.hello(HelloRequest { name }).await?.greeting);
    Ok(())
}
