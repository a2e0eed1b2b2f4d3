//! Snapshots of expansions, stored next to the tests that produce them.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p micro-macros` rewrites them; review the difference like any other change.

use std::path::Path;
use std::{env, fs};

use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

/// Compares the formatted `tokens` with `src/<room>/snapshots/<name>.rs`.
pub(crate) fn assert_snapshot(room: &str, name: &str, tokens: TokenStream) {
    let text = tokens.to_string();
    let file = syn::parse2(tokens).unwrap_or_else(|error| panic!("`{name}` is not a file of items: {error}\n{text}"));
    let actual = prettyplease::unparse(&file);
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room).join("snapshots").join(name).with_extension("rs");
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().expect("joined above")).expect("the source tree can be written");
        fs::write(&path, actual).expect("the source tree can be written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "\n{} differs; UPDATE_SNAPSHOTS=1 writes it anew", path.display());
}

/// Returns the messages of the `compile_error!`s in `tokens`, in order.
pub(crate) fn complaints(tokens: TokenStream) -> Vec<String> {
    let mut complaints = vec![];
    collect(tokens, &mut complaints);
    complaints
}

fn collect(tokens: TokenStream, complaints: &mut Vec<String>) {
    let mut called = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => called = ident == "compile_error",
            TokenTree::Punct(punct) if punct.as_char() == '!' => {}
            TokenTree::Group(group) if called => {
                let text: LitStr = syn::parse2(group.stream()).expect("`compile_error!` takes a string");
                complaints.push(text.value());
            }
            TokenTree::Group(group) => collect(group.stream(), complaints),
            TokenTree::Punct(_) | TokenTree::Literal(_) => called = false,
        }
    }
}
