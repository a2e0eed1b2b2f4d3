use proc_macro2::Group;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Path, Token, Type};

/// An `impl` block with unparsed members.
#[derive(Clone)]
pub(crate) struct Implementation {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    /// The trait, for `impl Trait for Type`.
    pub(crate) contract: Option<Path>,
    pub(crate) ty: Type,
    pub(crate) block: Group,
}

impl Parse for Implementation {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let unsafety = input.parse()?;
        let impl_token = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let first: Type = input.parse()?;
        let (contract, ty) = if input.peek(Token![for]) {
            input.parse::<Token![for]>()?;
            (Some(as_path(first)?), input.parse()?)
        } else {
            (None, first)
        };
        generics.where_clause = input.parse()?;
        Ok(Self { attributes, unsafety, impl_token, generics, contract, ty, block: input.parse()? })
    }
}

fn as_path(ty: Type) -> syn::Result<Path> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Ok(path.path),
        // `macro_rules!` wraps a path in an invisible group.
        Type::Group(group) => as_path(*group.elem),
        other => Err(syn::Error::new_spanned(other, "expected the name of a trait")),
    }
}
