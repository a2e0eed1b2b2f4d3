//! Settings that a method takes with each call.

use std::sync::Arc;

use micro::client::Builder;
use micro::config::{Config, Layer, Memory, Requirement};
use micro::context::Extensions;
use micro::prelude::*;
use micro::registry::Registry;
use micro::server::Server;
use micro::transport::local::LocalTransport;
use micro::transport::memory::Network;

#[micro::config(prefix = "lent.greeting")]
struct Greeting {
    #[config(default = "Hello")]
    salutation: String,
}

#[micro::config(prefix = "lent.limits")]
struct Limits {
    letters: usize,
}

#[micro::message(package = "lent")]
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    text: String,
}

#[derive(Debug, micro::Error)]
#[error(package = "lent")]
pub enum GreetError {
    #[error(code = OutOfRange, "`{0}` has too many letters")]
    Long(String),
    #[error(other)]
    Other(micro::Error),
}

#[micro::service(name = "lent", package = "lent")]
trait Greeter {
    async fn greet(&self, name: Text) -> Result<Text>;
    async fn limited(&self, name: Text) -> std::result::Result<Text, GreetError>;
}

struct English;

#[micro::handler(manual)]
impl Greeter for English {
    async fn greet(&self, name: Text, config: &Greeting) -> Result<Text> {
        tokio::task::yield_now().await;
        Ok(Text { text: format!("{} {}", config.salutation, name.text) })
    }

    async fn limited(
        &self,
        Limits { letters }: &Limits,
        name: Text,
        ctx: &Context,
        config: &Greeting,
    ) -> std::result::Result<Text, GreetError> {
        assert!(ctx.deadline().is_some() || ctx.peer().is_none());
        if name.text.len() > *letters {
            return Err(GreetError::Long(name.text));
        }
        Ok(Text { text: format!("{} {}", config.salutation, name.text) })
    }
}

#[derive(Default)]
struct Alone;

#[micro::service(package = "lent")]
impl Alone {
    #[handler]
    async fn greet(&self, config: &Greeting, name: Text, _ctx: &Context, limits: &Limits) -> Result<Text> {
        Ok(Text { text: format!("{} {:.*}", config.salutation, limits.letters, name.text) })
    }
}

fn lent() -> Extensions {
    let greeting = Config::fixed(Greeting { salutation: "Ahoy".into() });
    Extensions::new().with(greeting).with(Config::fixed(Limits { letters: 3 }))
}

fn server(extensions: Extensions) -> Arc<Server> {
    let mut server = Server::new().with_extensions(extensions);
    server.add("lent", GreeterServer::new(English)).unwrap();
    Arc::new(server)
}

async fn answer(client: &micro::client::Client, method: &str, name: &str) -> Result<String> {
    let request = format!(r#"{{"text": "{name}"}}"#);
    client.dynamic("lent").json(&format!("/lent.Greeter/{method}"), &request).await
}

#[tokio::test(start_paused = true)]
async fn a_method_takes_the_settings_of_its_server_whichever_way_the_call_comes() {
    let server = server(lent());
    let (local, network) = (LocalTransport::new(), Network::new());
    local.serve(server.clone());
    let door = network.serve(server);
    let client = Builder::new(local).with_remote(Registry::memory(), Arc::new(network)).build();
    let remote = client.at(format!("127.0.0.1:{}", door.port()));
    for client in [client, remote] {
        assert_eq!(answer(&client, "Greet", "Ada").await.unwrap(), r#"{"text":"Ahoy Ada"}"#);
        assert_eq!(answer(&client, "Limited", "Ada").await.unwrap(), r#"{"text":"Ahoy Ada"}"#);
        let long = answer(&client, "Limited", "Grace").await.unwrap_err();
        assert_eq!((long.code(), long.message()), (Code::OutOfRange, "`Grace` has too many letters"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_server_does_not_lend_fails_the_call() {
    let local = LocalTransport::new();
    local.serve(server(Extensions::new().with(Config::fixed(Greeting { salutation: "Ahoy".into() }))));
    let client = Builder::new(local).build();
    assert!(answer(&client, "Greet", "Ada").await.is_ok());
    let refused = answer(&client, "Limited", "Ada").await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.to_string().contains("has not read `Limits`, the settings at `lent.limits`"), "{refused}");
}

#[tokio::test]
async fn a_method_that_is_called_by_itself_has_the_declared_defaults() {
    let name = || Text { text: "Ada".into() };
    assert_eq!(English.greet(name()).await.unwrap().text, "Hello Ada");
    let Err(GreetError::Other(refused)) = English.limited(name()).await else { panic!("it needs a limit") };
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.to_string().contains("`lent.limits.letters` is not set"), "{refused}");

    let client = GreeterClient::of(English);
    assert_eq!(client.greet(name()).await.unwrap().text, "Hello Ada");
}

#[tokio::test(start_paused = true)]
async fn a_service_without_a_contract_takes_them_as_parameters() {
    let greeting = Greeting { salutation: "Ahoy".into() };
    let reply = Alone.greet(&greeting, Text { text: "Grace".into() }, &Context::new(), &Limits { letters: 2 }).await;
    assert_eq!(reply.unwrap().text, "Ahoy Gr");
    let refused = AloneClient::of(Alone).greet(Text { text: "Ada".into() }).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

#[derive(Default)]
struct Linked;

#[micro::handler]
impl Greeter for Linked {
    async fn greet(&self, name: Text, config: &Greeting) -> Result<Text> {
        Ok(Text { text: format!("{} {}", config.salutation, name.text) })
    }

    async fn limited(&self, name: Text, limits: &Limits) -> std::result::Result<Text, GreetError> {
        Ok(Text { text: name.text.chars().take(limits.letters).collect() })
    }
}

#[tokio::test]
async fn an_app_lends_what_is_in_force_when_the_call_comes() {
    let name = || Text { text: "Grace".into() };
    let memory = Memory::new(Layer::File);
    memory.set("lent.limits.letters", 2);
    let app = || micro::app().registry(Registry::memory()).config_source(memory.clone(), Requirement::Required);

    let running = app().mount::<Linked>().start().await.unwrap();
    let client: GreeterClient = running.get().unwrap();
    assert_eq!(client.greet(name()).await.unwrap().text, "Hello Grace");
    assert_eq!(client.limited(name()).await.unwrap().text, "Gr");
    let config: Config<Limits> = running.get().unwrap();
    memory.set("lent.limits.letters", 3);
    config.changed().await;
    assert_eq!(client.limited(name()).await.unwrap().text, "Gra");

    let by_hand = app().serve(GreeterServer::new(English)).start().await.unwrap();
    let client: GreeterClient = by_hand.get().unwrap();
    assert_eq!(client.greet(name()).await.unwrap().text, "Hello Grace", "what nobody registered is looked up");
    assert!(matches!(client.limited(name()).await, Err(GreetError::Long(_))));
}

#[tokio::test]
async fn an_app_does_not_start_without_what_its_handlers_are_lent() {
    let refused = micro::app().registry(Registry::memory()).mount::<Linked>().start().await.unwrap_err();
    assert!(refused.to_string().contains("`lent.limits.letters` is not set"), "{refused}");
}
