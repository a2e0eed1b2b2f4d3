//! Integration of [`Direct`] into an app: the scheme, and the hosted service.

use super::{Direct, SERVICE};
use crate::bridge::{Host, Hosted};
use crate::broker::Broker;
use crate::client::Client;
use crate::registry::{LeaseOptions, Node, Registry};
use crate::rpc::{BoxFuture, Service};

crate::scheme!(Broker, "direct", "direct", |connect| {
    Box::pin(async move {
        connect.nothing_more()?;
        let (host, client, registry) =
            (connect.part::<Host>()?, connect.part::<Client>()?, connect.part::<Registry>()?);
        Ok(Broker::new(host.one_of(|| Direct::new(client, registry))))
    })
});

impl Hosted for Direct {
    fn service_name(&self) -> &'static str {
        SERVICE
    }

    fn service(&self) -> Service {
        Direct::service(self)
    }

    fn listen(&self, node: Node, lease: LeaseOptions) {
        Direct::listen(self, node, lease);
    }

    fn leave(&self) -> BoxFuture<'_, ()> {
        Box::pin(Direct::leave(self))
    }

    fn close(&self) {
        Direct::close(self);
    }
}
