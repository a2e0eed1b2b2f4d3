//! Trait of all generated clients.

use std::sync::Arc;

use super::{CallOptions, Client};
use crate::rpc::Service;

/// A generated client such as `GreeterClient`.
///
/// The methods of the contract are inherent methods of the client and take precedence over the methods of this trait. A
/// contract may therefore have a method called `at` or `with`; the trait method of that name is then called with the path of
/// the trait.
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
/// For the same reason, methods added to this trait later do not shadow a method of a contract.
pub trait ServiceClient: Clone + Send + Sync + 'static {
    /// Creates a typed client on top of `client`.
    #[must_use]
    fn from_client(client: Client) -> Self;

    /// Returns the underlying [`Client`].
    fn as_client(&self) -> &Client;

    /// Creates a client that calls `value` in this process, through the same interceptors as any other call of the client.
    #[must_use]
    fn of<T>(value: T) -> Self
    where
        Self: Wraps<T>,
    {
        Self::from_client(Client::of(Self::service(Arc::new(value))))
    }

    /// Returns a copy that calls the service listed as `name`.
    #[must_use]
    fn named(&self, name: impl Into<String>) -> Self {
        Self::from_client(self.as_client().named(name))
    }

    /// Returns a copy that calls one address and bypasses the registry; see [`Client::at`].
    #[must_use]
    fn at(&self, address: impl Into<String>) -> Self {
        Self::from_client(self.as_client().at(address))
    }

    /// Returns a copy with other call options.
    #[must_use]
    fn with(&self, options: CallOptions) -> Self {
        Self::from_client(self.as_client().with(options))
    }
}

/// A client that can call values of type `T` in its own process. Generated for every implementation of the contract.
pub trait Wraps<T>: ServiceClient {
    /// Returns a service whose methods are those of `value`.
    fn service(value: Arc<T>) -> Service;
}
