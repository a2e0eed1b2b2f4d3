//! The trait that all generated clients implement.

use std::sync::Arc;

use super::{CallOptions, Client};
use crate::rpc::Service;

/// A generated client: what `GreeterClient` and all others have in common.
///
/// The methods of the contract are methods of the client itself, so they come before those of this trait. A contract may
/// therefore have a method called `at` or `with`; the option of that name is then written with the trait.
///
/// ```
/// use micro::prelude::*;
///
/// #[micro::message]
/// pub struct Place {
///     pub name: String,
/// }
///
/// #[micro::service]
/// pub trait Compass {
///     /// Goes to a place.
///     async fn at(&self, place: Place) -> Result<()>;
/// }
///
/// # async fn example(compass: CompassClient) -> Result<()> {
/// compass.named("compass-canary").at(Place { name: "north".into() }).await?;
/// let here = ServiceClient::at(&compass, "10.0.0.7:8080");
/// # Ok(()) }
/// ```
///
/// Options added to this trait later hide no method of a contract either.
pub trait ServiceClient: Clone + Send + Sync + 'static {
    /// The contract on top of a [`Client`].
    #[must_use]
    fn from_client(client: Client) -> Self;

    /// The [`Client`] that it calls with.
    fn as_client(&self) -> &Client;

    /// Calls `value` in this process, through the same layers as a service that runs elsewhere.
    #[must_use]
    fn of<T>(value: T) -> Self
    where
        Self: Wraps<T>,
    {
        Self::from_client(Client::of(Self::service(Arc::new(value))))
    }

    /// A copy that calls the service listed as `name`.
    #[must_use]
    fn named(&self, name: impl Into<String>) -> Self {
        Self::from_client(self.as_client().named(name))
    }

    /// A copy that calls one address and does not ask the registry: see [`Client::at`].
    #[must_use]
    fn at(&self, address: impl Into<String>) -> Self {
        Self::from_client(self.as_client().at(address))
    }

    /// A copy with other options for its calls.
    #[must_use]
    fn with(&self, options: CallOptions) -> Self {
        Self::from_client(self.as_client().with(options))
    }
}

/// A client that can call values of type `T` in its own process: every implementation of its contract.
pub trait Wraps<T>: ServiceClient {
    /// The service that answers with `value`.
    fn service(value: Arc<T>) -> Service;
}
