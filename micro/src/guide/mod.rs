//! The ideas of micro, one page each: [`messages`], [`contracts`], [`handlers`], [`clients`], [`errors`], [`context`],
//! [`configuration`], [`running`], [`events`], [`brokers`], [`encryption`], [`testing`], [`without_contracts`] and [`contributing`].

#[doc = include_str!("messages.md")]
pub mod messages {}
#[doc = include_str!("contracts.md")]
pub mod contracts {}
#[doc = include_str!("handlers.md")]
pub mod handlers {}
#[doc = include_str!("clients.md")]
pub mod clients {}
#[doc = include_str!("errors.md")]
pub mod errors {}
#[doc = include_str!("context.md")]
pub mod context {}
#[doc = include_str!("configuration.md")]
#[doc = include_str!("help.md")]
#[doc = include_str!("micro.md")]
#[doc = include_str!("settings.md")]
pub mod configuration {}
#[doc = include_str!("running.md")]
pub mod running {}
#[doc = include_str!("events.md")]
pub mod events {}
#[doc = include_str!("brokers.md")]
pub mod brokers {}
#[doc = include_str!("encryption.md")]
pub mod encryption {}
#[cfg(feature = "testing")]
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("without_contracts.md")]
pub mod without_contracts {}
#[cfg(feature = "testing")]
#[doc = include_str!("contributing.md")]
pub mod contributing {}
