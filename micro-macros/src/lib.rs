//! The attributes of micro. Use them through the `micro` crate.
//!
//! An attribute turns what the author wrote into a description and hands the description to ordinary functions in
//! `micro`. Each walks four steps in four files of its folder: `input` (what was written), `model` (what it means),
//! `check` (what cannot be allowed), `expand` (what to emit).
//!
//! - `options` reads what stands between the parentheses of an attribute;
//! - `syntax` reads traits, blocks and functions, their bodies left alone;
//! - `injection` is what functions with injected parameters have in common;
//! - `report` gathers everything that is wrong, so that it arrives in one compile.
#![warn(missing_docs, unreachable_pub)]

mod config;
mod error;
mod handler;
mod init;
mod message;
mod provider;
mod service;
mod startup;
mod subscriber;

mod injection;
mod options;
mod report;
#[cfg(test)]
mod snapshot;
mod syntax;

use proc_macro::TokenStream;

/// Declares a service: on a trait its contract, on an `impl` block a service without a separate contract.
///
#[doc = include_str!("service/service.md")]
#[proc_macro_attribute]
pub fn service(options: TokenStream, item: TokenStream) -> TokenStream {
    service::service(options.into(), item.into()).into()
}

/// Serves a contract with a type: `#[micro::handler] impl Greeter for English { .. }`.
///
/// ```ignore
/// #[micro::handler]
/// impl Greeter for English {
///     async fn hello(&self, req: HelloRequest, ctx: &Context) -> Result<HelloReply> {
///         Ok(HelloReply { greeting: format!("Hello {}", req.name) })
///     }
/// }
/// ```
///
/// The implementation is registered, so `micro::run()` builds the value, with its `#[micro::init]` function or else with
/// `Default`, and serves it. A method may ask for `ctx: &Context`, although the contract does not name it: it is taken
/// out of the signature, and the context of the call is bound first thing in the body.
///
/// Settings come the same way: `config: &GreeterConfig`, for a struct with `#[micro::config(prefix = "..")]`, are those in
/// force when the call begins, and stay the same until it ends. An app reads and checks them before it serves. A method that
/// is called by itself, outside of an app, gets the declared defaults, or fails with `FailedPrecondition` where those are not
/// enough. Any other type that implements `micro::context::FromContext` is taken by reference as well: `account: &Account`,
/// or one of your own.
///
/// # Events
///
/// A block without a contract holds subscribers, methods that are run for events: see [`macro@subscriber`].
///
/// ```ignore
/// #[micro::handler]
/// impl English {
///     #[subscriber]
///     async fn greeted(&self, event: Greeted) -> Result<()> { .. }
/// }
/// ```
///
/// # Options
///
/// | Option | Meaning |
/// |---|---|
/// | `manual` | do not register; serve it with `micro::app().serve(value)` or `GreeterServer::new(value)`. Generic implementations are always served so. |
/// | `crate = path` | where `micro` is, if renamed |
#[proc_macro_attribute]
pub fn handler(options: TokenStream, item: TokenStream) -> TokenStream {
    handler::handler(options.into(), item.into()).into()
}

/// Marks the function that builds a handler from injected parameters.
///
/// ```ignore
/// impl English {
///     #[micro::init]
///     async fn new(pool: Pool, peer: GreeterClient) -> Result<Self> {
///         Ok(Self { pool, peer })
///     }
/// }
/// ```
///
/// The function may be `async` or not and have any visibility; it returns a `Result<Self>`. Each parameter is
/// something micro can hand out: a `Config<T>`, a client, a `Publisher<E>`, a store, or the value of a
/// `#[micro::provider]`. A type has one such function; a type without is built with `Default`.
///
/// The only option is `crate = path`: where `micro` is, if renamed.
#[proc_macro_attribute]
pub fn init(options: TokenStream, item: TokenStream) -> TokenStream {
    init::init(options.into(), item.into()).into()
}

/// Marks a function whose value can be injected wherever its type is asked for.
///
/// ```ignore
/// #[micro::provider]
/// async fn pool(address: DatabaseAddress) -> Result<Pool> {
///     Pool::connect(&address.0).await
/// }
/// ```
///
/// The function may be `async` or not and returns a `Result<T>`, where `T` is `Clone + Send + Sync + 'static`. It runs
/// once, before anything that needs a `T`. Its own parameters are injected too. Two values of one type need a newtype.
///
/// The only option is `crate = path`: where `micro` is, if renamed.
#[proc_macro_attribute]
pub fn provider(options: TokenStream, item: TokenStream) -> TokenStream {
    provider::provider(options.into(), item.into()).into()
}

