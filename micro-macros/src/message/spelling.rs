//! Properties of a type, derived from its spelling.
//!
//! A macro sees names, not types. A well-known type that cannot be a field is refused here, with an explanation; everything
//! else is left to the compiler, which points at the same field.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{GenericArgument, Ident, PathArguments, Type};

/// Returns the last name of a path and its type arguments: `Option` and `String` of `std::option::Option<String>`.
pub(crate) fn named(ty: &Type) -> Option<(String, Vec<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(list) => list.args.iter().filter_map(type_argument).collect(),
        _ => Vec::new(),
    };
    Some((last.ident.to_string(), arguments))
}

fn type_argument(argument: &GenericArgument) -> Option<&Type> {
    match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// Returns `true` if the type is one word, such as `i32`.
pub(super) fn is_word(ty: &Type, word: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(word))
}

pub(super) fn is_map(ty: &Type) -> bool {
    named(ty).is_some_and(|(name, arguments)| matches!(&*name, "HashMap" | "BTreeMap") && arguments.len() >= 2)
}

/// Returns `true` if the field is an `Option` or `Vec`, whose elements have an encoding of their own.
pub(super) fn is_collection(ty: &Type) -> bool {
    named(ty).is_some_and(|(name, arguments)| matches!(&*name, "Option" | "Vec") && arguments.len() == 1)
}

/// Returns the type inside `Option` or `Vec`, else the type itself.
pub(super) fn element(ty: &Type) -> &Type {
    match named(ty) {
        Some((name, arguments)) if matches!(&*name, "Option" | "Vec") && arguments.len() == 1 => arguments[0],
        _ => ty,
    }
}

/// Returns the type with the name of the item in place of `Self`, which is not available in constants outside of an `impl`.
pub(crate) fn without_self(ty: &Type, this: &Ident) -> Type {
    let tokens = replaced(ty.to_token_stream(), this);
    syn::parse2(tokens).unwrap_or_else(|_| ty.clone())
}

fn replaced(tokens: TokenStream, this: &Ident) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(word) if word == "Self" => {
            let mut name = this.clone();
            name.set_span(word.span());
            TokenTree::Ident(name)
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), replaced(group.stream(), this));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    };
    tokens.into_iter().map(replace).collect()
}

/// Reason a type cannot be a field, and its part to point at.
pub(super) struct Refusal<'t> {
    pub(super) part: &'t Type,
    pub(super) reason: String,
}

fn refuse(part: &Type, reason: impl Into<String>) -> Option<Refusal<'_>> {
    Some(Refusal { part, reason: reason.into() })
}

/// Returns the reason a type cannot be a field, if its spelling shows one.
pub(super) fn refusal(ty: &Type) -> Option<Refusal<'_>> {
    let Some((name, arguments)) = named(ty) else { return value_refusal(ty) };
    match (&*name, &arguments[..]) {
        ("Option", [inner]) => option_refusal(ty, inner),
        ("Vec", [inner]) => list_refusal(ty, inner),
        ("HashMap" | "BTreeMap", [key, value, ..]) => map_refusal(ty, key, value),
        _ => value_refusal(ty),
    }
}

fn option_refusal<'t>(ty: &'t Type, inner: &'t Type) -> Option<Refusal<'t>> {
    match collection(inner) {
        Some("Option") => {
            refuse(ty, "protobuf has one level of absence: put the inner `Option` in a `#[micro::message]` struct")
        }
        Some("Vec") => refuse(ty, "protobuf does not tell an absent list from an empty one: write the `Vec` alone"),
        Some(_) => refuse(ty, "protobuf does not tell an absent map from an empty one: write the map alone"),
        None => value_refusal(inner),
    }
}

fn list_refusal<'t>(ty: &'t Type, inner: &'t Type) -> Option<Refusal<'t>> {
    match collection(inner) {
        Some("Option") => {
            refuse(ty, "the elements of a list are never absent: put the `Option` in a `#[micro::message]` struct")
        }
        Some("Vec") => {
            refuse(ty, "protobuf has no lists of lists: put the inner `Vec` in a `#[micro::message]` struct")
        }
        Some(_) => refuse(ty, "protobuf has no lists of maps: put the map in a `#[micro::message]` struct"),
        None => value_refusal(inner),
    }
}

fn map_refusal<'t>(ty: &'t Type, key: &'t Type, value: &'t Type) -> Option<Refusal<'t>> {
    let known = named(key).map(|(name, _)| name).unwrap_or_default();
    if matches!(&*known, "f32" | "f64" | "Vec" | "Bytes" | "Option" | "SystemTime" | "Duration") {
        return refuse(key, "the keys of protobuf maps are integers, `bool` or `String`");
    }
    match collection(value) {
        Some(_) => refuse(
            ty,
            "the values of protobuf maps are single values: put the inner collection in a `#[micro::message]` struct",
        ),
        None => value_refusal(key).or_else(|| value_refusal(value)),
    }
}

/// Returns the kind of collection; bytes are not one.
fn collection(ty: &Type) -> Option<&'static str> {
    let (name, arguments) = named(ty)?;
    match (&*name, &arguments[..]) {
        ("Option", [_]) => Some("Option"),
        ("Vec", [inner]) if !is_word(inner, "u8") => Some("Vec"),
        ("HashMap" | "BTreeMap", [_, _, ..]) => Some("map"),
        _ => None,
    }
}

fn value_refusal(ty: &Type) -> Option<Refusal<'_>> {
    match ty {
        Type::Tuple(tuple) if !tuple.elems.is_empty() => {
            refuse(ty, "a tuple has no field names: declare a `#[micro::message]` struct")
        }
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => refuse(ty, "a message owns its fields: write `String`"),
            Type::Slice(_) => refuse(ty, "a message owns its fields: write `Vec`"),
            _ => refuse(ty, "a message owns its fields: write the type without `&`"),
        },
        Type::Array(_) | Type::Slice(_) => refuse(ty, "protobuf has no lists of fixed length: write `Vec`"),
        Type::TraitObject(_) | Type::ImplTrait(_) => {
            refuse(ty, "a field of a message has a concrete type: write an enum with a variant for each type")
        }
        Type::Ptr(_) | Type::Never(_) => refuse(ty, "this has no place in a message"),
        Type::Path(_) => named_refusal(ty),
        _ => None,
    }
}

fn named_refusal(ty: &Type) -> Option<Refusal<'_>> {
    let (name, arguments) = named(ty)?;
    let reason = match (&*name, arguments.len()) {
        ("usize", 0) => "`usize` has other sizes on other machines: write `u32` or `u64`",
        ("isize", 0) => "`isize` has other sizes on other machines: write `i32` or `i64`",
        ("i128" | "u128", 0) => "protobuf has no integers of 128 bits: write `i64` or `u64`, or `Vec<u8>`",
        ("char", 0) => "protobuf has no characters: write `String`",
        ("str" | "OsString" | "PathBuf", 0) => "protobuf has one string type: write `String`",
        ("Instant", 0) => "an `Instant` means nothing on another machine: write `SystemTime` or `Duration`",
        ("HashSet" | "BTreeSet" | "VecDeque" | "LinkedList" | "BinaryHeap", _) => {
            "protobuf has one list type: write `Vec`"
        }
        ("Rc" | "Arc" | "Cell" | "RefCell" | "Mutex" | "RwLock", 1) => {
            "a message owns its fields: write the inner type"
        }
        ("Cow", _) => "a message owns its fields: write `String` or `Vec`",
        ("Result", _) => "protobuf has no `Result`: write an enum with a variant for each case",
        _ => return None,
    };
    refuse(ty, reason)
}
