use std::any::Any;
use std::sync::Arc;

use super::{Config, Section};
use crate::errors::Result;

/// All settings of an app.
#[derive(Clone, Debug)]
pub struct Configuration;

impl Configuration {
    /// The settings of a struct, checked.
    ///
    /// # Errors
    ///
    /// [`InvalidArgument`](crate::Code::InvalidArgument) with everything that is wrong with them.
    pub fn of<T: Section>(&self) -> Result<Config<T>> {
        Err(crate::Error::internal("not there yet"))
    }

    /// The same with its type erased, for [`SectionEntry`](super::SectionEntry).
    ///
    /// # Errors
    ///
    /// As [`of`](Self::of).
    pub fn open<T: Section>(&self) -> Result<Arc<dyn Any + Send + Sync>> {
        Ok(Arc::new(self.of::<T>()?))
    }
}
