//! A server on loopback whose methods work on bytes, and ways to call it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use micro::codec::Codec;
use micro::errors::{Detail, Execution};
use micro::rpc::{
    BoxFuture, Call, Method as MethodOf, MethodDesc, MethodInfo, MethodSpec, MethodVTable, Payload, Service,
    ServiceDesc, Streaming,
};
use micro::server::{Drained, ListenOptions, Listener};
use micro::transport::http::{HttpClient, HttpClientOptions, HttpServer, HttpServerOptions};
use micro::transport::native::{self, NativeClient, NativeServer};
use micro::transport::{CallHead, Destination, Inbound, Method, Outbound, Request, Route};
use micro::util::lifecycle::{Lifecycle, State};
use micro::util::spawn::{self, Task};
use micro::{Context, Error, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

struct Nothing;

macro_rules! methods {
    ($($name:ident $index:literal $input:ty => $output:ty;)*) => {
        $(
            struct $name;
            impl MethodSpec for $name {
                type In = $input;
                type Out = Result<$output>;
                const INDEX: usize = $index;
                const SERVICE: &'static ServiceDesc = &SERVICE;
            }
            // Only the descriptions are used: the inbound below answers by itself.
            impl MethodOf<Nothing> for $name {
                async fn call(_: &Nothing, _: $input, _: &Context) -> Result<$output> {
                    Err(Error::unimplemented("bytes only"))
                }
            }
        )*
        static SERVICE: ServiceDesc = ServiceDesc::new("test", "test", "Echo").methods(&[
            $(MethodDesc::of::<$name>(stringify!($name), concat!("/test.Echo/", stringify!($name))).no_side_effects(),)*
        ]);
        static TABLE: [MethodVTable<Nothing>; SERVICE.method_descs().len()] = [$(MethodVTable::of::<$name>(),)*];
    };
}

methods! {
    Say 0 () => ();
    Fail 1 () => ();
    Hang 2 () => ();
    Meta 3 () => ();
    Count 4 () => Streaming<()>;
    Sum 5 Streaming<()> => ();
    Chat 6 Streaming<()> => Streaming<()>;
    Flood 7 () => Streaming<()>;
    Drip 8 () => Streaming<()>;
    Gate 9 () => ();
    Refuse 10 Streaming<()> => ();
}

/// What the handlers have seen, and what they wait for.
pub(crate) struct Seen {
    pub(crate) calls: AtomicUsize,
    /// How many handlers that hang have begun and have been dropped.
    pub(crate) hanging: Semaphore,
    pub(crate) dropped: Semaphore,
    pub(crate) gate: Notify,
}

pub(crate) struct Echo {
    service: Service,
    pub(crate) seen: Arc<Seen>,
}

impl Echo {
    pub(crate) fn new() -> Arc<Self> {
        let seen = Seen {
            calls: AtomicUsize::new(0),
            hanging: Semaphore::new(0),
            dropped: Semaphore::new(0),
            gate: Notify::new(),
        };
        Arc::new(Echo { service: Service::new(Arc::new(Nothing), &SERVICE, &TABLE), seen: Arc::new(seen) })
    }

    async fn answer(&self, name: &str, context: &Context, request: Payload) -> Result<Payload> {
        self.seen.calls.fetch_add(1, Ordering::SeqCst);
        match request {
            Payload::One(bytes) => self.one(name, context, bytes).await,
            Payload::Many(items) => self.many(name, context, items).await,
        }
    }

    async fn one(&self, name: &str, context: &Context, bytes: Bytes) -> Result<Payload> {
        match name {
            // What a call of the handler's own came to; the handler itself ran.
            "Say" if bytes == "pass on" => Err(Error::unavailable("elsewhere").with_execution(Execution::NotStarted)),
            "Say" if bytes == "much" => {
                context.reply_header("much", "x".repeat(300_000))?;
                context.reply_trailer("more", "x".repeat(300_000))?;
                Ok(Payload::One(bytes))
            }
            "Say" if bytes == "long" => Err(Error::internal("é".repeat(100_000))),
            "Say" if bytes.starts_with(b"bad") => Err(Error::invalid_argument("`bad` is no message")),
            "Say" => Ok(Payload::One(bytes)),
            "Fail" => {
                context.reply_header("early", "header")?;
                context.reply_trailer("late", "trailer")?;
                Err(Error::not_found("no `café`, 100% sure").with_detail(Detail::new("test.Why", vec![1, 2, 3])))
            }
            "Hang" => {
                let _guard = Guard::new(&self.seen);
                std::future::pending().await
            }
            "Gate" => {
                self.seen.hanging.add_permits(1);
                self.seen.gate.notified().await;
                Ok(Payload::One(bytes))
            }
            "Meta" => {
                let mut text = String::new();
                for (key, value) in context.metadata().iter() {
                    text += &format!("{key}={value}\n");
                }
                text += &format!("deadline={}\n", context.remaining().is_some_and(|left| left > Duration::ZERO));
                text += &format!("remaining={}\n", context.remaining().unwrap_or_default().as_millis());
                text += &format!("trace={:032x}\n", context.trace().expect("there is one").trace_id());
                text += &format!("peer={:?}\n", context.peer().expect("there is one"));
                context.reply_header("early", "header")?;
                context.reply_trailer("late", "trailer")?;
                Ok(Payload::One(text.into()))
            }
            // As many items as there are bytes, and then a trailer that is known only at the end.
            "Count" => {
                context.reply_header("early", "header")?;
                let (last, count) = (context.clone(), bytes.len());
                let failing = bytes.contains(&b'!');
                let items = futures_util::stream::iter((0..count).map(|n| Ok(Bytes::from(n.to_string()))));
                let end = futures_util::stream::once(async move {
                    last.reply_trailer("count", count.to_string())?;
                    if failing { Err(Error::not_found("it broke")) } else { Ok(Bytes::from_static(b"end")) }
                });
                Ok(Payload::Many(Streaming::new(items.chain(end))))
            }
            "Flood" => {
                let count: usize = String::from_utf8_lossy(&bytes).parse().unwrap_or(0);
                let items = futures_util::stream::iter(0..count).then(|n| async move {
                    tokio::task::yield_now().await;
                    Ok(Bytes::from(n.to_string()))
                });
                Ok(Payload::Many(Streaming::new(items)))
            }
            // One item, and then nothing more.
            "Drip" => {
                let guard = Guard::new(&self.seen);
                let items = futures_util::stream::iter([Ok(Bytes::from_static(b"drop"))]);
                let silence = futures_util::stream::once(async move {
                    let _guard = guard;
                    std::future::pending().await
                });
                Ok(Payload::Many(Streaming::new(items.chain(silence))))
            }
            _ => Err(Error::internal("no such method")),
        }
    }

    async fn many(&self, name: &str, context: &Context, mut items: Streaming<Bytes>) -> Result<Payload> {
        match name {
            "Refuse" => Err(Error::failed_precondition("not now")),
            "Sum" => {
                let (mut count, mut length) = (0, 0);
                while let Some(item) = items.try_next().await? {
                    count += 1;
                    length += item.len();
                }
                context.reply_trailer("late", "trailer")?;
                Ok(Payload::One(format!("{count}/{length}").into()))
            }
            "Chat" => {
                let guard = Guard::new(&self.seen);
                Ok(Payload::Many(Streaming::new(items.map(move |item| {
                    let _guard = &guard;
                    item.map(|item| Bytes::from([b"re: ", &*item].concat()))
                }))))
            }
            _ => Err(Error::internal("no such method")),
        }
    }
}

impl Inbound for Echo {
    fn route(&self, arrival: &CallHead<'_>) -> Result<Route> {
        if arrival.node.is_some_and(|node| node != "me") {
            return Err(Error::unavailable("another node was meant").with_execution(Execution::NotStarted));
        }
        let found = SERVICE.method_descs().iter().position(|method| method.path() == arrival.path);
        let index = found.ok_or_else(|| {
            Error::unimplemented(format!("nobody answers `{}`", arrival.path)).with_execution(Execution::NotStarted)
        })?;
        Ok(Route::new("test".into(), self.service.clone(), index))
    }

    fn local(&self, _: &str, _: &str) -> Option<&Route> {
        None
    }

    fn call<'a>(&'a self, route: &'a Route, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let context = call.context().clone();
            let (request, codec) = call.exchange().take_request(Codec::PROTO)?;
            let reply = self.answer(route.method().name(), &context, request).await?;
            call.exchange().put_reply(reply, codec)
        })
    }
}

