use micro::{Context, Result};
use ui_tests::{HelloReply, HelloRequest};

#[micro::config(prefix = "greeter")]
pub struct GreeterConfig {
    #[config(default = "Hello")]
    pub salutation: String,
}

#[micro::service]
pub trait Greeter {
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
    async fn bye(&self) -> Result<HelloReply>;
}

#[derive(Default)]
pub struct English;

#[micro::handler]
impl Greeter for English {
    async fn hello(&self, config: &GreeterConfig, req: HelloRequest, _: &Context) -> Result<HelloReply> {
        std::future::ready(()).await;
        Ok(HelloReply { greeting: format!("{} {}", config.salutation, req.name) })
    }

    async fn bye(&self, GreeterConfig { salutation }: &'_ GreeterConfig) -> Result<HelloReply> {
        Ok(HelloReply { greeting: salutation.clone() })
    }
}

pub struct Generic<T>(T);

#[micro::handler]
impl<T: Send + Sync + 'static> Greeter for Generic<T> {
    async fn hello(&self, _: HelloRequest, config: &GreeterConfig) -> Result<HelloReply> {
        let _ = &self.0;
        Ok(HelloReply { greeting: config.salutation.clone() })
    }

    async fn bye(&self) -> Result<HelloReply> {
        Ok(HelloReply::default())
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let reply = runtime.block_on(English.hello(HelloRequest { name: "Ada".into() })).unwrap();
    assert_eq!(reply.greeting, "Hello Ada");
    assert_eq!(runtime.block_on(English.bye()).unwrap().greeting, "Hello");
    assert_eq!(runtime.block_on(Generic(1).hello(HelloRequest::default())).unwrap().greeting, "Hello");
}
