//! Implementations of another crate's contracts, known here under other names.
#![no_implicit_prelude]

extern crate fancy as micro;
extern crate std;

use ::hygiene_contract::shadowed::{Shadowed as Clone, ShadowedClient};
use ::hygiene_contract::{Plain as Future, Stream};
use ::micro::{Context, Result};

/// Something to inject.
#[derive(::std::fmt::Debug, ::std::clone::Clone)]
pub struct Pool;

#[::micro::provider]
async fn pool() -> Result<Pool> {
    ::std::result::Result::Ok(Pool)
}

/// Settings to inject.
pub type Settings = ::micro::config::Config<::hygiene_contract::Settings>;

/// Serves two contracts with one value.
#[derive(::std::fmt::Debug)]
pub struct Both {
    _pool: Pool,
}

mod elsewhere {
    use super::{Both, Pool, Result, ShadowedClient};

    impl Both {
        #[::micro::init]
        async fn new(resolver: Pool, value: ShadowedClient, settings: super::Settings) -> Result<Self> {
            let _ = (value, *settings.get().number.expose());
            ::std::result::Result::Ok(Both { _pool: resolver })
        }
    }
}

#[::micro::handler]
impl Future for Both {
    async fn ping(&self, value: &Context, lent: &::hygiene_contract::Settings) -> Result<()> {
        ::std::assert_eq!(*lent.number.expose(), 2);
        ::std::assert!(value.deadline().is_some());
        ::std::result::Result::Ok(())
    }

    async fn echo(&self, stream: Stream, ctx: &Context) -> Result<Stream> {
        let _ = ctx;
        ::std::result::Result::Ok(stream)
    }
}

#[::micro::handler]
impl Clone for Both {
    async fn this(&self, _: ()) -> Result<()> {
        ::std::result::Result::Ok(())
    }

    async fn call(&self, _: ()) -> Result<()> {
        ::std::result::Result::Ok(())
    }
}

/// A service without a contract.
#[derive(::std::fmt::Debug, ::std::default::Default)]
pub struct Alone;

#[::micro::service]
impl Alone {
    /// Asks for a context under a name of ours.
    #[handler]
    pub async fn go(&self, input: (), error: &::hygiene_contract::Settings, this: &Context) -> Result<()> {
        ::std::assert_eq!(*error.number.expose(), 2);
        let () = input;
        ::std::assert!(this.deadline().is_some());
        ::std::result::Result::Ok(())
    }

    #[subscriber]
    async fn noted(
        &self,
        event: ::hygiene_contract::Noted,
    ) -> ::std::result::Result<(), ::hygiene_contract::NoteError> {
        let _ = event;
        ::std::result::Result::Ok(())
    }
}

#[::micro::handler]
impl Both {
    #[subscriber(queue = "hygiene", ordered_by)]
    async fn noted(&self, noted: ::hygiene_contract::Noted, pool: Pool, ctx: &Context) -> Result<()> {
        let _ = (noted, pool, ctx);
        ::std::result::Result::Ok(())
    }
}

#[::micro::subscriber(manual)]
async fn noted(event: ::hygiene_contract::Noted, ctx: &Context, pool: Pool) -> Result<()> {
    ::std::assert!(ctx.event().is_some());
    let _ = (event, pool);
    ::std::result::Result::Ok(())
}

/// An app with it.
pub fn subscribed() -> ::micro::App {
    ::micro::app().subscribe(noted).subscribe(::hygiene_contract::shadowed::read_event)
}

/// A value to serve by hand.
pub fn both() -> Both {
    Both { _pool: Pool }
}
