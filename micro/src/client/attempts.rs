//! Remote calls: node selection, attempts and retries.

use std::sync::Arc;
use std::time::Duration;

use tracing::{Instrument, Level};

use super::services::ServiceEntry;
use super::target_addr::TargetAddr;
use super::{Client, Remote, retry};
use crate::codec::Codec;
use crate::context::{Completion, Context};
use crate::errors::{Error, Result};
use crate::registry::NodeView;
use crate::rpc::{Attempt, AttemptEndpoint, AttemptHead, BoxFuture, Call, MethodInfo, Payload};
use crate::selector::{Filter, Pick, PickOptions};
use crate::transport::{Destination, Request, not_run};
use crate::util::clock;

/// Timeout for the registry's first answer.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// Destination of one attempt.
enum AttemptTarget<'a> {
    /// An explicit address.
    Address(&'a TargetAddr),
    /// A node of the registry. The call counts as in flight until the pick is dropped.
    Node(Pick),
}

/// State shared by all attempts of a remote call.
#[derive(Clone, Copy)]
struct RemoteCall<'a> {
    remote: &'a Remote,
    service: &'a str,
    method: MethodInfo<'a>,
    context: &'a Context,
    codec: Codec,
}

impl Client {
    /// Attempts the call at one node after another, while retrying is safe and the retry budget lasts.
    pub(super) async fn run_with_retries(&self, call: &mut Call<'_>) -> Result<()> {
        let Some(remote) = &self.core.remote else {
            return Err(no_node(format!(
                "`{}` is not served by this process, and the client has no registry",
                call.service()
            )));
        };
        let (service, method) = (call.service(), call.method());
        let (context, exchange) = call.parts();
        let wanted = self.target.options.codec.unwrap_or(Codec::PROTO);
        let (payload, codec) = exchange.take_request(wanted)?;
        let call = RemoteCall { remote, service, method, context, codec };
        let mut requests = ReplayBody::new(payload);
        let mut tried = Vec::new();
        self.core.budget.earn();
        loop {
            let target = match self.pick(call, &tried) {
                Some(target) => Ok(target),
                // Boxed: the wait is rare and its future is large.
                None => Box::pin(in_time(context, self.wait_for_node(call, &tried))).await,
            };
            let mut target = match target {
                Ok(target) => target,
                Err(error) => return Err(requests.failed.take().unwrap_or(error)),
            };
            let Some(payload) = requests.next() else { return Err(requests.failed()) };
            let error = match self.attempt(call, &target, tried.len() + 1, payload).await {
                Ok(reply) => {
                    target.record(None);
                    target.complete_with(&reply, context);
                    return exchange.put_reply(reply.guarded(context), codec);
                }
                Err(error) => error,
            };
            target.record(Some(&error));
            let again = requests.can_repeat()
                && tried.len() + 1 < retry::MAX_ATTEMPTS
                && retry::is_safe(self.target.options.retry, &error, method.idempotency())
                && self.core.budget.spend();
            if !again {
                return Err(error);
            }
            let node = target.destination().node;
            tracing::debug!(service, node, attempt = tried.len() + 1, "retrying at another node: {error:#}");
            tried.push(target.id());
            // Reply metadata comes from the last attempt only.
            context.clear_reply();
            requests.failed = Some(error);
        }
    }

    /// Makes one attempt, through the interceptors that see attempts.
    // Not an `async fn`: its future would keep a copy of the arguments that it passes on.
    fn attempt<'a>(
        &'a self,
        call: RemoteCall<'a>,
        target: &'a AttemptTarget<'_>,
        number: usize,
        payload: Payload,
    ) -> BoxFuture<'a, Result<Payload>> {
        let RemoteCall { remote, service, method, context, codec } = call;
        let to = target.destination();
        if !self.core.interceptors.see_attempts() {
            let request = Request { to, service, method: method.into(), codec, payload, context };
            return send(remote, request, method, number);
        }
        Box::pin(async move {
            let head = AttemptHead { service, method, number, address: to.address, node: to.node, codec };
            let mut attempt = Attempt::new(head, context.clone(), payload);
            self.core.interceptors.attempt(&mut attempt, &AttemptSender { remote, to }).await?;
            attempt.into_reply()
        })
    }

    /// Picks the destination of an attempt if one is known without waiting.
    fn pick(&self, call: RemoteCall<'_>, tried: &[String]) -> Option<AttemptTarget<'_>> {
        if let Some(at) = &self.target.address {
            return Some(AttemptTarget::Address(at));
        }
        // Most clients call one service, which is cached here.
        if let Some(entry) = self.target.entry.get().filter(|entry| entry.is(call.service)) {
            return self.pick_of(entry, call, tried);
        }
        let entry = call.remote.services.of(call.service, &call.remote.registry);
        let picked = self.pick_of(&entry, call, tried);
        let _ = self.target.entry.set(entry);
        picked
    }

    fn pick_of(&self, entry: &ServiceEntry, call: RemoteCall<'_>, tried: &[String]) -> Option<AttemptTarget<'_>> {
        let options = &self.target.options;
        let wanted = PickOptions::new()
            .with_filter(&options.filter)
            .with_path(call.method.path())
            .with_tried(tried)
            .with_metadata(call.context.metadata())
            .with_hash(options.hash);
        entry.pick(&self.core.selector, options.balancer.as_ref(), &wanted).map(AttemptTarget::Node)
    }

    /// Waits for a node that the call accepts, as long as `with_wait_for_ready` allows. A retry does not wait.
    async fn wait_for_node(&self, call: RemoteCall<'_>, tried: &[String]) -> Result<AttemptTarget<'_>> {
        let entry: Arc<ServiceEntry> = call.remote.services.of(call.service, &call.remote.registry);
        let mut view = entry.view();
        // A registry that does not answer and one that lists no nodes are different errors.
        let answered = clock::timeout(LOOKUP_TIMEOUT, view.ready()).await.is_ok();
        let until = clock::after(self.target.options.wait);
        loop {
            if let Some(target) = self.pick_of(&entry, call, tried) {
                return Ok(target);
            }
            let more = tried.is_empty() && !call.context.is_cancelled();
            if !more || clock::timeout_at(until, view.changed()).await.is_err() {
                let filter = self.target.options.filter.clone().with_method(call.method.path());
                return Err(not_found(call.remote, &view, &filter, answered));
            }
        }
    }
}

/// Sends one attempt, in a span if the tracing subscriber enables it. The transport records its wire there.
fn send<'a>(
    remote: &'a Remote,
    request: Request<'a>,
    method: MethodInfo<'_>,
    attempt: usize,
) -> BoxFuture<'a, Result<Payload>> {
    if !tracing::span_enabled!(target: "micro::client", Level::INFO) {
        return remote.outbound.call(request);
    }
    let span = tracing::info_span!(
        target: "micro::client",
        "attempt",
        service = request.service,
        method = method.name(),
        node = request.to.node,
        attempt,
        wire = tracing::field::Empty,
    );
    let call = span.in_scope(|| remote.outbound.call(request));
    Box::pin(call.instrument(span))
}

