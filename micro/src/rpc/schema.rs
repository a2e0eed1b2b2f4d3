//! Whole contracts, services and messages, in protobuf's words: as `.proto` files, as descriptors, as one number.
//!
//! ```
//! use micro::prelude::*;
//! use micro::rpc::schema;
//!
//! #[micro::message(package = "greeter")]
//! pub struct Hello {
//!     pub name: String,
//! }
//!
//! /// Greets people.
//! #[micro::service(name = "greeter")]
//! pub trait Greeter {
//!     async fn hello(&self, hello: Hello) -> Result<Hello>;
//! }
//!
//! # struct Missing;
//! # #[micro::handler(manual)]
//! # impl Greeter for Missing { async fn hello(&self, hello: Hello) -> Result<Hello> { Ok(hello) } }
//! let service = GreeterServer::new(Missing);
//! let files = schema::proto(&[service.desc()])?;
//! assert!(files["greeter.proto"].contains("service Greeter {\n  rpc Hello(Hello) returns (Hello);\n}"));
//! # Ok::<(), micro::Error>(())
//! ```
//!
//! Static descriptions become protobuf's own in [`descriptors`]; text and fingerprint are made of those, and reflection
//! answers with them.
//!
//! # Errors
//!
//! All functions fail with [`AlreadyExists`](crate::Code::AlreadyExists) when the services refer to two types that have one
//! full name and differ.

use std::collections::BTreeMap;

use prost_types::method_options::IdempotencyLevel;
use prost_types::{FileDescriptorProto, MethodDescriptorProto, MethodOptions, ServiceDescriptorProto};

use crate::errors::Result;
use crate::message::descriptor::comments::{MEMBER, SERVICE, comment, from_docs};
use crate::message::descriptor::field::absolute;
use crate::message::descriptor::names::{file_name, file_of};
use crate::message::descriptor::{dependencies_first, files_with_known, without_known};
use crate::message::{MessageDesc, proto};
use crate::rpc::{Idempotency, MethodDesc, ServiceDesc};

/// The `.proto` files of these services and of every message they refer to: the text of each by its name, one per package.
///
/// The same contract twice counts once.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn proto(services: &[&ServiceDesc]) -> Result<BTreeMap<String, String>> {
    let files = without_known(descriptors(services)?);
    Ok(files.iter().map(|file| (file.name().to_owned(), proto::print(file))).collect())
}

/// The descriptors of these services and of everything they refer to, the well-known types included; those a file depends
/// on come before it.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn descriptors(services: &[&ServiceDesc]) -> Result<Vec<FileDescriptorProto>> {
    descriptors_with(services, &[])
}

/// [`descriptors`] with messages that no method names, such as events.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn descriptors_with(
    services: &[&ServiceDesc],
    messages: &[&'static MessageDesc],
) -> Result<Vec<FileDescriptorProto>> {
    let mut roots = roots(services);
    roots.extend(messages);
    let mut files = files_with_known(&roots)?;
    for service in by_name(services) {
        let name = file_name(service.package());
        let at = files.iter().position(|file| file.name() == name).unwrap_or_else(|| {
            files.push(empty(name, service.package()));
            files.len() - 1
        });
        add(service, &mut files[at]);
    }
    Ok(dependencies_first(files))
}

/// A number that is the same for the same contracts: [`proto::fingerprint`] of their files. Nodes carry it in their
/// metadata, so that one sees which of them speak the same.
///
/// # Errors
///
/// [`AlreadyExists`](crate::Code::AlreadyExists) when two types have one name.
pub fn fingerprint(services: &[&ServiceDesc]) -> Result<u64> {
    descriptors(services).map(|files| proto::fingerprint(&without_known(files)))
}

fn roots(services: &[&ServiceDesc]) -> Vec<&'static MessageDesc> {
    let methods = services.iter().flat_map(|service| service.method_descs());
    methods.flat_map(|method| [method.request(), method.reply()].into_iter().chain(method.details())).collect()
}

fn by_name<'a>(services: &[&'a ServiceDesc]) -> impl Iterator<Item = &'a ServiceDesc> {
    let named = services.iter().map(|service| (service.full_name().into_owned(), *service));
    named.collect::<BTreeMap<_, _>>().into_values()
}

fn empty(name: String, package: &str) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some(name),
        package: Some(package.to_owned()).filter(|package| !package.is_empty()),
        syntax: Some("proto3".to_owned()),
        ..FileDescriptorProto::default()
    }
}

fn add(service: &ServiceDesc, file: &mut FileDescriptorProto) {
    for method in service.method_descs() {
        file.dependency.extend([method.request(), method.reply()].map(|message| file_of(message.name)));
    }
    let own = file.name().to_owned();
    file.dependency.retain(|dependency| *dependency != own);
    file.dependency.sort_unstable();
    file.dependency.dedup();

    let at = file.service.len() as i32;
    comment(file, &[SERVICE, at], from_docs(service.documentation()));
    for (at_method, method) in (0..).zip(service.method_descs()) {
        comment(file, &[SERVICE, at, MEMBER, at_method], from_docs(&documentation(method)));
    }
    let methods = service.method_descs().iter().map(described).collect();
    file.service.push(ServiceDescriptorProto {
        name: Some(service.contract().to_owned()),
        method: methods,
        options: None,
    });
}

/// The replacement of a deprecated method has no option of its own; it is written in comments.
fn documentation(method: &MethodDesc) -> String {
    match method.deprecation() {
        Some(instead) if !instead.is_empty() => format!("{}\n\nDeprecated: {instead}", method.documentation()),
        _ => method.documentation().to_owned(),
    }
}

fn described(method: &MethodDesc) -> MethodDescriptorProto {
    let options = MethodOptions {
        deprecated: method.deprecation().map(|_| true),
        idempotency_level: level(method).map(|level| level as i32),
        ..MethodOptions::default()
    };
    MethodDescriptorProto {
        name: Some(method.name().to_owned()),
        input_type: Some(absolute(method.request().name)),
        output_type: Some(absolute(method.reply().name)),
        client_streaming: method.client_streaming().then_some(true),
        server_streaming: method.server_streaming().then_some(true),
        options: (options != MethodOptions::default()).then_some(options),
    }
}

fn level(method: &MethodDesc) -> Option<IdempotencyLevel> {
    match method.idempotency() {
        Idempotency::Unknown => None,
        Idempotency::Idempotent => Some(IdempotencyLevel::Idempotent),
        Idempotency::NoSideEffects => Some(IdempotencyLevel::NoSideEffects),
    }
}
