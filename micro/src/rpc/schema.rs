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
//! # struct Nobody;
//! # #[micro::handler(manual)]
//! # impl Greeter for Nobody { async fn hello(&self, hello: Hello) -> Result<Hello> { Ok(hello) } }
//! let service = GreeterServer::new(Nobody);
//! let files = schema::proto(&[service.desc()]);
//! assert!(files[0].to_string().contains("service Greeter {\n  rpc Hello(Hello) returns (Hello);\n}"));
//! ```

use std::collections::BTreeMap;

use prost_types::method_options::IdempotencyLevel;
use prost_types::{FileDescriptorProto, MethodDescriptorProto, MethodOptions, ServiceDescriptorProto};

use crate::message::descriptor::{dependencies_first, file_name, file_of, files_with_known};
use crate::message::{MessageDesc, proto};
use crate::rpc::{Idempotency, MethodDesc, ServiceDesc};

/// The `.proto` files of these services and of every message they refer to, one per package, by package.
///
/// The same contract twice counts once.
pub fn proto(services: &[&ServiceDesc]) -> Vec<proto::File> {
    proto_with(services, &[])
}

/// The same with messages that no method names, such as events.
pub fn proto_with(services: &[&ServiceDesc], messages: &[&'static MessageDesc]) -> Vec<proto::File> {
    let mut roots = roots(services);
    roots.extend(messages);
    let files = proto::files(&roots).into_iter();
    let mut files: BTreeMap<String, proto::File> = files.map(|file| (file.package.clone(), file)).collect();
    for service in by_name(services) {
        let package = service.package().to_owned();
        let empty = proto::File { package: package.clone(), ..proto::File::default() };
        files.entry(package).or_insert(empty).services.push(in_proto(service));
    }
    files.into_values().collect()
}

/// The descriptors of these services and of everything they refer to, the well-known types included; those a file depends
/// on come before it.
pub fn descriptors(services: &[&ServiceDesc]) -> Vec<FileDescriptorProto> {
    let mut files = files_with_known(&roots(services));
    for service in by_name(services) {
        let name = file_name(service.package());
        let at = files.iter().position(|file| file.name() == name).unwrap_or_else(|| {
            files.push(FileDescriptorProto {
                name: Some(name.clone()),
                package: Some(service.package().to_owned()).filter(|package| !package.is_empty()),
                syntax: Some("proto3".to_owned()),
                ..FileDescriptorProto::default()
            });
            files.len() - 1
        });
        let file = &mut files[at];
        for method in service.method_descs() {
            file.dependency.extend([method.request(), method.reply()].map(|message| file_of(message.name)));
        }
        file.dependency.retain(|file| *file != name);
        file.dependency.sort_unstable();
        file.dependency.dedup();
        file.service.push(described(service));
    }
    dependencies_first(files)
}

/// A number that is the same for the same contracts: [`proto::fingerprint`] of their files. Nodes carry it in their
/// metadata, so that one sees which of them speak the same.
pub fn fingerprint(services: &[&ServiceDesc]) -> u64 {
    proto::fingerprint(&proto(services))
}

fn roots(services: &[&ServiceDesc]) -> Vec<&'static MessageDesc> {
    let methods = services.iter().flat_map(|service| service.method_descs());
    methods.flat_map(|method| [method.request(), method.reply()].into_iter().chain(method.details())).collect()
}

fn by_name<'a>(services: &[&'a ServiceDesc]) -> impl Iterator<Item = &'a ServiceDesc> {
    let named = services.iter().map(|service| (service.full_name().into_owned(), *service));
    named.collect::<BTreeMap<_, _>>().into_values()
}

fn in_proto(desc: &ServiceDesc) -> proto::Service {
    let methods = desc.method_descs().iter().map(|method| proto::Method {
        name: method.name().to_owned(),
        docs: proto::docs(&documentation(method)),
        request: method.request().name.to_owned(),
        client_streaming: method.client_streaming(),
        reply: method.reply().name.to_owned(),
        server_streaming: method.server_streaming(),
        idempotency: level(method).map(|level| level.as_str_name().to_owned()),
        deprecated: method.deprecation().is_some(),
    });
    proto::Service {
        name: desc.contract().to_owned(),
        docs: proto::docs(desc.documentation()),
        methods: methods.collect(),
    }
}

/// What to use in its place has no option of its own; in comments it is written so.
fn documentation(method: &MethodDesc) -> String {
    match method.deprecation() {
        Some(instead) if !instead.is_empty() => format!("{}\n\nDeprecated: {instead}", method.documentation()),
        _ => method.documentation().to_owned(),
    }
}

fn described(desc: &ServiceDesc) -> ServiceDescriptorProto {
    let methods = desc.method_descs().iter().map(|method| {
        let options = MethodOptions {
            deprecated: method.deprecation().map(|_| true),
            idempotency_level: level(method).map(|level| level as i32),
            ..MethodOptions::default()
        };
        MethodDescriptorProto {
            name: Some(method.name().to_owned()),
            input_type: Some(format!(".{}", method.request().name)),
            output_type: Some(format!(".{}", method.reply().name)),
            client_streaming: method.client_streaming().then_some(true),
            server_streaming: method.server_streaming().then_some(true),
            options: (options != MethodOptions::default()).then_some(options),
        }
    });
    ServiceDescriptorProto { name: Some(desc.contract().to_owned()), method: methods.collect(), options: None }
}

fn level(method: &MethodDesc) -> Option<IdempotencyLevel> {
    match method.idempotency() {
        Idempotency::Unknown => None,
        Idempotency::Idempotent => Some(IdempotencyLevel::Idempotent),
        Idempotency::NoSideEffects => Some(IdempotencyLevel::NoSideEffects),
    }
}
