use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Ident, Path};

use crate::syntax::{at, shown_at};

/// Path of `micro`: `::micro`, unless the author sets `crate = path`.
#[derive(Clone)]
pub(crate) struct CratePath(Option<Path>);

impl CratePath {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// Returns the path of the items that generated code may use.
    pub(crate) fn private(&self) -> TokenStream {
        quote!(#self::__private)
    }

    /// Returns the path of `private` with `span`, for generated code whose errors are reported at the author's tokens.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        shown_at(self.private(), at(span))
    }

    /// Returns `true` if `name` is the author's name for `micro`.
    pub(crate) fn is_called(&self, name: &Ident) -> bool {
        name == "micro" || self.0.as_ref().and_then(|path| path.segments.last()).is_some_and(|last| last.ident == *name)
    }
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote!(::micro)),
        }
    }
}
