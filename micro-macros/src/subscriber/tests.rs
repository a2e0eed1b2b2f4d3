use proc_macro2::TokenStream;
use quote::quote;

use super::subscriber;
use crate::handler::handler;
use crate::service::service;
use crate::snapshot::{assert_snapshot, complaints};

#[test]
fn function() {
    let item = quote! {
        /// Writes down who was greeted.
        pub async fn audit(event: Greeted, ctx: &Context, config: &AuditConfig, store: Store) -> Result<()> {
            store.put(event.name, ctx.event(), &config.file).await
        }
    };
    assert_snapshot("subscriber", "function", subscriber(quote!(queue = "audit"), item));
}

#[test]
fn all_options() {
    let options = quote!(
        topic = "orders.*",
        queue = "audit",
        concurrency = 8,
        retry(max = 5, backoff = "1s"),
        dead_letter = "orders.failed",
        ordered_by,
        ack = "auto",
        durable,
        from = "2026-01-31T08:00:00Z",
        broker = "orders",
        name = "all",
        manual,
        crate = ::fancy,
    );
    let item = quote! {
        async fn r#type(event: micro::broker::Event) -> Result<(), MyError> { Ok(()) }
    };
    assert_snapshot("subscriber", "all_options", subscriber(options, item));
}

#[test]
fn ordered_by() {
    let item = quote! {
        async fn placed(Placed { order, .. }: Placed, limits: &Limits, again: &Limits) -> Result<()> { Ok(()) }
    };
    let options = quote!(ordered_by = order.customer, from = "earliest", retry(max = 1));
    assert_snapshot("subscriber", "ordered_by", subscriber(options, item));
}

#[test]
fn manual_ack() {
    let item = quote! {
        async fn placed(event: Placed, ack: Ack, publisher: Publisher<Paid>) -> Result<()> { ack.ack().await }
    };
    assert_snapshot("subscriber", "manual_ack", subscriber(quote!(ack = "manual"), item));
}

#[test]
fn method_of_a_service() {
    let item = quote! {
        impl Users {
            /// Counts them.
            #[handler]
            async fn count(&self) -> Result<Count> { Ok(Count(self.placed.load())) }

            #[subscriber(topic = "orders.*", retry(backoff = "1s"))]
            async fn placed(&self, event: Event, ctx: &Context) -> Result<()> { Ok(()) }
        }
    };
    assert_snapshot("subscriber", "method_of_a_service", service(quote!(), item));
}

#[test]
fn methods_of_a_block() {
    let item = quote! {
        impl English {
            const A: u8 = 1;

            #[init]
            async fn new(store: Store) -> Result<Self> { Ok(Self { store }) }

            #[subscriber]
            async fn greeted(&self, event: Greeted, config: &Limits, store: Store) -> Result<()> { Ok(()) }

            /// Only there.
            #[cfg(unix)]
            #[micro::subscriber(queue = "bye")]
            pub async fn left(&self, _: Left) -> Result<()> { self.plain(&Context::current()) }

            fn plain(&self, ctx: &Context) -> Result<()> { Ok(()) }
        }
    };
    assert_snapshot("subscriber", "methods_of_a_block", handler(quote!(), item));
}

#[test]
fn stub() {
    let item = quote! {
        pub(crate) async fn audit(event: Greeted, store: &str) -> Result<()> { event. }
    };
    // Bodies need not be Rust, but the printer requires it.
    let tokens = subscriber(quote!(), item).to_string().replace("event . }", "event }");
    assert_snapshot("subscriber", "stub", tokens.parse().expect("printed from tokens"));
}

