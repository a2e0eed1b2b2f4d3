use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Values that a server provides to its handlers: at most one of each type. Cloning is cheap.
#[derive(Clone, Default)]
pub struct Extensions(Option<Arc<Values>>);

type Values = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

impl Extensions {
    /// Creates an empty set.
    pub const fn new() -> Self {
        Extensions(None)
    }

    /// Adds `value`, replacing another of its type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        let values = Arc::make_mut(self.0.get_or_insert_default());
        values.insert(TypeId::of::<T>(), Arc::new(value));
        self
    }

    /// Returns `true` if there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The value of type `T`.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.as_ref()?.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

/// Values whose types are known by id only.
impl FromIterator<(TypeId, Arc<dyn Any + Send + Sync>)> for Extensions {
    fn from_iter<I: IntoIterator<Item = (TypeId, Arc<dyn Any + Send + Sync>)>>(values: I) -> Self {
        let values: Values = values.into_iter().collect();
        Extensions((!values.is_empty()).then(|| Arc::new(values)))
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extensions({} values)", self.0.as_ref().map_or(0, |values| values.len()))
    }
}
