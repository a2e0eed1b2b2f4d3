//! Settings in three structs, from files, the environment and flags, and changed while the program runs.
//! `cargo run --example config-reload -- --config examples/config-reload/app.toml`, then call it, change `salutation` in the
//! file, and call it again. `--help`, `--print-config` and `--check-config` say what there is and where it comes from.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use micro::config::{Config, Secret, Watching};
use micro::prelude::*;

/// How people are greeted.
#[micro::config(prefix = "greeter")]
#[derive(Debug)]
pub struct Greeting {
    /// What stands before the name.
    #[config(default = "Hello", validate(length(1..=40)))]
    pub salutation: String,
    /// Other words for single people, by name.
    #[config(default)]
    pub known: BTreeMap<String, String>,
    /// How loud it is said.
    #[config(default = Tone::Normal)]
    pub tone: Tone,
}

/// How loud something is said.
#[micro::config]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tone {
    /// As it is written.
    Normal,
    /// In capitals.
    Loud,
}

/// How many greetings there are, and how fast.
#[micro::config(prefix = "limits", validate = Limits::leave_something)]
#[derive(Debug)]
pub struct Limits {
    /// How many people are greeted; no limit where not given.
    pub most: Option<u32>,
    /// How long to think before each greeting.
    #[config(default = "0s", validate(range(..="10s")))]
    pub pause: Duration,
}

impl Limits {
    fn leave_something(&self) -> Result<(), &'static str> {
        if self.most == Some(0) { Err("with `most = 0` nobody is greeted") } else { Ok(()) }
    }
}

/// Where copies of all greetings go.
#[micro::config(prefix = "mail")]
#[derive(Debug)]
pub struct Mail {
    /// The server that takes them.
    #[config(default = "localhost:25", reload = "restart")]
    pub server: String,
    /// The password for it.
    pub password: Option<Secret<String>>,
}

#[micro::message(package = "greeter")]
#[derive(Clone, Debug)]
pub struct HelloRequest {
    pub name: String,
}

#[micro::message(package = "greeter")]
#[derive(Clone, Debug)]
pub struct HelloReply {
    pub greeting: String,
}

#[micro::service(name = "greeter")]
pub trait Greeter {
    /// Greets a person by name.
    async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
}

struct English {
    limits: Config<Limits>,
    greeted: AtomicU32,
    _watching: Watching,
}

impl English {
    #[micro::init]
    fn new(limits: Config<Limits>, greeting: Config<Greeting>, mail: Config<Mail>) -> Result<Self> {
        // The password shows as `***`.
        tracing::info!(mail = ?mail.get(), "ready to greet");
        let watching = greeting.watch(|old, new| {
            tracing::info!(old = old.salutation, new = new.salutation, "people are greeted differently from now on");
        });
        Ok(English { limits, greeted: AtomicU32::new(0), _watching: watching })
    }
}

#[micro::handler]
impl Greeter for English {
    // `greeting` is what is in force when the call comes, and stays so until it ends.
    async fn hello(&self, req: HelloRequest, greeting: &Greeting) -> Result<HelloReply> {
        let (most, pause) = (self.limits.get().most, self.limits.get().pause);
        if most.is_some_and(|most| self.greeted.fetch_add(1, Ordering::Relaxed) >= most) {
            return Err(Error::new(Code::ResourceExhausted, "enough people were greeted"));
        }
        tokio::time::sleep(pause).await;
        let salutation = greeting.known.get(&req.name).unwrap_or(&greeting.salutation);
        let greeting = match greeting.tone {
            Tone::Normal => format!("{salutation}, {}!", req.name),
            Tone::Loud => format!("{salutation}, {}!", req.name).to_uppercase(),
        };
        Ok(HelloReply { greeting })
    }
}

#[micro::main]
async fn main() -> Result<()> {
    micro::run().await
}
