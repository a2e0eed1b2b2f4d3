use crate::app::App;
use crate::app::inject::Inject;
use crate::errors::Result;
use crate::registry::Registry;
use crate::transport::memory::Network;

/// Several apps in one process that find and call each other, in isolation: a registry and a network in memory.
///
/// Every call is encoded and its context carried over as on a wire, so what works here works apart. Time may be paused:
/// `#[tokio::test(start_paused = true)]`.
#[derive(Clone, Debug)]
pub struct Cluster {
    registry: Registry,
    network: Network,
}

impl Cluster {
    /// An empty cluster.
    pub fn new() -> Self {
        Cluster { registry: Registry::memory(), network: Network::new() }
    }

    /// An app that lives in this cluster. It serves nothing yet and reads neither environment nor flags.
    pub fn app(&self) -> App {
        App::new().registry(self.registry.clone()).network(self.network.clone())
    }

    /// Returns a generated client whose calls behave as if they left the process.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::Code::NotFound) when `T` is no client.
    pub async fn client<T: Inject>(&self) -> Result<T> {
        self.app().start().await?.get()
    }

    /// Returns the registry of the apps of this cluster.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Waits until a node of `service` is listed.
    pub async fn registered(&self, service: &str) {
        self.settled(service, |nodes| nodes > 0).await;
    }

    /// Waits until no node of `service` is listed.
    pub async fn gone(&self, service: &str) {
        self.settled(service, |nodes| nodes == 0).await;
    }

    async fn settled(&self, service: &str, enough: impl Fn(usize) -> bool) {
        let mut following = self.registry.follow(service);
        following.ready().await;
        while !enough(following.nodes().len()) {
            following.changed().await;
        }
    }
}

impl Default for Cluster {
    fn default() -> Self {
        Cluster::new()
    }
}
