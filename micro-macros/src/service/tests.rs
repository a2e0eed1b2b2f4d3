use proc_macro2::TokenStream;
use quote::quote;

use super::service;
use crate::snapshot::{assert_snapshot, complaints};

#[test]
fn contract() {
    let item = quote! {
        /// Greets people.
        pub trait Greeter {
            /// Greets a person by name.
            #[method(no_side_effects, timeout = "2s")]
            async fn hello(&self, req: HelloRequest) -> Result<HelloReply>;
            #[micro::method(name = "Tick", idempotent, deprecated = "use `hello`", extension("auth.scope" = ["admin"]))]
            async fn countdown(&self, _: Countdown) -> Result<Streaming<Tick>, GreetError>;
            async fn r#type(&self) -> Result<()> { self.hello(HelloRequest::default()).await.map(drop) }
        }
    };
    assert_snapshot(
        "service",
        "contract",
        service(quote!(name = "greeter-eu", version = "1.2.0", extension("team" = "doors")), item),
    );
}

#[test]
fn contract_with_everything_defaulted() {
    let item = quote! {
        trait UserAccounts: Clone {
            #[must_use]
            async fn count(&self) -> Result<Count>;
        }
    };
    assert_snapshot("service", "contract_defaults", service(quote!(crate = fancy), item));
}

#[test]
fn inherent() {
    let item = quote! {
        /// Keeps users.
        impl Users {
            const LIMIT: usize = 3;

            #[init]
            async fn new(store: Store, mailer: Arc<dyn Mailer>) -> Result<Self> { Ok(Self { store, mailer }) }

            /// Finds a user.
            #[handler]
            #[method(no_side_effects)]
            async fn get(&self, ctx: &Context, GetUser { id }: GetUser) -> Result<User> { self.find(id, ctx) }

            #[micro::handler]
            pub async fn reset(&self) -> Result<()> { Ok(()) }

            fn find(&self, id: u64, ctx: &Context) -> Result<User> { self.store.find(id, ctx) }
        }
    };
    assert_snapshot("service", "inherent", service(quote!(), item));
}

#[test]
fn stub_of_a_contract() {
    let item = quote! {
        pub trait Greeter {
            async fn hello(&self, name: &str, times: u32) -> Result<HelloReply>;
            fn plain(&self);
            async fn pattern(&self, Hello { name }: Hello) -> Result<()>;
            async fn fine(&self) -> Result<()> { Ok(()) }
        }
    };
    assert_snapshot("service", "stub_of_a_contract", service(quote!(), item));
}

#[test]
fn stub_of_an_inherent_service() {
    let item = quote! {
        impl Users {
            #[init]
            fn new() -> Self { Self }
            #[handler]
            async fn get(&self, id: u64, ctx: &Context, verbose: bool) -> Result<User> { todo!() }
        }
    };
    assert_snapshot("service", "stub_of_an_inherent_service", service(quote!(), item));
}

#[test]
fn several_arguments_are_answered_with_the_message_to_write() {
    let complaints = in_contract(quote!(
        async fn hello(&self, name: &str, times: Vec<u32>) -> Result<HelloReply>;
    ));
    assert_eq!(
        complaints,
        ["a method takes no argument or one message, `hello` takes 2\n\
          write the message, and `hello(&self, args: HelloArgs)`:\n\n\
          #[micro::message]\n\
          pub struct HelloArgs {\n    pub name: String,\n    pub times: Vec<u32>,\n}"]
    );
}

