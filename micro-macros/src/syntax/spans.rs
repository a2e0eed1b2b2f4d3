use proc_macro2::{Delimiter, Group, Span, TokenStream};

/// Shown at `span`, and still known to be ours: compilers and linters then suggest no changes to it.
pub(crate) fn at(span: Span) -> Span {
    Span::call_site().located_at(span)
}

/// `tokens` in the braces of `block`, as long as the author wrote it: rustc points at whole items.
pub(crate) fn in_braces_of(block: &Group, tokens: TokenStream) -> Group {
    let mut group = Group::new(Delimiter::Brace, tokens);
    group.set_span(block.span());
    group
}
