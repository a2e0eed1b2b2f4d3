use quote::quote;

use super::main;
use crate::snapshot::{assert_snapshot, complaints};

#[test]
fn plain() {
    let item = quote!(
        async fn main() -> Result<()> {
            micro::run().await
        }
    );
    assert_snapshot("startup", "plain", main(quote!(), item));
}

#[test]
fn with_options() {
    let item = quote! {
        #[cfg(unix)]
        #[allow(clippy::large_futures)]
        async fn main() { micro::run().await }
    };
    assert_snapshot("startup", "with_options", main(quote!(flavor = "multi_thread", worker_threads = 4), item));
}

#[test]
fn on_one_thread() {
    assert_snapshot(
        "startup",
        "on_one_thread",
        main(
            quote!(flavor = "current_thread"),
            quote!(
                async fn main() {}
            ),
        ),
    );
}

#[test]
fn what_cannot_start() {
    for (options, item, first_line) in [
        (
            quote!(),
            quote!(
                struct A;
            ),
            "`#[micro::main]` goes on a function, found a struct",
        ),
        (
            quote!(),
            quote!(
                fn main() {}
            ),
            "`#[micro::main]` starts the runtime for an `async fn main`: write `async` before `fn`",
        ),
        (
            quote!(),
            quote!(
                async fn start() {}
            ),
            "expected `main`, found `start`",
        ),
        (
            quote!(),
            quote!(
                async fn main(a: u8) {}
            ),
            "`main` takes no parameters: settings come from `#[micro::config]`, the rest from `std::env::args`",
        ),
        (
            quote!(flavor = "multithread"),
            quote!(
                async fn main() {}
            ),
            "unknown `flavor` `multithread`; expected one of `multi_thread`, `current_thread`",
        ),
        (
            quote!(worker_threads = 0),
            quote!(
                async fn main() {}
            ),
            "a runtime has at least one thread",
        ),
        (
            quote!(flavor = "current_thread", worker_threads = 2),
            quote!(
                async fn main() {}
            ),
            "`current_thread` is one thread: remove `worker_threads` or the flavor",
        ),
    ] {
        let complaints = complaints(main(options, item.clone()));
        let first_lines: Vec<_> = complaints.iter().filter_map(|text| text.lines().next()).collect();
        assert_eq!(first_lines, [first_line], "{item}");
    }
}
