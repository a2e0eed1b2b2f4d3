use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What kind of item the tokens are, for messages: `a struct`, `a function`.
pub(crate) fn kind(item: TokenStream) -> &'static str {
    let mut after_hash = false;
    for token in item {
        match token {
            TokenTree::Punct(punct) => after_hash = punct.as_char() == '#',
            TokenTree::Group(_) if after_hash => after_hash = false,
            TokenTree::Ident(word) => {
                if let Some(kind) = named_by(&word.to_string()) {
                    return kind;
                }
            }
            TokenTree::Group(_) | TokenTree::Literal(_) => {}
        }
    }
    "something else"
}

fn named_by(keyword: &str) -> Option<&'static str> {
    Some(match keyword {
        "struct" => "a struct",
        "enum" => "an enum",
        "union" => "a union",
        "trait" => "a trait",
        "impl" => "an `impl` block",
        "fn" => "a function",
        "mod" => "a module",
        "type" => "a type alias",
        "static" => "a static",
        "use" => "an import",
        "macro_rules" => "a macro",
        "let" => "a statement",
        _ => return None,
    })
}

/// The item up to its body, to underline: a message that points at everything points at nothing.
pub(crate) fn heading(item: TokenStream) -> TokenStream {
    let is_body = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
    item.into_iter().take_while(|token| !is_body(token)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn items_are_told_by_their_keyword() {
        assert_eq!(
            kind(quote!(
                #[doc = "fn"]
                pub(crate) struct Foo;
            )),
            "a struct"
        );
        assert_eq!(
            kind(quote!(
                pub const unsafe fn foo() {}
            )),
            "a function"
        );
        assert_eq!(kind(quote!(1 + 1)), "something else");
    }
}