#[test]
fn what_is_not_a_subscriber() {
    for (item, first_line) in [
        (
            quote!(
                struct Audit;
            ),
            "`#[micro::subscriber]` goes on a function, found a struct",
        ),
        (quote!(impl Audit {}), "`#[micro::subscriber]` goes on a function, found an `impl` block"),
        (
            quote!(
                async fn a(&self, event: E) -> Result<()> {}
            ),
            "a function with `#[micro::subscriber]` is a free function: its other parameters are injected",
        ),
        (
            quote!(
                fn a(event: E) -> Result<()> {}
            ),
            "a subscriber is `async`: write `async fn a`",
        ),
        (
            quote!(
                async unsafe fn a(event: E) -> Result<()> {}
            ),
            "a subscriber is a plain `async fn`: remove `unsafe`",
        ),
        (
            quote!(
                async fn a<E: Typed>(event: E) -> Result<()> {}
            ),
            "a subscriber has no parameters in angle brackets: micro must know which event to read and what to inject",
        ),
        (
            quote!(
                async fn a() -> Result<()> {}
            ),
            "a subscriber takes an event, by value: write `async fn a(event: Greeted, ..)`",
        ),
        (
            quote!(
                async fn a(ctx: &Context) -> Result<()> {}
            ),
            "a subscriber takes an event, by value: write `async fn a(event: Greeted, ..)`",
        ),
        (
            quote!(
                async fn a(greeted: &Greeted) -> Result<()> {}
            ),
            "expected the event, which comes first and by value: write `Greeted` if this is it",
        ),
        (
            quote!(
                async fn a(event: &Greeted, store: Store) -> Result<()> {}
            ),
            "expected the event, which comes first and by value: write `Greeted` if this is it",
        ),
        (
            quote!(
                async fn a(_event: &mut Greeted, store: Store) -> Result<()> {}
            ),
            "expected the event, which comes first and by value: write `Greeted` if this is it",
        ),
        (
            quote!(
                async fn a(greeted: &Greeted, store: Store) -> Result<()> {}
            ),
            "expected the event, which comes first and by value: write `Greeted` if this is it",
        ),
        (
            quote!(
                async fn a(ctx: &mut Context, event: E) -> Result<()> {}
            ),
            "the context is shared by all calls of the handler: write `&Context`",
        ),
        (
            quote!(
                async fn a(event: &str) -> Result<()> {}
            ),
            "take the event by value: write `String`",
        ),
        (
            quote!(
                async fn a(event: impl Message) -> Result<()> {}
            ),
            "an event has a type with a name: write it in place of `impl`",
        ),
        (
            quote!(
                async fn a(event: Vec<&str>) -> Result<()> {}
            ),
            "an event is owned: remove `&`",
        ),
        (
            quote!(
                async fn a(event: E, store: &dyn Store) -> Result<()> {}
            ),
            "injected values are owned: write `Arc<dyn Store>`",
        ),
        (
            quote!(
                async fn a(event: E, ctx: &mut Context) -> Result<()> {}
            ),
            "the context is shared by all calls of the handler: write `&Context`",
        ),
        (
            quote!(
                async fn a(event: E, ctx: micro::Context) -> Result<()> {}
            ),
            "the context is taken by reference: write `&Context`",
        ),
        (
            quote!(
                async fn a(ctx: Context, event: E) -> Result<()> {}
            ),
            "the context is taken by reference: write `&Context`",
        ),
        (
            quote!(
                async fn a(event: E, config: &mut Limits) -> Result<()> {}
            ),
            "settings are shared by all calls: write `&Limits`",
        ),
        (
            quote!(
                async fn a(event: E) {}
            ),
            "a subscriber returns a `Result`, because handling can fail: the event is then redelivered",
        ),
        (
            quote!(
                async fn a(event: E) -> Result<(), impl ServiceError> {}
            ),
            "the return value of a subscriber has a type with a name: write it in place of `impl`",
        ),
        (
            quote!(
                #[micro::subscriber(topic = "b")]
                async fn a(event: E) -> Result<()> {}
            ),
            "a function is one subscriber: use `*` or `>` in its topic, or call it from a second subscriber",
        ),
    ] {
        assert_eq!(first_lines(subscriber(quote!(), item.clone())), [first_line], "{item}");
    }
}