/// End of the attempt's interceptor chain: sends the attempt.
struct AttemptSender<'a> {
    remote: &'a Remote,
    to: Destination<'a>,
}

impl AttemptEndpoint for AttemptSender<'_> {
    fn run<'a>(&'a self, attempt: &'a mut Attempt<'_>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let payload = attempt.take_request()?;
            let (service, method, context) = (attempt.service(), attempt.method(), attempt.context().clone());
            let codec = attempt.codec();
            let request = Request { to: self.to, service, method: method.into(), codec, payload, context: &context };
            let reply = send(self.remote, request, method, attempt.number()).await?;
            attempt.put_reply(reply);
            Ok(())
        })
    }
}

/// Runs `work` within the deadline of `context`.
async fn in_time<T>(context: &Context, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(deadline) = context.deadline() else { return work.await };
    clock::timeout_at(deadline, work).await.unwrap_or_else(|_| Err(Context::deadline_exceeded()))
}

impl AttemptTarget<'_> {
    fn destination(&self) -> Destination<'_> {
        match self {
            AttemptTarget::Address(at) => Destination { security: at.security, ..Destination::at(&at.address) },
            AttemptTarget::Node(pick) => pick.destination(),
        }
    }

    /// Returns the id of the node; empty for an address.
    fn id(&self) -> String {
        match self {
            AttemptTarget::Address(_) => String::new(),
            AttemptTarget::Node(pick) => pick.node().id.clone(),
        }
    }

    fn record(&mut self, error: Option<&Error>) {
        if let AttemptTarget::Node(pick) = self {
            pick.record(error);
        }
    }

    /// Counts the call as in flight at its node until the stream of the reply ends.
    fn complete_with(self, reply: &Payload, context: &Context) {
        if let (Payload::Many(_), AttemptTarget::Node(pick)) = (reply, self) {
            context.push_completion(Box::new(pick));
        }
    }
}

/// Records the end of a reply stream for its node; the call counts as in flight until then.
impl Completion for Pick {
    fn complete(mut self: Box<Self>, _: &Context, error: Option<&Error>) {
        self.record_stream(error);
    }
}

/// Replayable request body: a message can be sent any number of times, a stream once.
struct ReplayBody {
    next: Option<Payload>,
    failed: Option<Error>,
}

impl ReplayBody {
    fn new(payload: Payload) -> Self {
        ReplayBody { next: Some(payload), failed: None }
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
        self.failed.take().unwrap_or_else(|| Error::internal("the request was already sent"))
    }
}

fn no_node(message: String) -> Error {
    not_run(Error::unavailable(message))
}

/// Returns an error that names the service, the filter, the registry and the number of listed nodes.
fn not_found(remote: &Remote, view: &NodeView, filter: &Filter, answered: bool) -> Error {
    let (service, registry) = (view.service(), remote.registry.name());
    let error = match view.nodes().len() {
        _ if !answered => no_node(format!("cannot look up `{service}`: registry `{registry}` does not answer")),
        0 => no_node(format!("no node of `{service}`: registry `{registry}` lists none; is it running?")),
        seen => no_node(format!(
            "no node of `{service}` to call: registry `{registry}` lists {seen}, and none matches the filter {filter}"
        )),
    };
    match view.last_error() {
        Some(last_error) => error.with_source(last_error.into_boxed()),
        None => error,
    }
}
