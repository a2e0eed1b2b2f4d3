use std::fmt;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Kind of an item. `Display` writes its name in messages: `a struct`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Trait,
    Implementation,
    Function,
    Other(&'static str),
}

impl Kind {
    /// Returns the kind by the first keyword, which works for items that no parser accepts too.
    pub(crate) fn of(item: &TokenStream) -> Self {
        let mut words = after_attributes(item.clone()).into_iter().filter_map(word).peekable();
        while let Some(word) = words.next() {
            let starts_function = |next: &String| ["fn", "async", "unsafe", "extern"].contains(&next.as_str());
            match word.as_str() {
                "const" if !words.peek().is_some_and(starts_function) => return Kind::Other("a constant"),
                keyword => {
                    if let Some(kind) = Self::named_by(keyword) {
                        return kind;
                    }
                }
            }
        }
        Kind::Other("something else")
    }

    fn named_by(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "trait" => Kind::Trait,
            "impl" => Kind::Implementation,
            "fn" => Kind::Function,
            "struct" => Kind::Other("a struct"),
            "enum" => Kind::Other("an enum"),
            "union" => Kind::Other("a union"),
            "mod" => Kind::Other("a module"),
            "type" => Kind::Other("a type alias"),
            "static" => Kind::Other("a static"),
            "use" => Kind::Other("an import"),
            "macro_rules" => Kind::Other("a macro"),
            "let" => Kind::Other("a statement"),
            _ => return None,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Trait => "a trait",
            Kind::Implementation => "an `impl` block",
            Kind::Function => "a function",
            Kind::Other(name) => name,
        })
    }
}

/// Returns the item from its first keyword up to its body. Underlining the whole item would not show the position of the
/// error.
pub(crate) fn heading(item: TokenStream) -> TokenStream {
    let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    after_attributes(item).into_iter().take_while(|token| !is_body(token)).collect()
}

fn after_attributes(item: TokenStream) -> TokenStream {
    let mut tokens = item.into_iter().peekable();
    while tokens.next_if(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#')).is_some() {
        tokens.next();
    }
    tokens.collect()
}

fn word(token: TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn items_are_told_by_their_keyword() {
        for (item, name) in [
            (
                quote!(
                    #[doc = "fn"]
                    #[derive(Default)]
                    pub(crate) struct Foo;
                ),
                "a struct",
            ),
            (
                quote!(
                    pub const unsafe fn foo() -> impl Sized {}
                ),
                "a function",
            ),
            (
                quote!(
                    const CALL: fn() = call;
                ),
                "a constant",
            ),
            (
                quote!(
                    unsafe impl Foo for Bar {}
                ),
                "an `impl` block",
            ),
            (quote!(1 + 1), "something else"),
        ] {
            assert_eq!(Kind::of(&item).to_string(), name);
        }
    }

    #[test]
    fn headings_leave_out_attributes_and_bodies() {
        let item = quote!(
            #[doc = "x"]
            pub struct Foo {
                a: u8,
            }
        );
        assert_eq!(heading(item).to_string(), quote!(pub struct Foo).to_string());
    }
}
