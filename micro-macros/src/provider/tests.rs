use quote::quote;

use super::provider;
use crate::snapshot::{assert_snapshot, complaints};

#[test]
fn asynchronous() {
    let item = quote! {
        /// Connects once.
        pub async fn pool(config: Config<Database>) -> Result<Pool> { Pool::connect(&config.get().url).await }
    };
    assert_snapshot("provider", "asynchronous", provider(quote!(), item));
}

#[test]
fn synchronous() {
    let item = quote!(
        fn clock() -> Result<Arc<dyn Clock>, Infallible> {
            Ok(Arc::new(System))
        }
    );
    assert_snapshot("provider", "synchronous", provider(quote!(), item));
}

#[test]
fn what_cannot_be_provided() {
    for (item, first_line) in [
        (
            quote!(
                static A: u8 = 1;
            ),
            "`#[micro::provider]` goes on a function, found a static",
        ),
        (
            quote!(
                fn a() {}
            ),
            "a function with `#[provider]` returns the value it builds: write `-> Result<Pool>`",
        ),
        (
            quote!(
                fn a() -> Result<impl Clock> {}
            ),
            "values are found by their type: write its name in place of `impl`",
        ),
        (
            quote!(
                fn a() -> Result<Self> {}
            ),
            "a provider is a function outside of any `impl`: write the name of the type",
        ),
        (
            quote!(
                fn a() -> Result<&'static str> {}
            ),
            "a provided value is owned: it lives as long as the program",
        ),
        (
            quote!(
                fn a(&self) -> Result<A> {}
            ),
            "nothing is built yet when `#[provider]` runs: remove `self`",
        ),
    ] {
        let complaints = complaints(provider(quote!(), item.clone()));
        let first_lines: Vec<_> = complaints.iter().filter_map(|text| text.lines().next()).collect();
        assert_eq!(first_lines, [first_line], "{item}");
    }
}