/// Marks a function that is run for events.
///
/// ```ignore
/// #[micro::subscriber(queue = "audit")]
/// async fn audit(event: Greeted, ctx: &Context, config: &AuditConfig, store: Store) -> Result<()> {
///     store.put(&event.name, &config.file).await
/// }
/// ```
///
/// The event comes first, by value: a type marked `#[micro::event(topic = "..")]`, any other message with the option `topic`, or
/// `broker::Event` with the same, which is the event as it came. Behind it come injected values, and by reference settings,
/// `config: &AuditConfig`, which are those in force when handling begins, or any type that implements
/// `micro::context::FromContext`. `ctx: &Context`, the context of this handling, may stand anywhere.
///
/// The function is registered and runs with `micro::run()`. It returns a `Result<()>`; after an error the event is tried again.
/// It stays what it is, so that tests call it, and nothing else of its name appears. `micro::app().subscribe(audit)` runs it in an
/// explicit app.
///
/// # On methods
///
/// Methods are marked `#[subscriber]`, in a block with `#[micro::service]`, or in one of their own:
///
/// ```ignore
/// #[micro::handler]
/// impl English {
///     #[subscriber(retry(max = 3))]
///     async fn greeted(&self, event: Greeted, ctx: &Context) -> Result<()> { .. }
/// }
/// ```
///
/// They take `&self`: one type has one instance, whatever it serves and handles.
///
/// # Options
///
/// | Option | Meaning | Default |
/// |---|---|---|
/// | `topic = "orders.*"` | the events of which topics; `*` stands for one word, `>` for all that follow | the topic of the event's type |
/// | `queue = "audit"` | each event goes to one of all who name this queue | every subscriber gets every event |
/// | `concurrency = 8` | how many events are handled at a time | 16 |
/// | `retry(max = 5, backoff = "1s")` | how often an event is tried in all, and how long to wait before the second try, then twice as long each time | 5 times, 1 s |
/// | `dead_letter = "orders.failed"` | where an event goes that failed every time | its own topic with `.dlq` behind it |
/// | `ordered_by = event.order` | events for which this is the same are handled one after the other; an expression about the event, whose value has a `Display` | no order |
/// | `ordered_by` | the same for the key that the publisher gave, over all programs of the queue; a broker that cannot keep it keeps the program from starting | no order |
/// | `ack = "manual"` | the function acknowledges by itself, with a parameter of type `Ack` | `"auto"`: `Ok` does |
/// | `durable` | events are kept while the queue has no subscriber; a broker that cannot keeps the program from starting | they are not |
/// | `from = "earliest"` | with what a new subscription begins: `"new"`, `"earliest"`, or a time, `"2026-01-31T08:00:00Z"` | `"new"` |
/// | `broker = "orders"` | another broker of the app, by its name | the one that has no name |
/// | `name = "audit"` | what it is called in logs, and for `--services` | the function's name, in kebab case |
/// | `manual` | do not register; of functions only | registered |
/// | `crate = path` | where `micro` is, if renamed; of functions only | `::micro` |
#[proc_macro_attribute]
pub fn subscriber(options: TokenStream, item: TokenStream) -> TokenStream {
    subscriber::subscriber(options.into(), item.into()).into()
}

/// Starts the runtime and runs `async fn main` on it.
///
/// ```ignore
/// #[micro::main]
/// async fn main() -> Result<()> {
///     micro::run().await
/// }
/// ```
///
/// `main` may return what `fn main` may, and a `micro::Result`. An error is printed for people, with its causes, and
/// the process ends with a failure.
///
/// # Options
///
/// | Option | Meaning | Default |
/// |---|---|---|
/// | `flavor = ".."` | `"multi_thread"` or `"current_thread"` | `"multi_thread"` |
/// | `worker_threads = 4` | threads of a `multi_thread` runtime | one for each core |
/// | `crate = path` | where `micro` is, if renamed | `::micro` |
#[proc_macro_attribute]
pub fn main(options: TokenStream, item: TokenStream) -> TokenStream {
    startup::main(options.into(), item.into()).into()
}

/// Makes a struct or enum a message: protobuf bytes, JSON and a description out of plain Rust types.
///
/// ```ignore
/// /// What a customer wants.
/// #[micro::message(package = "shop")]
/// #[derive(Clone, Debug)]
/// pub struct Order {
///     pub id: u64,
///     pub items: Vec<Item>,
///     pub note: Option<String>,
///     #[message(json = "paidAt")]
///     pub paid: Option<SystemTime>,
/// }
///
/// let bytes = order.encode_to_vec();
/// let same = Order::decode(&bytes)?;
/// let json = micro::message::json::to_vec(&order)?;
/// ```
///
/// The attribute implements `micro::message::Message` and derives nothing: write `Clone` and `Debug`
/// yourself where you want them. A struct has named fields. An enum without data is a protobuf enum, and with a variant
/// `Unknown(i32)` it keeps numbers it does not know. An enum with data is a message with a oneof called `value`, and can be
/// put into the fields of another message with `oneof`. Named fields of a variant are a message of their own, called after
/// both: `PaymentCard` of `enum Payment { Card { number: String } }`.
///
/// | Option | Meaning | Default |
/// |---|---|---|
/// | `package = "shop.v1"` | the first part of the full name | the crate's name |
/// | `name = "Order"` | the last part of the full name | the type's name |
/// | `reserved(3, 5..=7, "old")` | tags and names that were used once and must not be used again | |
/// | `prost` | implement `prost::Message` and `prost::Name` too, for a type with `Default` | |
/// | `crate = path` | where `micro` is, if renamed | `::micro` |
///
/// On fields, in `#[message(..)]`:
///
/// | Option | Meaning |
/// |---|---|
/// | `tag = 3` | the number in bytes. On all fields or on none; then they count from 1, in order |
/// | `name = "first"` | the name in the description, if not the field's |
/// | `json = "firstName"` | the name in JSON, if not the name in lowerCamelCase |
/// | `sint`, `fixed` | another encoding of an integer: short below zero; of fixed length |
/// | `unpacked` | a list with one key per element |
/// | `key(..)`, `value(..)` | `sint`, `fixed` or `with` for the keys and values of a map |
/// | `with = Adapter` | a type of another crate, carried by a `micro::message::Adapter` |
/// | `oneof(4, 5, 6)` | the variants of an enum with data as fields of this message, one tag each, in order |
/// | `unknown` | on a field of type `UnknownFields`: keep what is not known, and write it again |
///
/// On variants: `tag`, `name`, `json`, `sint`, `fixed`, `with`; and `default`, the value that absence
/// stands for. On those of an enum without data also `aliases("OLD_NAME")`, which JSON readers take too.
#[proc_macro_attribute]
pub fn message(options: TokenStream, item: TokenStream) -> TokenStream {
    message::message(options.into(), item.into()).into()
}

