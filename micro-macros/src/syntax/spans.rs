use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};

/// Returns a span that is reported at `span` and still marked as generated: compilers and linters then suggest no changes.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// Moves `tokens`, which contain no groups, to `span`.
pub(crate) fn shown_at(tokens: TokenStream, span: Span) -> TokenStream {
    let moved = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(moved).collect()
}

/// Puts `tokens` in braces with the span of `block`: rustc points at whole items.
pub(crate) fn in_braces_of(block: &Group, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, tokens);
    group.set_span(block.span());
    group
}
