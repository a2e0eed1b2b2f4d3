//! Who needs what: values from providers, clients of other services, and an instance that is built from them.
//! `cargo run --example injection`

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use micro::prelude::*;

/// A pool of connections, in the place of a real one.
#[derive(Clone)]
struct Pool(Arc<Mutex<HashMap<String, u32>>>);

#[micro::provider]
async fn pool() -> Result<Pool> {
    Ok(Pool(Arc::default()))
}

/// What the database holds, built on top of the pool: providers may need what others provide.
#[derive(Clone)]
struct Visits(Pool);

#[micro::provider]
fn visits(pool: Pool) -> Result<Visits> {
    Ok(Visits(pool))
}

impl Visits {
    fn count(&self, name: &str) -> u32 {
        let mut visits = self.0.0.lock().expect("nobody panics while holding it");
        let count = visits.entry(name.to_owned()).or_default();
        *count += 1;
        *count
    }
}

#[micro::message(package = "doorman")]
#[derive(Clone, Debug)]
pub struct Guest {
    pub name: String,
}

#[micro::message(package = "doorman")]
#[derive(Clone, Debug)]
pub struct Welcome {
    pub text: String,
}

/// Chooses words.
#[micro::service(name = "phrases")]
pub trait Phrases {
    async fn welcome(&self, guest: Guest) -> Result<Welcome>;
}

#[derive(Default)]
struct English;

#[micro::handler]
impl Phrases for English {
    async fn welcome(&self, guest: Guest) -> Result<Welcome> {
        Ok(Welcome { text: format!("Welcome, {}", guest.name) })
    }
}

/// Lets guests in and counts them.
#[micro::service(name = "doorman")]
pub trait Doorman {
    async fn enter(&self, guest: Guest) -> Result<Welcome>;
}

struct Porter {
    phrases: PhrasesClient,
    visits: Visits,
}

impl Porter {
    // Every parameter is injected: a client of a service that may live anywhere, and what a provider made.
    #[micro::init]
    async fn new(phrases: PhrasesClient, visits: Visits) -> Result<Self> {
        Ok(Porter { phrases, visits })
    }
}

#[micro::handler]
impl Doorman for Porter {
    async fn enter(&self, guest: Guest) -> Result<Welcome> {
        let visit = self.visits.count(&guest.name);
        let Welcome { text } = self.phrases.welcome(guest).await?;
        Ok(Welcome { text: format!("{text}, visit {visit}") })
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let app = micro::app().linked().start().await?;
    let doorman: DoormanClient = app.get()?;
    for name in ["Ada", "Grace", "Ada"] {
        println!("{}", doorman.enter(Guest { name: name.into() }).await?.text);
    }
    app.stop().await
}