#[test]
fn methods_that_cannot_be_served() {
    for (method, first_line) in [
        (
            quote!(
                fn a(&self) -> Result<()>;
            ),
            "a method of a service is `async`: write `async fn a`",
        ),
        (
            quote!(
                async fn a() -> Result<()>;
            ),
            "a method of a service takes `&self`: write `async fn a(&self, ..)`",
        ),
        (
            quote!(
                async fn a(self) -> Result<()>;
            ),
            "a method of a service takes `&self`: it answers more than one call",
        ),
        (
            quote!(
                async fn a(&mut self) -> Result<()>;
            ),
            "a method of a service takes `&self`: calls run concurrently, so keep mutable state behind a lock",
        ),
        (
            quote!(
                async fn a<T>(&self, t: T) -> Result<()>;
            ),
            "a method of a service has no parameters in angle brackets: both sides of the wire must know the message",
        ),
        (
            quote!(
                async fn a(&self);
            ),
            "a method of a service returns a `Result`, because calls can fail",
        ),
        (
            quote!(
                async fn a(&self, a: A, config: &B) -> Result<()>;
            ),
            "a contract names messages only: callers do not pass settings",
        ),
        (
            quote!(
                async fn a(&self, a: &A) -> Result<()>;
            ),
            "a message is owned, because it is serialized: write `A`",
        ),
        (
            quote!(
                async fn a(&self, a: Cow<'a, str>) -> Result<()>;
            ),
            "a message is owned, because it is serialized: it has no lifetime",
        ),
        (
            quote!(
                async fn a(&self, A { b }: A) -> Result<()>;
            ),
            "a contract names its parameter: write `request: A`, and destructure it in the implementation",
        ),
        (
            quote!(
                async fn a(&self, mut a: A) -> Result<()>;
            ),
            "a contract names its parameter: write `a: A`, and destructure it in the implementation",
        ),
        (
            quote!(
                async fn a(&self, ctx: &Context) -> Result<()>;
            ),
            "a contract does not name the context: callers do not pass one",
        ),
        (
            quote!(
                async fn a(&self) -> Result<impl Stream>;
            ),
            "a response has a type both sides know: write its name; for a stream of messages, `Streaming<..>`",
        ),
        (
            quote!(
                #[cfg(unix)]
                async fn a(&self) -> Result<()>;
            ),
            "a service has the same methods wherever it is compiled: remove `#[cfg]`",
        ),
        (
            quote!(
                async fn __micro_a(&self) -> Result<()>;
            ),
            "names like this one are micro's own",
        ),
        (
            quote!(
                async unsafe fn a(&self) -> Result<()>;
            ),
            "a method of a service is a plain `async fn`: remove `unsafe`",
        ),
        (
            quote!(
                type A;
            ),
            "a contract consists of methods, found an associated type",
        ),
        (
            quote!(
                #[subscriber]
                async fn a(&self, a: A) -> Result<()>;
            ),
            "a contract declares calls, and events have none: write `#[subscriber]` on a method of an implementation, \
             in a block `#[micro::handler] impl English { .. }`",
        ),
        (
            quote!(
                #[method(timout = "2s")]
                async fn a(&self) -> Result<()>;
            ),
            "unknown option `timout`; expected one of `name`, `timeout`, `idempotent`, `no_side_effects`, `deprecated`, `extension`",
        ),
        (
            quote!(
                #[method(timeout = "2m30")]
                async fn a(&self) -> Result<()>;
            ),
            "`2m30` is not a duration for `timeout`: the unit is missing after `30`; write numbers with units: `250ms`, \
             `2s`, `1.5s`, `1m30s`, `1h`",
        ),
        (
            quote!(
                #[method(idempotent, no_side_effects)]
                async fn a(&self) -> Result<()>;
            ),
            "a method without side effects is idempotent as well; expected one of `idempotent`, `no_side_effects`",
        ),
    ] {
        let complaints = in_contract(method.clone());
        let first_lines: Vec<_> = complaints.iter().filter_map(|text| text.lines().next()).collect();
        assert_eq!(first_lines, [first_line], "{method}");
    }
}

#[test]
fn names_on_the_wire_are_told_apart() {
    let complaints = in_contract(quote! {
        async fn get_a(&self) -> Result<()>;
        #[method(name = "GetA")]
        async fn other(&self) -> Result<()>;
    });
    assert_eq!(
        complaints,
        ["`get_a` and `other` are both called `GetA` on the wire\n\
          give one of them another name: `#[method(name = \"..\")]`"]
    );
}

#[test]
fn names_are_checked() {
    let named = |options: TokenStream| {
        complaints(service(
            options,
            quote!(
                trait Greeter {}
            ),
        ))
        .join("\n")
    };
    assert!(named(quote!(name = "Greeter EU")).starts_with("`Greeter EU` cannot be the name of a service"));
    assert!(named(quote!(name = "")).starts_with("`` cannot be the name of a service"));
    assert!(named(quote!(package = "acme..x")).starts_with("`acme..x` cannot be a proto package"));
    assert!(named(quote!(name = "2fa")).starts_with("`2fa` cannot be a proto package"));
    assert_eq!(named(quote!(name = "acme.greeter-2")), "");
    assert_eq!(named(quote!(nam = "x")).lines().last(), Some("did you mean `name`?"));
}

#[test]
fn errors_arrive_together() {
    let complaints = in_contract(quote! {
        fn a(self);
        async fn b(&self, x: &u8) -> Result<()>;
    });
    assert_eq!(complaints.len(), 4, "{complaints:?}");
}

#[test]
fn other_items_are_told_where_it_goes() {
    for (item, found) in [
        (
            quote!(
                pub struct A;
            ),
            "a struct",
        ),
        (
            quote!(
                fn a() {}
            ),
            "a function",
        ),
    ] {
        let complaints = complaints(service(quote!(), item));
        assert!(complaints[0].ends_with(" for a service without one"), "{complaints:?}");
        assert!(complaints[0].contains(found), "{complaints:?}");
    }
}

#[test]
fn blocks_that_cannot_be_served() {
    for (item, first_line) in [
        (quote!(impl Greeter for English {}), "`#[micro::service]` declares a service, and this implements `Greeter`"),
        (quote!(impl Users {}), "nothing to serve here: mark the endpoints with `#[handler]`"),
        (
            quote!(
                impl<T> Users<T> {
                    #[handler]
                    async fn a(&self) -> Result<()> {}
                }
            ),
            "a service without a contract has no parameters of its own: it is registered once, as one type",
        ),
        (
            quote!(impl Users { #[subscriber(queue = "a")] async fn a(&self, e: E) -> Result<()> {} }),
            "nothing to serve here: mark the endpoints with `#[handler]`",
        ),
        (
            quote!(impl Users { #[handler] async fn a(&self) -> Result<()> {} #[method(idempotent)] fn b(&self) {} }),
            "`#[method(..)]` describes an endpoint: mark the method `#[handler]` too",
        ),
        (
            quote!(impl Users { #[handler] #[init] async fn a(&self) -> Result<()> {} }),
            "`a` has several roles; expected one of `#[handler]`, `#[init]`, `#[subscriber]`",
        ),
        (
            quote!(
                impl Users {
                    #[init]
                    fn a() -> Result<Self> {}
                    #[init]
                    fn b() -> Result<Self> {}
                    #[handler]
                    async fn c(&self) -> Result<()> {}
                }
            ),
            "a type has one `#[init]` function",
        ),
    ] {
        let complaints = complaints(service(quote!(), item.clone()));
        assert_eq!(complaints[0].lines().next(), Some(first_line), "{item}");
    }
}

fn in_contract(methods: TokenStream) -> Vec<String> {
    complaints(service(quote!(), quote!(trait Greeter { #methods })))
}