struct Guard(Arc<Seen>);

impl Guard {
    fn new(seen: &Arc<Seen>) -> Self {
        seen.hanging.add_permits(1);
        Guard(seen.clone())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.dropped.add_permits(1);
    }
}

/// A server that runs, and the way to end it.
pub(crate) struct World {
    pub(crate) echo: Arc<Echo>,
    pub(crate) address: String,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) server: Task<Drained>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(HttpServerOptions::default(), ListenOptions::default()).await
    }

    pub(crate) async fn with(options: HttpServerOptions, listen: ListenOptions) -> Self {
        let (echo, lifecycle) = (Echo::new(), Lifecycle::new());
        let routes = axum::Router::new().route("/healthz", axum::routing::get(|| async { "ok" }));
        let http = HttpServer::new(echo.clone(), [routes], options);
        let native = NativeServer::new(echo.clone(), native::NativeServerOptions::default());
        let listener = Listener::bind("127.0.0.1:0", listen).await.unwrap();
        let listener = listener.with_protocol(Arc::new(native)).unwrap();
        let address = listener.address().to_string();
        let server = spawn::spawn(listener.serve(http, lifecycle.clone()));
        World { echo, address, lifecycle, server }
    }

    /// The bytes of one HTTP/1.1 exchange, and then the connection is closed.
    pub(crate) async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) async fn post(&self, path: &str, content_type: &str, body: &str) -> String {
        self.raw(&format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await
    }

    pub(crate) async fn call(
        &self,
        client: &dyn Outbound,
        name: &str,
        payload: Payload,
        context: &Context,
    ) -> Result<Payload> {
        call(client, &self.address, name, payload, context).await
    }

    pub(crate) async fn unary(
        &self,
        client: &dyn Outbound,
        name: &str,
        body: &'static [u8],
        cx: &Context,
    ) -> Result<Bytes> {
        match self.call(client, name, Payload::One(Bytes::from_static(body)), cx).await? {
            Payload::One(bytes) => Ok(bytes),
            Payload::Many(_) => Err(Error::internal("a stream")),
        }
    }

    pub(crate) async fn stream(
        &self,
        client: &dyn Outbound,
        name: &str,
        body: &str,
        cx: &Context,
    ) -> Result<Streaming<Bytes>> {
        match self.call(client, name, Payload::One(body.to_owned().into()), cx).await? {
            Payload::Many(items) => Ok(items),
            Payload::One(_) => Err(Error::internal("one message")),
        }
    }
}