#[test]
fn options_that_cannot_be() {
    for (options, first_line) in [
        (
            quote!(topic = "orders.#"),
            "`orders.#` cannot be subscribed to: `#` is not a wildcard: `>` matches all words that follow",
        ),
        (quote!(topic = "a..b"), "`a..b` cannot be subscribed to: a word is missing before or after a dot"),
        (
            quote!(dead_letter = "a.>"),
            "`a.>` cannot be a dead-letter topic: expected one topic, and `>` matches several",
        ),
        (quote!(queue = ""), "`` cannot be the name of a queue: expected one word"),
        (quote!(broker = "a b"), "`a b` cannot be the name of a broker: expected one word"),
        (
            quote!(name = "Audit"),
            "`Audit` cannot be the name of a subscriber; expected lower-case letters, digits, `-`, `_` and `.`: `name = \"audit\"`",
        ),
        (quote!(concurrency = 0), "at least one event is handled at a time: write `concurrency = 1` or more"),
        (quote!(retry(max = 0)), "an event has at least one attempt: write `max = 1` for no retries"),
        (quote!(retry()), "`retry` needs `max`, `backoff` or both: write `retry(max = 5, backoff = \"1s\")`"),
        (quote!(retry = 5), "option `retry` takes a list: write `retry(..)`"),
        (quote!(retry(tries = 5)), "unknown option `tries`; expected one of `max`, `backoff`"),
        (
            quote!(retry(backoff = "1 sec")),
            "`1 sec` is not a duration for `backoff`: unknown unit `sec`; expected one of `ns`, `us`, `ms`, `s`, `m`, `h`",
        ),
        (quote!(durable), "a durable subscriber needs a queue, to keep events under its name: add `queue = \"..\"`"),
        (quote!(ack = "manuel"), "unknown `ack` `manuel`; expected one of `auto`, `manual`"),
        (
            quote!(ack = "manual"),
            "nothing here could acknowledge the event: add a parameter `ack: Ack`, or remove `ack = \"manual\"`",
        ),
        (
            quote!(from = "earlist"),
            "unknown `from` `earlist`; expected `new`, `earliest`, or a time such as `2026-01-31T08:00:00Z`",
        ),
        (
            quote!(from = "2026-01-31"),
            "`2026-01-31` is not a time for `from`: write date, time and offset: `2026-01-31T08:00:00Z`",
        ),
        (
            quote!(ordered_by = "order"),
            "this key is the same for every event, so all events would be handled one by one",
        ),
        (
            quote!(orderd_by),
            "unknown option `orderd_by`; expected one of `topic`, `queue`, `concurrency`, `retry`, `dead_letter`, `ordered_by`, \
             `ack`, `durable`, `from`, `broker`, `name`, `manual`, `crate`",
        ),
    ] {
        let item = quote!(
            async fn audit(event: Greeted) -> Result<()> {}
        );
        assert_eq!(first_lines(subscriber(options.clone(), item)), [first_line], "{options}");
    }
    let nameless = quote!(
        async fn audit(_: Greeted) -> Result<()> {}
    );
    let complaints = complaints(subscriber(quote!(ordered_by = event.name), nameless));
    assert_eq!(complaints, ["`ordered_by` refers to the event: name the parameter"]);
}

#[test]
fn methods_that_cannot_be_subscribers() {
    for (method, first_line) in [
        (
            quote!(
                #[subscriber]
                async fn a(event: E) -> Result<()> {}
            ),
            "a subscriber in a block takes `&self`: write `async fn a(&self, ..)`",
        ),
        (
            quote!(
                #[subscriber]
                async fn a(&mut self, event: E) -> Result<()> {}
            ),
            "a subscriber in a block takes `&self`: events are handled concurrently, so keep mutable state behind a lock",
        ),
        (
            quote!(
                #[subscriber]
                async fn a(&self) -> Result<()> {}
            ),
            "a subscriber takes an event, by value: write `async fn a(&self, event: Greeted, ..)`",
        ),
        (
            quote!(
                #[subscriber(manual)]
                async fn a(&self, event: E) -> Result<()> {}
            ),
            "`manual` is for functions outside of a block: `micro::app().subscribe(audit)` registers those by name",
        ),
        (
            quote!(
                #[subscriber(crate = fancy)]
                async fn a(&self, event: E) -> Result<()> {}
            ),
            "unknown option `crate`; expected one of `topic`, `queue`, `concurrency`, `retry`, `dead_letter`, `ordered_by`, \
             `ack`, `durable`, `from`, `broker`, `name`",
        ),
        (
            quote!(
                #[subscriber]
                #[subscriber(topic = "b")]
                async fn a(&self, event: E) -> Result<()> {}
            ),
            "a function is one subscriber: use `*` or `>` in its topic, or call it from a second subscriber",
        ),
        (
            quote! {
                #[subscriber] async fn a_b(&self, event: E) -> Result<()> {}
                #[subscriber(name = "a-b")] async fn c(&self, event: E) -> Result<()> {}
            },
            "`a_b` and `c` are both called `a-b`",
        ),
    ] {
        assert_eq!(first_lines(handler(quote!(), quote!(impl English { #method }))), [first_line], "{method}");
        let served = quote!(impl English { #method #[handler] async fn served(&self) -> Result<()> {} });
        assert_eq!(first_lines(service(quote!(), served)), [first_line], "{method}");
    }
}

#[test]
fn errors_arrive_together() {
    let item = quote!(
        fn audit(ctx: &Context) {}
    );
    assert_eq!(complaints(subscriber(quote!(concurrency = 0, durable), item)).len(), 5);
}

fn first_lines(tokens: TokenStream) -> Vec<String> {
    complaints(tokens).iter().filter_map(|text| text.lines().next()).map(str::to_owned).collect()
}
