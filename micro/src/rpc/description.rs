use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::message::MessageDesc;
use crate::rpc::{Body, MethodResult, ServiceError};

/// Description of a contract, as the macros write it: constant data.
#[derive(Debug)]
pub struct ServiceDesc {
    name: &'static str,
    package: &'static str,
    contract: &'static str,
    version: &'static str,
    docs: &'static str,
    methods: &'static [MethodDesc],
    extensions: Extensions,
}

/// One method of a contract.
pub struct MethodDesc {
    name: &'static str,
    path: &'static str,
    docs: &'static str,
    request: fn() -> &'static MessageDesc,
    reply: fn() -> &'static MessageDesc,
    details: [&'static [&'static MessageDesc]; 2],
    client_streaming: bool,
    server_streaming: bool,
    idempotency: Idempotency,
    timeout: Option<Duration>,
    deprecated: Option<&'static str>,
    extensions: Extensions,
}

/// Named values that rooms further out read: access rules, HTTP routes, flags for tools. The values are JSON text.
pub type Extensions = &'static [(&'static str, &'static str)];

/// Idempotency of a method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// Not declared: the method is never retried after it may have run.
    #[default]
    Unknown,
    /// Running it twice is like running it once.
    Idempotent,
    /// The method has no side effects; only such a method may be called with HTTP's GET.
    NoSideEffects,
}

/// The types of one method and its place in the table. The macros write one per method.
pub trait MethodSpec: 'static {
    /// Request type.
    type In: Body;
    /// Return type.
    type Out: MethodResult;
    /// Index in the method table.
    const INDEX: usize;
    /// Service of the method.
    const SERVICE: &'static ServiceDesc;
}

impl ServiceDesc {
    /// A contract by its registry name, its protobuf package, and its own name: `("greeter", "greeter", "Greeter")`.
    pub const fn new(name: &'static str, package: &'static str, contract: &'static str) -> Self {
        ServiceDesc { name, package, contract, version: "", docs: "", methods: &[], extensions: &[] }
    }

    /// Sets the version.
    #[must_use]
    pub const fn version(self, version: &'static str) -> Self {
        ServiceDesc { version, ..self }
    }

    /// Sets the documentation.
    #[must_use]
    pub const fn docs(self, docs: &'static str) -> Self {
        ServiceDesc { docs, ..self }
    }

    /// Sets the methods, in the order of the table that serves them.
    #[must_use]
    pub const fn methods(self, methods: &'static [MethodDesc]) -> Self {
        ServiceDesc { methods, ..self }
    }

    /// Sets the extensions.
    #[must_use]
    pub const fn extensions(self, extensions: Extensions) -> Self {
        ServiceDesc { extensions, ..self }
    }

    /// The name under which the registry lists it, unless the program changes that.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The version, empty where none was given.
    pub const fn service_version(&self) -> &'static str {
        self.version
    }

    /// The protobuf package, empty where there is none.
    pub const fn package(&self) -> &'static str {
        self.package
    }

    /// The name of the contract itself: `Greeter`.
    pub const fn contract(&self) -> &'static str {
        self.contract
    }

    /// Package and contract: `greeter.Greeter`.
    pub fn full_name(&self) -> Cow<'static, str> {
        if self.package.is_empty() {
            return Cow::Borrowed(self.contract);
        }
        Cow::Owned(format!("{}.{}", self.package, self.contract))
    }

    /// The documentation.
    pub const fn documentation(&self) -> &'static str {
        self.docs
    }

    /// The value of an extension, as JSON text.
    pub fn extension(&self, name: &str) -> Option<&'static str> {
        self.extensions.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// The methods, in the order of the table that serves them.
    pub const fn method_descs(&self) -> &'static [MethodDesc] {
        self.methods
    }

    /// Returns the description as owned data, the form that services known only at run time have too.
    pub fn description(&self) -> Description {
        Description {
            name: self.name.into(),
            full_name: self.full_name().into_owned(),
            version: self.version.into(),
            docs: self.docs.into(),
            methods: self.methods.iter().map(MethodDesc::description).collect(),
        }
    }
}

