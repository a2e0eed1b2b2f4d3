//! `grpc.health.v1`: readiness of the program and of its services.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::stream;

use super::{Readiness, Stage};
use crate::context::Context;
use crate::errors::{Error, Result};
use crate::rpc::{Method, MethodDesc, MethodSpec, MethodVTable, Service, ServiceDesc, Streaming};

/// Request for the health of a service.
#[micro::message(package = "grpc.health.v1", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub struct HealthCheckRequest {
    /// Full name of a service, `greeter.Greeter`; empty for the program as a whole.
    #[message(tag = 1)]
    pub service: String,
}

/// Health of a service.
#[micro::message(package = "grpc.health.v1", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub struct HealthCheckResponse {
    /// Serving status.
    #[message(tag = 1)]
    pub status: ServingStatus,
}

/// Serving status of a service.
#[micro::message(package = "grpc.health.v1", crate = crate::message)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServingStatus {
    /// Unknown.
    #[message(name = "UNKNOWN")]
    Undetermined,
    /// Serving.
    #[message(name = "SERVING")]
    Serving,
    /// Not serving.
    #[message(name = "NOT_SERVING")]
    NotServing,
    /// No such service. Sent by `Watch` only.
    #[message(name = "SERVICE_UNKNOWN")]
    ServiceUnknown,
    /// A value of a later version of the contract.
    Unknown(i32),
}

/// Request for the health of all services.
#[micro::message(package = "grpc.health.v1", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub struct HealthListRequest {}

/// Health of all services.
#[micro::message(package = "grpc.health.v1", crate = crate::message)]
#[derive(Clone, Debug, PartialEq)]
pub struct HealthListResponse {
    /// Health by full name of the service; the empty name is the program as a whole.
    #[message(tag = 1)]
    pub statuses: BTreeMap<String, HealthCheckResponse>,
}

/// Creates the health service of `services` and of the program as a whole, based on `readiness`.
///
/// A service is addressed by its full name, or by its name in the registry. A stream of [`WatchMethod`] reports the status with
/// which the program shuts down, and ends when the program drains, so it does not keep a program running.
pub fn service<'a>(
    readiness: Readiness,
    services: impl IntoIterator<Item = (&'a str, &'static ServiceDesc)>,
) -> Service {
    let mut names = BTreeMap::from([(String::new(), String::new())]);
    let mut listed = vec![String::new()];
    for (name, desc) in services {
        let full_name = desc.full_name().into_owned();
        names.entry(name.to_owned()).or_insert_with(|| full_name.clone());
        names.insert(full_name.clone(), full_name.clone());
        listed.push(full_name);
    }
    let reporter = Arc::new(HealthReporter { readiness, names, listed });
    Service::new(
        reporter,
        &DESC,
        const { &[MethodVTable::of::<CheckMethod>(), MethodVTable::of::<ListMethod>(), MethodVTable::of::<WatchMethod>()] },
    )
}

static DESC: ServiceDesc = ServiceDesc::new("grpc.health.v1", "grpc.health.v1", "Health")
    .docs("Health of a program and its services.")
    .methods(&[
        MethodDesc::of::<CheckMethod>("Check", "/grpc.health.v1.Health/Check")
            .docs("Returns the current health of a service; `NOT_FOUND` if unknown.")
            .no_side_effects(),
        MethodDesc::of::<ListMethod>("List", "/grpc.health.v1.Health/List")
            .docs("Returns the health of all services.")
            .no_side_effects(),
        MethodDesc::of::<WatchMethod>("Watch", "/grpc.health.v1.Health/Watch")
            .docs("Streams the health of a service: now and at each change. Unknown services are accepted."),
    ]);

/// The `Check` method: returns the current health of a service. `client.call::<health::CheckMethod>(request)` calls it.
#[derive(Debug)]
pub struct CheckMethod;

/// The `List` method: returns the current health of all services.
#[derive(Debug)]
pub struct ListMethod;

/// The `Watch` method: streams the health of a service, now and at each change.
#[derive(Debug)]
pub struct WatchMethod;

impl MethodSpec for CheckMethod {
    type In = HealthCheckRequest;
    type Out = Result<HealthCheckResponse>;
    const INDEX: usize = 0;
    const SERVICE: &'static ServiceDesc = &DESC;
}

impl MethodSpec for ListMethod {
    type In = HealthListRequest;
    type Out = Result<HealthListResponse>;
    const INDEX: usize = 1;
    const SERVICE: &'static ServiceDesc = &DESC;
}

impl MethodSpec for WatchMethod {
    type In = HealthCheckRequest;
    type Out = Result<Streaming<HealthCheckResponse>>;
    const INDEX: usize = 2;
    const SERVICE: &'static ServiceDesc = &DESC;
}

struct HealthReporter {
    readiness: Readiness,
    /// Services by full name.
    names: BTreeMap<String, String>,
    listed: Vec<String>,
}

impl Method<HealthReporter> for CheckMethod {
    async fn call(this: &HealthReporter, request: HealthCheckRequest, _: &Context) -> Result<HealthCheckResponse> {
        let Some(name) = this.names.get(&request.service) else {
            return Err(Error::not_found(format!("no service `{}` here", request.service.escape_debug())));
        };
        Ok(this.status(name))
    }
}

impl Method<HealthReporter> for ListMethod {
    async fn call(this: &HealthReporter, _: HealthListRequest, _: &Context) -> Result<HealthListResponse> {
        let statuses = this.listed.iter().map(|name| (name.clone(), this.status(name)));
        Ok(HealthListResponse { statuses: statuses.collect() })
    }
}

impl Method<HealthReporter> for WatchMethod {
    async fn call(
        this: &HealthReporter,
        request: HealthCheckRequest,
        _: &Context,
    ) -> Result<Streaming<HealthCheckResponse>> {
        let name = this.names.get(&request.service).cloned();
        let begin = (this.readiness.states(), name, None);
        Ok(Streaming::new(stream::unfold(begin, |(mut states, name, said)| async move {
            loop {
                let (stage, now) = {
                    let state = states.borrow_and_update();
                    (
                        state.stage,
                        name.as_ref().map_or(ServingStatus::ServiceUnknown, |name| served(state.serves(name))),
                    )
                };
                if said != Some(now) {
                    return Some((Ok(HealthCheckResponse { status: now }), (states, name, Some(now))));
                }
                if stage == Stage::Draining || states.changed().await.is_err() {
                    return None;
                }
            }
        })))
    }
}

impl HealthReporter {
    fn status(&self, full_name: &str) -> HealthCheckResponse {
        HealthCheckResponse { status: served(self.readiness.states().borrow().serves(full_name)) }
    }
}

impl fmt::Debug for HealthReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthReporter").field("readiness", &self.readiness).field("listed", &self.listed).finish()
    }
}

fn served(serves: bool) -> ServingStatus {
    if serves { ServingStatus::Serving } else { ServingStatus::NotServing }
}
