//! The way of one call: within the process, or out of it to a node that is found, picked and tried.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tracing::{Instrument, Level};

use super::at::At;
use super::known::Known;
use super::{Client, Remote, retry};
use crate::codec::Codec;
use crate::context::Context;
use crate::errors::{Code, Error, Fate, Result};
use crate::registry::Following;
use crate::rpc::{BoxFuture, Call, Endpoint, MethodInfo, Payload, Service, Streaming, nesting};
use crate::selector::{Ended, Filter, Pick, Wanted};
use crate::transport::{Arrival, Destination, Inbound, Request, Route};
use crate::util::clock;

/// How long the registry may take for its first answer.
const LOOKUP: Duration = Duration::from_secs(5);

/// Where one call goes.
pub(super) enum Way<'a> {
    /// To a handler of this process.
    Local(&'a Arc<dyn Inbound>, &'a Route),
    /// Out of it.
    Remote(&'a Client),
}

impl<'a> Way<'a> {
    /// Within the process where it serves what is called, unless an address was given.
    pub(super) fn find(client: &'a Client, service: &str, method: MethodInfo<'_>) -> Self {
        if client.target.address.is_none()
            && let Some((inbound, route)) = client.core.local.route(service, method.path())
        {
            return Way::Local(inbound, route);
        }
        Way::Remote(client)
    }

    pub(super) fn is_local(&self) -> bool {
        matches!(self, Way::Local(..))
    }
}

impl Endpoint for Way<'_> {
    fn run<'a>(&'a self, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        match self {
            Way::Local(inbound, route) if nesting::is_deep() => Box::pin(off_stack(inbound, route, call)),
            Way::Local(inbound, route) => inbound.call(route, call),
            Way::Remote(client) => Box::pin(client.attempts(call)),
        }
    }
}

/// Runs a call in a task of its own, where so many wait for one another that the stack would not last.
async fn off_stack(inbound: &Arc<dyn Inbound>, route: &Route, call: &mut Call<'_>) -> Result<()> {
    let (service, context) = (call.service().to_owned(), call.context().clone());
    let Some(mut exchange) = call.exchange().detach() else { return inbound.call(route, call).await };
    let (inbound, route) = (inbound.clone(), route.clone());
    let exchange = nesting::off_stack(async move {
        let mut call = Call::new(&service, route.method(), context, &mut *exchange);
        inbound.call(&route, &mut call).await?;
        Ok(exchange)
    });
    match exchange.await?.into_any() {
        Some(exchange) => call.exchange().attach(exchange),
        None => Err(Error::internal("the exchange of the call cannot be attached again")),
    }
}

/// Where one attempt goes.
enum Aim<'a> {
    /// To an address, whoever is there.
    Address(&'a At),
    /// To a node that is listed. It is busy with the call until then.
    Node(Pick),
}

impl Client {
    /// Tries node after node, while that is safe and the budget lasts.
    async fn attempts(&self, call: &mut Call<'_>) -> Result<()> {
        let Some(remote) = &self.core.remote else {
            return Err(nobody(format!(
                "`{}` is not served by this process, and the client knows no other",
                call.service()
            )));
        };
        let (service, method) = (call.service(), call.method());
        let (context, exchange) = call.parts();
        let wanted = self.target.options.codec.unwrap_or(Codec::PROTO);
        let (payload, codec) = exchange.take_request(wanted)?;
        let mut payloads = Payloads::new(payload);
        let mut tried = Vec::new();
        self.core.budget.earn();
        loop {
            let aim = match self.aim(remote, service, method, &tried) {
                Some(aim) => Ok(aim),
                // Hardly ever, and it takes room: the rest of the way is kept small.
                None => Box::pin(in_time(context, self.look(remote, service, method, &tried, context))).await,
            };
            let mut aim = match aim {
                Ok(aim) => aim,
                Err(error) => return Err(payloads.failed.take().unwrap_or(error)),
            };
            let Some(payload) = payloads.next() else { return Err(payloads.failed()) };
            let request = Request { to: aim.destination(), service, method: method.into(), codec, payload, context };
            let answered = match tracing::span_enabled!(target: "micro::client", Level::INFO) {
                false => remote.outbound.call(request).await,
                true => {
                    let span = span(&request, method, tried.len() + 1);
                    remote.outbound.call(request).instrument(span).await
                }
            };
            let error = match answered {
                Ok(reply) => {
                    aim.ended(Ended::Answered);
                    return exchange.put_reply(aim.hold(reply.guarded(context)), codec);
                }
                Err(error) => error,
            };
            aim.ended(if is_unreachable(&error) { Ended::Unreachable } else { Ended::Answered });
            let again = payloads.can_repeat()
                && tried.len() + 1 < retry::ATTEMPTS
                && retry::is_safe(self.target.options.retry, &error, method.idempotency())
                && self.core.budget.spend();
            if !again {
                return Err(error);
            }
            let node = aim.destination().node;
            tracing::debug!(service, node, attempt = tried.len() + 1, "trying another node: {error:#}");
            tried.push(aim.id());
            // Only what the last attempt is answered beside its message is kept.
            context.clear_reply();
            payloads.failed = Some(error);
        }
    }

