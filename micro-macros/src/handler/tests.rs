use quote::quote;

use super::handler;
use crate::snapshot::{assert_snapshot, complaints};

#[test]
fn implementation() {
    let item = quote! {
        /// In English.
        impl contracts::Greeter for English {
            const A: u8 = 1;

            async fn hello(&self, req: HelloRequest, ctx: &Context) -> Result<HelloReply> {
                let left = ctx.deadline();
                self.greet(req, left)
            }

            async fn in_the_middle_of_typing(&self, ctx: &micro::Context, req: Tick) -> Result<Tick> { req. }

            fn plain(&self) -> impl Future<Output = Result<()>> + Send { async { Ok(()) } }
        }
    };
    // Bodies need not be Rust, but the printer requires it.
    let tokens = handler(quote!(), item).to_string().replace("req . }", "req }");
    assert_snapshot("handler", "implementation", tokens.parse().expect("printed from tokens"));
}

#[test]
fn settings() {
    let item = quote! {
        impl Greeter for English {
            async fn hello(&self, config: &GreeterConfig, req: HelloRequest, ctx: &Context) -> Result<HelloReply> {
                greet(req, &config.salutation)
            }

            async fn bye(&self, GreeterConfig { limits, .. }: &GreeterConfig, _: &others::Limits) -> Result<(), GreetError> {
                limits.check()
            }
        }
    };
    assert_snapshot("handler", "settings", handler(quote!(), item));
}

#[test]
fn generic_and_manual_ones_are_not_registered() {
    for (options, item) in [
        (
            quote!(),
            quote!(
                impl<T: Clock> Greeter for English<T> {
                    async fn hello(&self) -> Result<()> {
                        Ok(())
                    }
                }
            ),
        ),
        (quote!(manual), quote!(impl Greeter for English { async fn hello(&self) -> Result<()> { Ok(()) } })),
    ] {
        assert_eq!(handler(options, item.clone()).to_string(), item.to_string());
    }
}

#[test]
fn what_is_not_a_handler() {
    for (item, first_line) in [
        (
            quote!(
                struct English;
            ),
            "`#[micro::handler]` goes on the implementation of a contract, found a struct",
        ),
        (
            quote!(impl English { async fn hello(&self) {} }),
            "`#[micro::handler]` goes on the implementation of a contract: `impl Greeter for English`",
        ),
        (
            quote!(impl Greeter for English { #[subscriber] async fn hello(&self) {} }),
            "a method of a contract answers calls, and a subscriber handles events",
        ),
        (
            quote!(
                impl<T> English<T> {
                    #[subscriber]
                    async fn hello(&self, event: E) -> Result<()> {}
                }
            ),
            "a block of subscribers has no parameters of its own: it is registered once, as one type",
        ),
        (
            quote!(impl English { #[subscriber] #[init] async fn new(&self, event: E) -> Result<()> {} }),
            "`new` has several roles; expected one of `#[init]`, `#[subscriber]`",
        ),
        (
            quote!(impl English { #[subscriber] async fn a(&self, event: E) -> Result<()> {} #[handler] async fn b(&self) {} }),
            "endpoints without a contract belong in a service: write `#[micro::service] impl English`",
        ),
        (
            quote!(impl Greeter for English { #[method(idempotent)] async fn hello(&self) {} }),
            "`#[method(..)]` describes a method of the contract: write it in the trait",
        ),
        (
            quote!(impl Greeter for English { #[micro::handler] async fn hello(&self) {} }),
            "all methods of a handler are served: remove `#[handler]`",
        ),
        (
            quote!(impl Greeter for English { fn hello(&self, ctx: &Context) {} }),
            "only an `async fn` can take the context: write `async fn hello`, or ask `Context::current()`",
        ),
        (
            quote!(impl Greeter for English { fn hello(&self, config: &GreeterConfig) {} }),
            "only an `async fn` can take settings: write `async fn hello`, or keep a `Config<GreeterConfig>` in `self`",
        ),
        (
            quote!(impl Greeter for English { async fn hello(&self, config: &mut GreeterConfig) {} }),
            "settings are shared by all calls: write `&GreeterConfig`",
        ),
        (quote!(impl Greeter for dyn Any {}), "a handler is a type of your own, which micro can build"),
    ] {
        let complaints = complaints(handler(quote!(), item.clone()));
        let first_lines: Vec<_> = complaints.iter().filter_map(|text| text.lines().next()).collect();
        assert_eq!(first_lines, [first_line], "{item}");
    }
    let alone = quote!(impl English { #[subscriber] async fn a(&self, event: E) -> Result<()> {} });
    let found_by_nobody = complaints(handler(quote!(manual), alone));
    assert_eq!(found_by_nobody, ["these subscribers would never be registered: remove `manual`"]);
    let unknown = complaints(handler(quote!(manuel), quote!(impl Greeter for English {})));
    assert_eq!(unknown, ["unknown option `manuel`; expected one of `manual`, `crate`\ndid you mean `manual`?"]);
}