/// Makes a message an event: one with a topic, which a `Publisher` publishes and a subscriber is given.
///
/// ```ignore
/// #[micro::event(topic = "orders.placed")]
/// pub struct Placed {
///     pub order: u64,
/// }
///
/// let placed = Publisher::<Placed>::new(broker);
/// placed.publish(&Placed { order: 7 }).await?;
/// ```
///
/// A topic is words with dots between them. `key = order` names a field, whose type has a `Display`: events for which its value
/// is the same belong together, and are handled in their order by subscribers with `ordered_by`. Everything else is as
/// for `#[micro::message]`: the other options, and `#[message(..)]` on fields.
///
/// `Publisher<Placed>` can be injected, and an app has one.
#[proc_macro_attribute]
pub fn event(options: TokenStream, item: TokenStream) -> TokenStream {
    message::event(options.into(), item.into()).into()
}

/// Makes a struct one of settings: read from defaults, files, the environment and flags, checked, and changed while running.
///
#[doc = include_str!("config/config.md")]
#[proc_macro_attribute]
pub fn config(options: TokenStream, item: TokenStream) -> TokenStream {
    config::config(options.into(), item.into()).into()
}

/// Makes an enum the error of methods: each variant has a code, words and typed fields, and comes back at the caller.
///
/// ```ignore
/// #[derive(Debug, micro::Error)]
/// #[error(package = "greeter")]
/// pub enum GreetError {
///     /// No person has this number.
///     #[error(code = NotFound, "no person `{id}`")]
///     NotFound { id: u64 },
///     #[error(code = ResourceExhausted, "greeted {0} times already")]
///     Tired(u32),
///     #[error(code = Unavailable, "still asleep")]
///     Asleep,
///     #[error(other)]
///     Other(micro::Error),
/// }
///
/// #[micro::service]
/// pub trait Greeter {
///     async fn hello(&self, req: HelloRequest) -> Result<HelloReply, GreetError>;
/// }
///
/// match greeter.hello(req).await {
///     Err(GreetError::NotFound { id }) => introduce(id),
///     ..
/// }
/// ```
///
/// The words are a format string that names the fields: `{id}`, `{0}` in a tuple. `Display` and
/// [`std::error::Error`] come out of it, so `#[derive(Debug)]` has to be there too.
///
/// The fields travel as a message, as if they stood in a `#[micro::message]` struct; its full name is
/// `package.GreetError.NotFound`, so that callers in every language can read it among the details of the error. That name is
/// also how the variant is found again: rename it only with `name = ".."`. What fields take in `#[message(..)]`, they take
/// here.
///
/// The variant marked `other` takes every failure that is none of these: of the network, of a newer service, of micro
/// itself. `micro::Error` converts into the enum with `?`, and in a function that returns `micro::Result` the enum becomes
/// a `micro::Error` with `?`, with its code, words and details.
///
/// | Option of the enum | Meaning | Default |
/// |---|---|---|
/// | `package = "greeter"` | the first part of the full names | the crate's name |
/// | `name = "GreetError"` | the second part | the enum's name |
/// | `crate = path` | where `micro` is, if renamed | `::micro` |
///
/// | Option of a variant | Meaning | Default |
/// |---|---|---|
/// | `code = NotFound` | one of the sixteen codes of `micro::Code`, where they stand in a table | |
/// | `".."` | what people read | |
/// | `name = "NotFound"` | the last part of the full name | the variant's name |
/// | `other` | takes what no other variant does; it holds a `micro::Error` | the variant that holds a `micro::Error` and has no `#[error(..)]` |
#[proc_macro_derive(Error, attributes(error, message))]
pub fn error(item: TokenStream) -> TokenStream {
    error::error(item.into()).into()
}