pub(crate) async fn call(
    client: &dyn Outbound,
    address: &str,
    name: &str,
    payload: Payload,
    context: &Context,
) -> Result<Payload> {
    let method = SERVICE.method_descs().iter().find(|method| method.name() == name).expect("a method of ours");
    let method = Method::from(MethodInfo::from(method));
    let request =
        Request { to: Destination::at(address), service: "test", method, codec: Codec::PROTO, payload, context };
    client.call(request).await
}

pub(crate) fn impatient() -> HttpServerOptions {
    let short = Duration::from_millis(100);
    HttpServerOptions { header_timeout: short, body_timeout: short, ..HttpServerOptions::default() }
}

/// A client over either wire.
#[derive(Clone, Debug)]
pub(crate) struct Over(Arc<dyn Outbound>);

impl Outbound for Over {
    fn call<'a>(&'a self, request: Request<'a>) -> BoxFuture<'a, Result<Payload>> {
        self.0.call(request)
    }
}

/// One client over each wire: what every caller may rely on, whatever is spoken.
pub(crate) fn clients() -> [Over; 2] {
    [Over(Arc::new(client())), Over(Arc::new(NativeClient::default()))]
}

pub(crate) fn client() -> HttpClient {
    HttpClient::new(HttpClientOptions::default())
}

pub(crate) async fn taken(semaphore: &Semaphore) {
    tokio::time::timeout(Duration::from_secs(60), semaphore.acquire()).await.expect("in time").unwrap().forget();
}

pub(crate) async fn drained(world: World) -> Drained {
    world.lifecycle.advance(State::Draining);
    world.server.await.unwrap()
}
