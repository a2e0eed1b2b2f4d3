//! The way of one call: within the process, or out of it to a node that is found, picked and tried.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};

use super::at::At;
use super::{Client, Remote, retry};
use crate::codec::Codec;
use crate::context::Context;
use crate::errors::{Code, Error, Fate, Result};
use crate::registry::{Following, Node};
use crate::rpc::{BoxFuture, Call, Endpoint, MethodInfo, Payload, Service, Streaming};
use crate::selector::{Ended, Filter, Pick};
use crate::transport::{Arrival, Inbound, Request, Route, Security, TLS, WIRE};
use crate::util::clock::{self, Instant};

/// How long the registry may take for its first answer.
const LOOKUP: Duration = Duration::from_secs(5);

/// Where one call goes.
pub(super) enum Way<'a> {
    /// To a handler of this process.
    Local(&'a dyn Inbound, &'a Route),
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
            Way::Local(inbound, route) => inbound.call(route, call),
            Way::Remote(client) => Box::pin(client.attempts(call)),
        }
    }
}

/// Where one attempt goes.
enum Destination {
    /// To an address, whoever is there.
    Address(At),
    /// To a node that is listed. It is busy with the call until then.
    Node(Arc<Node>, Option<Pick>),
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
        let method = call.method();
        let service = call.service();
        // A copy, because a call cannot be shared between threads while an attempt is under way, and a context can.
        let context = call.context().clone();
        let wanted = self.target.options.codec.unwrap_or(Codec::PROTO);
        let (payload, codec) = call.exchange().take_request(wanted)?;
        let mut payloads = Payloads::new(payload);
        let mut tried = Vec::new();
        self.core.budget.earn();
        loop {
            let choosing = self.choose(remote, service, method, &tried, &context);
            let chosen = match context.deadline() {
                Some(deadline) => in_time(deadline, choosing).await,
                None => choosing.await,
            };
            let mut to = match chosen {
                Ok(to) => to,
                Err(error) => return Err(payloads.failed.take().unwrap_or(error)),
            };
            let Some(payload) = payloads.next() else { return Err(payloads.failed()) };
            let request = Request {
                address: to.address(),
                node: to.node(),
                wire: to.wire(),
                security: to.security(),
                service,
                method: method.into(),
                codec,
                payload,
                context: &context,
            };
            let error = match remote.outbound.call(request).await {
                Ok(reply) => {
                    to.ended(Ended::Answered);
                    let reply = to.hold(reply.guarded(&context));
                    return call.exchange().put_reply(reply, codec);
                }
                Err(error) => error,
            };
            to.ended(if is_unreachable(&error) { Ended::Unreachable } else { Ended::Answered });
            let again = payloads.can_repeat()
                && tried.len() + 1 < retry::ATTEMPTS
                && retry::is_safe(self.target.options.retry, &error, method.idempotency())
                && self.core.budget.spend();
            if !again {
                return Err(error);
            }
            tracing::debug!(service, node = to.node(), attempt = tried.len() + 1, "trying another node: {error:#}");
            tried.push(to.id());
            payloads.failed = Some(error);
        }
    }

    async fn choose(
        &self,
        remote: &Remote,
        service: &str,
        method: MethodInfo<'_>,
        tried: &[String],
        context: &Context,
    ) -> Result<Destination> {
        if let Some(address) = &self.target.address {
            return Ok(Destination::Address(address.clone()));
        }
        let filter = &self.target.options.filter;
        let picked = |nodes: &[Arc<Node>]| self.core.selector.pick_for(nodes, filter, method.path(), tried);
        if let Some(pick) = remote.followed.known(service).and_then(|nodes| picked(&nodes)) {
            return Ok(Destination::of(pick));
        }
        let mut following = remote.followed.of(service, &remote.registry);
        // A first answer that does not come is told apart from one that lists nothing.
        let answered = clock::timeout(LOOKUP, following.ready()).await.is_ok();
        let until = clock::after(self.target.options.wait);
        loop {
            let nodes = following.nodes();
            if let Some(pick) = picked(&nodes) {
                return Ok(Destination::of(pick));
            }
            let more = tried.is_empty() && !context.is_cancelled();
            if !more || clock::timeout_at(until, following.changed()).await.is_err() {
                let filter = filter.clone().with_method(method.path());
                return Err(not_found(remote, &following, &filter, answered));
            }
        }
    }
}

impl Destination {
    fn of(pick: Pick) -> Self {
        Destination::Node(pick.node().clone(), Some(pick))
    }

    fn address(&self) -> &str {
        match self {
            Destination::Address(at) => &at.address,
            Destination::Node(node, _) => &node.address,
        }
    }

    /// The node that is meant. Only nodes that micro has listed know their ids; other lists make theirs up.
    fn node(&self) -> Option<&str> {
        match self {
            Destination::Node(node, _) if node.metadata.contains_key("micro") => Some(&node.id),
            _ => None,
        }
    }

    /// What it says it speaks.
    fn wire(&self) -> Option<&str> {
        match self {
            Destination::Address(_) => None,
            Destination::Node(node, _) => node.metadata.get(WIRE).map(String::as_str),
        }
    }

    /// Whether it wants to be called with TLS.
    fn security(&self) -> Security {
        match self {
            Destination::Address(at) => at.security,
            Destination::Node(node, _) if node.metadata.get(TLS).is_some_and(|tls| tls == "yes") => Security::Node,
            Destination::Node(..) => Security::Plain,
        }
    }

    /// What tells the node from the others that are tried.
    fn id(&self) -> String {
        match self {
            Destination::Address(_) => String::new(),
            Destination::Node(node, _) => node.id.clone(),
        }
    }

    fn ended(&mut self, how: Ended) {
        if let Destination::Node(_, Some(pick)) = self {
            pick.ended(how);
        }
    }

    /// A node is busy with a stream until the stream is over.
    fn hold(&mut self, reply: Payload) -> Payload {
        match (reply, self) {
            (Payload::Many(items), Destination::Node(_, pick @ Some(_))) => {
                let pick = pick.take();
                Payload::Many(Streaming::new(items.inspect(move |_| {
                    let _busy = &pick;
                })))
            }
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

/// What is known at once needs no timer.
async fn in_time<T>(deadline: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = std::pin::pin!(work);
    if let Some(done) = work.as_mut().now_or_never() {
        return done;
    }
    clock::timeout_at(deadline, work).await.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
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
