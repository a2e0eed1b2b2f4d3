use proc_macro2::TokenStream;
use quote::quote;

use super::init;
use crate::snapshot::{assert_snapshot, complaints};

fn in_block(tokens: TokenStream) -> TokenStream {
    quote!(impl English { #tokens })
}

#[test]
fn asynchronous() {
    let item = quote! {
        async fn new(Settings(config): Config<GreeterConfig>, peer: GreeterClient) -> Result<Self> { Ok(Self { config, peer }) }
    };
    assert_snapshot("init", "asynchronous", in_block(init(quote!(), item)));
}

#[test]
fn synchronous() {
    let item = quote!(
        pub(crate) fn new() -> Result<English, BuildError> {
            Ok(English)
        }
    );
    assert_snapshot("init", "synchronous", in_block(init(quote!(crate = ::fancy), item)));
}

#[test]
fn what_cannot_build() {
    for (item, first_line) in [
        (
            quote!(
                struct A;
            ),
            "`#[micro::init]` goes on a function, found a struct",
        ),
        (
            quote!(
                fn new(&self) -> Result<Self> {}
            ),
            "nothing is built yet when `#[init]` runs: remove `self`",
        ),
        (
            quote!(
                fn new() {}
            ),
            "a function with `#[init]` returns the value it builds: write `-> Result<Self>`",
        ),
        (
            quote!(
                fn new() -> Self {}
            ),
            "building may fail, so `#[init]` returns a `Result`: write `Result<Self>`",
        ),
        (
            quote!(
                fn new(a: &Config<A>) -> Result<Self> {}
            ),
            "injected values are owned: write `Config<A>`",
        ),
        (
            quote!(
                fn new(a: impl Clock) -> Result<Self> {}
            ),
            "an injected value has a type with a name, owned and without lifetimes",
        ),
        (
            quote!(
                fn new(ctx: &Context) -> Result<Self> {}
            ),
            "the context belongs to a call, and there is none yet: remove the parameter",
        ),
        (
            quote!(
                fn new<T>(t: T) -> Result<Self> {}
            ),
            "a function with `#[init]` has no parameters in angle brackets: micro must know what to inject",
        ),
        (
            quote!(
                unsafe fn new() -> Result<Self> {}
            ),
            "a function with `#[init]` is called by micro: remove `unsafe`",
        ),
    ] {
        let complaints = complaints(init(quote!(), item.clone()));
        let first_lines: Vec<_> = complaints.iter().filter_map(|text| text.lines().next()).collect();
        assert_eq!(first_lines, [first_line], "{item}");
    }
}
