use std::borrow::Borrow;
use std::sync::Arc;

use super::{Account, Context};
use crate::errors::{Error, Result};
use crate::util::types::Dep;

/// A type that handlers and subscribers can take by reference, made from the [`Context`] of each call or event.
///
/// [`Context`] itself, [`Account`] and settings marked `#[micro::config(prefix = "..")]` are such types. For one of your own,
/// say how it is found:
///
/// ```
/// use micro::prelude::*;
/// use micro::context::FromContext;
///
/// /// Whose data a call is about.
/// pub struct Tenant(String);
///
/// impl FromContext for Tenant {
///     type Held = Self;
///
///     fn from_context(context: &Context) -> Result<Self> {
///         match context.metadata().get("tenant") {
///             Some(name) => Ok(Tenant(name.to_owned())),
///             None => Err(Error::invalid_argument("the metadata `tenant` is missing")),
///         }
///     }
/// }
///
/// # #[micro::message] pub struct Id { pub id: u64 }
/// # #[micro::message] pub struct Invoice { pub tenant: String }
/// # #[micro::event(topic = "invoices.paid")] pub struct Paid { pub id: u64 }
/// #[derive(Default)]
/// pub struct Invoices;
///
/// #[micro::service(name = "invoices")]
/// impl Invoices {
///     #[handler]
///     async fn get(&self, id: Id, tenant: &Tenant) -> Result<Invoice> {
///         Ok(Invoice { tenant: tenant.0.clone() })
///     }
/// }
///
/// #[micro::subscriber]
/// async fn paid(event: Paid, tenant: &Tenant) -> Result<()> {
///     println!("{} paid {}", tenant.0, event.id);
///     Ok(())
/// }
/// ```
///
/// It is made before the body of the function runs, in the order of the parameters. Making it does not wait: what has to be
/// asked for elsewhere is an [interceptor](crate::rpc::Interceptor)'s work, which comes before.
///
/// # Errors
///
/// The error of [`from_context`](Self::from_context) is the reply to the call. An event counts as tried, and is
/// [tried again](crate::guide::events#what-becomes-of-an-event).
pub trait FromContext: Sized + Send + Sync + 'static {
    /// Owner of the value while the function runs: `Self`, or an `Arc<Self>` if the value is shared.
    type Held: Borrow<Self> + Send + Sync;

    /// Types that an app has to provide as [extensions](Context::extension) of the context.
    #[doc(hidden)]
    const NEEDS: &'static [Dep] = &[];

    /// The value of this call or event.
    ///
    /// # Errors
    ///
    /// Whatever the caller should be told when there is none.
    fn from_context(context: &Context) -> Result<Self::Held>;
}

impl FromContext for Context {
    type Held = Self;

    fn from_context(context: &Context) -> Result<Self> {
        Ok(context.clone())
    }
}

/// Calls without an account fail with [`Unauthenticated`](crate::Code::Unauthenticated).
impl FromContext for Account {
    type Held = Arc<Self>;

    fn from_context(context: &Context) -> Result<Arc<Self>> {
        let account = context.0.as_ref().and_then(|inner| inner.account.clone());
        account.ok_or_else(|| Error::unauthenticated("the caller has not said who it is"))
    }
}
