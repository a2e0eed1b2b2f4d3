//! Contracts where no name means what generated code might think it means.
#![no_implicit_prelude]

// One line puts the renamed crate where generated code looks for it.
extern crate fancy as micro;

use ::micro::{Result, Streaming};

/// What a kind and a name are, is decided by type.
pub type Stream = Streaming<()>;

/// A contract without any prelude.
#[::micro::service(name = "plain", package = "hygiene")]
pub trait Plain {
    /// Takes nothing, gives nothing.
    #[method(no_side_effects, timeout = "2s")]
    async fn ping(&self) -> Result<()>;

    /// Streams both ways.
    async fn echo(&self, stream: Stream) -> Result<Stream>;

    /// Has a body.
    async fn twice(&self, _: ()) -> Result<()> {
        self.ping().await?;
        self.ping().await
    }
}

/// Names that generated code uses, and that mean something else here.
pub mod shadowed {
    #![allow(dead_code, non_camel_case_types, missing_docs, missing_debug_implementations)]

    macro_rules! shadow {
        ($($name:ident)*) => {$( pub struct $name; )*};
    }

    shadow! {
        Send Sync Sized Future Option Some None Ok Err Box Arc String Vec Into From Clone Copy Debug Any
        Service ServiceDesc Method MethodDesc MethodSpec Entry Client Context Part Outcome Dep Init Resolver
        Table T Self_ usize str u64 core std
    }

    /// A contract among them.
    #[::micro::service(name = "shadowed")]
    pub trait Shadowed {
        /// Its parameter has the name of one of ours.
        async fn this(&self, input: ()) -> ::micro::Result<()>;
        /// So has this.
        async fn call(&self, this: ()) -> ::micro::Result<()>;
        /// And this method.
        async fn r#type(&self, value: ()) -> ::micro::Result<()> {
            self.call(value).await
        }
    }
}