impl MethodDesc {
    /// The method `M` under its wire name and path: `("Hello", "/greeter.Greeter/Hello")`.
    pub const fn of<M: MethodSpec>(name: &'static str, path: &'static str) -> Self {
        MethodDesc {
            name,
            path,
            docs: "",
            request: <M::In as Body>::desc,
            reply: <<M::Out as MethodResult>::Ok as Body>::desc,
            details: [<M::Out as MethodResult>::Err::DETAILS, <<M::Out as MethodResult>::Ok as Body>::DETAILS],
            client_streaming: <M::In as Body>::STREAMING,
            server_streaming: <<M::Out as MethodResult>::Ok as Body>::STREAMING,
            idempotency: Idempotency::Unknown,
            timeout: None,
            deprecated: None,
            extensions: &[],
        }
    }

    /// Sets the documentation.
    #[must_use]
    pub const fn docs(self, docs: &'static str) -> Self {
        MethodDesc { docs, ..self }
    }

    /// Sets the deadline that applies if the caller sets none.
    #[must_use]
    pub const fn with_timeout(self, timeout: Duration) -> Self {
        MethodDesc { timeout: Some(timeout), ..self }
    }

    /// Marks the method idempotent: running it twice is like running it once.
    #[must_use]
    pub const fn idempotent(self) -> Self {
        MethodDesc { idempotency: Idempotency::Idempotent, ..self }
    }

    /// Marks the method as free of side effects.
    #[must_use]
    pub const fn no_side_effects(self) -> Self {
        MethodDesc { idempotency: Idempotency::NoSideEffects, ..self }
    }

    /// Marks the method deprecated in favour of `instead`.
    #[must_use]
    pub const fn deprecated(self, instead: &'static str) -> Self {
        MethodDesc { deprecated: Some(instead), ..self }
    }

    /// Sets the extensions.
    #[must_use]
    pub const fn extensions(self, extensions: Extensions) -> Self {
        MethodDesc { extensions, ..self }
    }

    /// The name on the wire: `Hello`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The path on the wire: `/greeter.Greeter/Hello`.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The documentation.
    pub const fn documentation(&self) -> &'static str {
        self.docs
    }

    /// The message asked with, or each of them.
    pub fn request(&self) -> &'static MessageDesc {
        (self.request)()
    }

    /// The message answered with, or each of them.
    pub fn reply(&self) -> &'static MessageDesc {
        (self.reply)()
    }

    /// The messages its errors may carry as details, those of a stream it answers with too.
    pub fn details(&self) -> impl Iterator<Item = &'static MessageDesc> {
        let [method, stream] = self.details;
        let again = move |desc: &&'static MessageDesc| !method.iter().any(|earlier| earlier.name == desc.name);
        method.iter().copied().chain(stream.iter().copied().filter(again))
    }

    /// Returns `true` if the request is a stream.
    pub const fn client_streaming(&self) -> bool {
        self.client_streaming
    }

    /// Returns `true` if the reply is a stream.
    pub const fn server_streaming(&self) -> bool {
        self.server_streaming
    }

    /// Returns `true` if the request or the reply is a stream.
    pub const fn has_stream(&self) -> bool {
        self.client_streaming || self.server_streaming
    }

    /// Returns the idempotency of the method.
    pub const fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    /// The deadline that applies where the caller sets none.
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Returns the replacement of a deprecated method.
    pub const fn deprecation(&self) -> Option<&'static str> {
        self.deprecated
    }

    /// The value of an extension, as JSON text.
    pub fn extension(&self, name: &str) -> Option<&'static str> {
        self.extensions.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    fn description(&self) -> MethodDescription {
        MethodDescription {
            name: self.name.into(),
            path: self.path.into(),
            docs: self.docs.into(),
            request: self.request().name.into(),
            reply: self.reply().name.into(),
            client_streaming: self.client_streaming,
            server_streaming: self.server_streaming,
            idempotency: self.idempotency,
            timeout: self.timeout,
            deprecated: self.deprecated.map(Into::into),
        }
    }
}

// A function pointer says nothing to a reader; the names of the messages do.
impl fmt::Debug for MethodDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.description(), f)
    }
}

