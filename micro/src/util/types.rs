//! Types as values: which they are, and what they are called.

use std::any::{TypeId, type_name};
use std::fmt;

/// A dependency: a type, and its name for messages.
#[derive(Clone, Copy)]
pub struct Dep {
    id: TypeId,
    name: fn() -> &'static str,
}

impl Dep {
    /// The type `T`.
    pub const fn of<T: 'static>() -> Self {
        Dep { id: TypeId::of::<T>(), name: type_name::<T> }
    }

    /// The type itself.
    pub fn id(&self) -> TypeId {
        self.id
    }

    /// The crate it is declared in.
    pub fn home(&self) -> &'static str {
        (self.name)().split("::").next().unwrap_or_default()
    }

    /// Returns the name without its modules.
    pub fn name(&self) -> String {
        short((self.name)())
    }
}

impl fmt::Debug for Dep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// `app::db::Pool<core::Sqlite>` becomes `Pool<Sqlite>`.
pub fn short(name: &str) -> String {
    let mut out = String::new();
    for piece in name.split_inclusive(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':')) {
        out.push_str(piece.rsplit("::").next().unwrap_or(piece));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_messages_leave_out_modules() {
        assert_eq!(short("alloc::sync::Arc<app::db::Pool<core::Sqlite>>"), "Arc<Pool<Sqlite>>");
        assert_eq!(short("(a::B, c::D)"), "(B, D)");
    }
}