    /// Where an attempt goes, where that is known at once.
    fn aim(&self, remote: &Remote, service: &str, method: MethodInfo<'_>, tried: &[String]) -> Option<Aim<'_>> {
        if let Some(at) = &self.target.address {
            return Some(Aim::Address(at));
        }
        let wanted = Wanted { filter: Some(&self.target.options.filter), path: Some(method.path()), tried };
        // A client calls one service, as a rule, and finds it here.
        if let Some(known) = self.target.known.get().filter(|known| known.is(service)) {
            return known.pick(&self.core.selector, &wanted).map(Aim::Node);
        }
        let known = remote.services.of(service, &remote.registry);
        let picked = known.pick(&self.core.selector, &wanted).map(Aim::Node);
        let _ = self.target.known.set(known);
        picked
    }

    /// Waits for a node that is wanted.
    async fn look(
        &self,
        remote: &Remote,
        service: &str,
        method: MethodInfo<'_>,
        tried: &[String],
        context: &Context,
    ) -> Result<Aim<'_>> {
        let known: Arc<Known> = remote.services.of(service, &remote.registry);
        let filter = &self.target.options.filter;
        let wanted = Wanted { filter: Some(filter), path: Some(method.path()), tried };
        let mut following = known.following();
        // A first answer that does not come is told apart from one that lists nothing.
        let answered = clock::timeout(LOOKUP, following.ready()).await.is_ok();
        let until = clock::after(self.target.options.wait);
        loop {
            if let Some(pick) = known.pick(&self.core.selector, &wanted) {
                return Ok(Aim::Node(pick));
            }
            let more = tried.is_empty() && !context.is_cancelled();
            if !more || clock::timeout_at(until, following.changed()).await.is_err() {
                let filter = filter.clone().with_method(method.path());
                return Err(not_found(remote, &following, &filter, answered));
            }
        }
    }
}

/// Does something within the deadline of `context`.
async fn in_time<T>(context: &Context, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(deadline) = context.deadline() else { return work.await };
    clock::timeout_at(deadline, work).await.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
}

/// The span of one attempt, for subscribers that want spans; the transport writes its wire there.
fn span(request: &Request<'_>, method: MethodInfo<'_>, attempt: usize) -> tracing::Span {
    tracing::info_span!(
        target: "micro::client",
        "attempt",
        service = request.service,
        method = method.name(),
        node = request.to.node,
        attempt,
        wire = tracing::field::Empty,
    )
}

impl Aim<'_> {
    fn destination(&self) -> Destination<'_> {
        match self {
            Aim::Address(at) => Destination { security: at.security, ..Destination::at(&at.address) },
            Aim::Node(pick) => pick.destination(),
        }
    }

    /// What tells the node from the others that are tried.
    fn id(&self) -> String {
        match self {
            Aim::Address(_) => String::new(),
            Aim::Node(pick) => pick.node().id.clone(),
        }
    }

    fn ended(&mut self, how: Ended) {
        if let Aim::Node(pick) = self {
            pick.ended(how);
        }
    }

    /// A node is busy with a stream until the stream is over.
    fn hold(self, reply: Payload) -> Payload {
        match (reply, self) {
            (Payload::Many(items), Aim::Node(pick)) => Payload::Many(Streaming::new(items.inspect(move |_| {
                let _busy = &pick;
            }))),
            (reply, _) => reply,
        }
    }
}

/// The request, as often as it can be sent: a message any number of times, a stream once.
struct Payloads {
    next: Option<Payload>,
    failed: Option<Error>,
}

impl Payloads {
    fn new(payload: Payload) -> Self {
        Payloads { next: Some(payload), failed: None }
    }

    fn can_repeat(&self) -> bool {
        self.next.is_some()
    }

    fn next(&mut self) -> Option<Payload> {
        let payload = self.next.take()?;
        if let Payload::One(bytes) = &payload {
            self.next = Some(Payload::One(bytes.clone()));
        }
        Some(payload)
    }

    fn failed(&mut self) -> Error {
        self.failed.take().unwrap_or_else(|| Error::internal("the request was sent before"))
    }
}

fn is_unreachable(error: &Error) -> bool {
    error.code() == Code::Unavailable && error.fate() == Fate::Never
}

fn nobody(message: String) -> Error {
    Error::new(Code::Unavailable, message).with_fate(Fate::Never)
}

/// Says which service, which filter, which registry, and how many nodes were seen.
fn not_found(remote: &Remote, following: &Following, filter: &Filter, answered: bool) -> Error {
    let (service, registry) = (following.service(), remote.registry.name());
    let error = match following.nodes().len() {
        _ if !answered => nobody(format!("cannot look up `{service}`: registry `{registry}` does not answer")),
        0 => nobody(format!("no node of `{service}`: registry `{registry}` lists none; is it running?")),
        seen => nobody(format!(
            "no node of `{service}` to call: registry `{registry}` lists {seen}, and none passes the filter {filter}"
        )),
    };
    match following.trouble() {
        Some(trouble) => error.from_source(trouble.into_std()),
        None => error,
    }
}

/// A service by itself: what [`Client::of`] calls, under whatever name.
pub(super) struct Sole(Vec<Route>);

impl Sole {
    pub(super) fn new(service: &Service) -> Self {
        let methods = 0..service.desc().method_descs().len();
        Sole(methods.map(|index| Route::new(service.desc().name().into(), service.clone(), index)).collect())
    }
}

impl Inbound for Sole {
    fn route(&self, arrival: &Arrival<'_>) -> Result<Route> {
        let found = self.local("", arrival.path).cloned();
        found.ok_or_else(|| Error::unimplemented(format!("no method `{}` here", arrival.path)))
    }

    fn local(&self, _: &str, path: &str) -> Option<&Route> {
        self.0.iter().find(|route| route.method().path() == path)
    }

    fn call<'a>(&'a self, route: &'a Route, call: &'a mut Call<'_>) -> BoxFuture<'a, Result<()>> {
        route.run(call)
    }
}