/// Description of a service as owned data: also for services that no contract of this program describes.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// The name under which the registry lists it.
    pub name: Cow<'static, str>,
    /// Package and contract: `greeter.Greeter`.
    pub full_name: String,
    /// The version, empty where none was given.
    pub version: Cow<'static, str>,
    /// The documentation of the contract.
    pub docs: Cow<'static, str>,
    /// The methods.
    pub methods: Vec<MethodDescription>,
}

/// One method of a [`Description`].
#[derive(Clone, Debug, PartialEq)]
pub struct MethodDescription {
    /// The name on the wire.
    pub name: Cow<'static, str>,
    /// The path on the wire.
    pub path: Cow<'static, str>,
    /// The documentation of the method.
    pub docs: Cow<'static, str>,
    /// The full name of the message asked with.
    pub request: Cow<'static, str>,
    /// The full name of the message answered with.
    pub reply: Cow<'static, str>,
    /// `true` if the request is a stream.
    pub client_streaming: bool,
    /// `true` if the reply is a stream.
    pub server_streaming: bool,
    /// Idempotency of the method.
    pub idempotency: Idempotency,
    /// The deadline that applies where the caller sets none.
    pub timeout: Option<Duration>,
    /// Replacement of a deprecated method.
    pub deprecated: Option<Cow<'static, str>>,
}

impl Description {
    /// The method with this path.
    pub fn method(&self, path: &str) -> Option<&MethodDescription> {
        self.methods.iter().find(|method| method.path == path)
    }
}

/// Properties of a method that moving or wrapping its calls requires, whether a contract of this program describes it or not.
#[derive(Clone, Copy)]
pub struct MethodInfo<'a> {
    name: &'a str,
    path: &'a str,
    client_streaming: bool,
    server_streaming: bool,
    idempotency: Idempotency,
    timeout: Option<Duration>,
    desc: Option<&'static MethodDesc>,
}

impl<'a> MethodInfo<'a> {
    /// A method of which only the path and the shape are known.
    pub fn new(path: &'a str, client_streaming: bool, server_streaming: bool) -> Self {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        MethodInfo::named(name, path, client_streaming, server_streaming)
    }

    fn named(name: &'a str, path: &'a str, client_streaming: bool, server_streaming: bool) -> Self {
        MethodInfo {
            name,
            path,
            client_streaming,
            server_streaming,
            idempotency: Idempotency::Unknown,
            timeout: None,
            desc: None,
        }
    }

    /// The name on the wire: `Hello`.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The path on the wire: `/greeter.Greeter/Hello`.
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Returns `true` if the request is a stream.
    pub fn client_streaming(&self) -> bool {
        self.client_streaming
    }

    /// Returns `true` if the reply is a stream.
    pub fn server_streaming(&self) -> bool {
        self.server_streaming
    }

    /// Returns `true` if the request or the reply is a stream.
    pub fn has_stream(&self) -> bool {
        self.client_streaming || self.server_streaming
    }

    /// Returns the idempotency of the method.
    pub fn idempotency(&self) -> Idempotency {
        self.idempotency
    }

    /// The deadline that applies where the caller sets none.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// All that its contract says of it, where a contract in this program describes it.
    pub fn desc(&self) -> Option<&'static MethodDesc> {
        self.desc
    }
}

impl From<&'static MethodDesc> for MethodInfo<'static> {
    fn from(desc: &'static MethodDesc) -> Self {
        MethodInfo {
            idempotency: desc.idempotency,
            timeout: desc.timeout,
            desc: Some(desc),
            ..MethodInfo::named(desc.name, desc.path, desc.client_streaming, desc.server_streaming)
        }
    }
}

impl<'a> From<&'a MethodDescription> for MethodInfo<'a> {
    fn from(method: &'a MethodDescription) -> Self {
        MethodInfo {
            idempotency: method.idempotency,
            timeout: method.timeout,
            ..MethodInfo::named(&method.name, &method.path, method.client_streaming, method.server_streaming)
        }
    }
}

impl fmt::Debug for MethodInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path)
    }
}
