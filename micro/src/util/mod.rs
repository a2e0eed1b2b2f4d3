//! Small things every room needs, among them the doors to the outside world: [`clock`], [`spawn`], [`random`], [`net`].
//!
//! Nothing else in the house reads the time, spawns a task, rolls dice or opens a socket by itself, so that paused time,
//! simulation and replay work everywhere.

pub mod backoff;
pub(crate) mod cache_padded;
pub mod clock;
pub mod duration;
pub mod lifecycle;
pub mod lock;
pub mod net;
pub mod percent;
pub mod random;
pub mod spawn;
pub mod text;
pub mod types;
