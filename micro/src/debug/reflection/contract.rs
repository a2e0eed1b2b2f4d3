//! The reflection contract, in its two versions.

use std::sync::Arc;

use futures_util::StreamExt;

use super::index::{Index, Question, SymbolAnswer};
use crate::context::Context;
use crate::debug::Readiness;
use crate::errors::{Error, Result};
use crate::rpc::{Method, MethodDesc, MethodSpec, MethodVTable, Service, ServiceDesc, Streaming};

/// Responds to requests of both versions.
#[derive(Debug)]
pub(super) struct Reflector {
    pub(super) index: Arc<Index>,
    /// Ends request streams when the program drains.
    pub(super) readiness: Readiness,
}

/// Returns the services of both versions.
pub(super) fn services(reflector: Reflector) -> [Service; 2] {
    let reflector = Arc::new(reflector);
    [v1::service(reflector.clone()), v1alpha::service(reflector)]
}

/// Returns the descriptions of both versions.
pub(super) fn descs() -> [&'static ServiceDesc; 2] {
    [&v1::DESC, &v1alpha::DESC]
}

macro_rules! version {
    ($(#[$docs:meta])* $module:ident, $package:tt) => {
        $(#[$docs])*
        pub mod $module {
            use super::*;

            /// A reflection request.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ServerReflectionRequest {
                /// Host the request is for; ignored.
                #[message(tag = 1)]
                pub host: String,
                /// Content of the request.
                #[message(oneof(3, 4, 5, 6, 7))]
                pub message_request: Option<MessageRequest>,
            }

            /// A reflection request.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub enum MessageRequest {
                /// Requests the file with this name.
                FileByFilename(String),
                /// Requests the file that contains this service, method, message, field or enum.
                FileContainingSymbol(String),
                /// Requests the file with this extension; there are none.
                FileContainingExtension(ExtensionRequest),
                /// Requests the extensions of this message; there are none.
                AllExtensionNumbersOfType(String),
                /// Requests the names of all services. The text is ignored.
                ListServices(String),
            }

            /// An extension.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ExtensionRequest {
                /// Full name of the extended message.
                #[message(tag = 1)]
                pub containing_type: String,
                /// Field number.
                #[message(tag = 2)]
                pub extension_number: i32,
            }

            /// A reflection response.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ServerReflectionResponse {
                /// Host of the request.
                #[message(tag = 1)]
                pub valid_host: String,
                /// Original request.
                #[message(tag = 2)]
                pub original_request: Option<ServerReflectionRequest>,
                /// Content of the response.
                #[message(oneof(4, 5, 6, 7))]
                pub message_response: Option<MessageResponse>,
            }

            /// Content of a response.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub enum MessageResponse {
                /// A file and its dependencies.
                FileDescriptorResponse(FileDescriptorResponse),
                /// The extensions of a message.
                AllExtensionNumbersResponse(ExtensionNumberResponse),
                /// All services.
                ListServicesResponse(ListServiceResponse),
                /// Failure of a request.
                ErrorResponse(ErrorResponse),
            }

            /// Files.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct FileDescriptorResponse {
                /// Encoded `google.protobuf.FileDescriptorProto` messages.
                #[message(tag = 1)]
                pub file_descriptor_proto: Vec<Vec<u8>>,
            }

            /// The extensions of a message.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ExtensionNumberResponse {
                /// Full name of the message.
                #[message(tag = 1)]
                pub base_type_name: String,
                /// Field numbers of the extensions.
                #[message(tag = 2)]
                pub extension_number: Vec<i32>,
            }

            /// All services.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ListServiceResponse {
                /// The services.
                #[message(tag = 1)]
                pub service: Vec<ServiceResponse>,
            }

            /// A service.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ServiceResponse {
                /// Full name.
                #[message(tag = 1)]
                pub name: String,
            }

            /// Failure of a request.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ErrorResponse {
                /// gRPC status code.
                #[message(tag = 1)]
                pub error_code: i32,
                /// Human-readable message.
                #[message(tag = 2)]
                pub error_message: String,
            }

            /// Description of the service.
            pub(super) static DESC: ServiceDesc =
                ServiceDesc::new($package, $package, "ServerReflection").docs("Describes a program.").methods(&[
                    MethodDesc::of::<ServerReflectionInfo>(
                        "ServerReflectionInfo",
                        concat!("/", $package, ".ServerReflection/ServerReflectionInfo"),
                    )
                    .docs("Responds to each request, in order."),
                ]);

            /// The `ServerReflectionInfo` method: responds to each request, in order.
            #[derive(Debug)]
            pub struct ServerReflectionInfo;

            impl MethodSpec for ServerReflectionInfo {
                type In = Streaming<ServerReflectionRequest>;
                type Out = Result<Streaming<ServerReflectionResponse>>;
                const INDEX: usize = 0;
                const SERVICE: &'static ServiceDesc = &DESC;
            }

            impl Method<Reflector> for ServerReflectionInfo {
                async fn call(
                    this: &Reflector,
                    questions: Streaming<ServerReflectionRequest>,
                    _: &Context,
                ) -> Result<Streaming<ServerReflectionResponse>> {
                    let (index, readiness) = (this.index.clone(), this.readiness.clone());
                    let answers = questions.map(move |question| question.map(|question| answer(&index, question)));
                    // A connected tool must not keep the program from shutting down.
                    let drained = Box::pin(async move { readiness.drained().await });
                    Ok(Streaming::new(answers.take_until(drained)))
                }
            }

            /// Creates the service.
            pub(super) fn service(reflector: Arc<Reflector>) -> Service {
                Service::new(reflector, &DESC, const { &[MethodVTable::of::<ServerReflectionInfo>()] })
            }

            fn answer(index: &Index, request: ServerReflectionRequest) -> ServerReflectionResponse {
                let question = match &request.message_request {
                    Some(MessageRequest::FileByFilename(name)) => Question::File(name),
                    Some(MessageRequest::FileContainingSymbol(name)) => Question::Symbol(name),
                    Some(MessageRequest::FileContainingExtension(extension)) => {
                        Question::Extension(&extension.containing_type, extension.extension_number)
                    }
                    Some(MessageRequest::AllExtensionNumbersOfType(name)) => Question::Extensions(name),
                    Some(MessageRequest::ListServices(_)) => Question::Services,
                    None => Question::Nothing,
                };
                let answer = match index.answer(&question) {
                    Ok(SymbolAnswer::Files(file_descriptor_proto)) => {
                        MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto })
                    }
                    Ok(SymbolAnswer::NoExtensions) => {
                        let base_type_name = match &request.message_request {
                            Some(MessageRequest::AllExtensionNumbersOfType(name)) => name.clone(),
                            _ => String::new(),
                        };
                        MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                            base_type_name,
                            extension_number: vec![],
                        })
                    }
                    Ok(SymbolAnswer::Services(names)) => {
                        let service = names.into_iter().map(|name| ServiceResponse { name }).collect();
                        MessageResponse::ListServicesResponse(ListServiceResponse { service })
                    }
                    Err(error) => MessageResponse::ErrorResponse(refusal(&error)),
                };
                ServerReflectionResponse {
                    valid_host: request.host.clone(),
                    original_request: Some(request),
                    message_response: Some(answer),
                }
            }

            fn refusal(error: &Error) -> ErrorResponse {
                ErrorResponse { error_code: error.code().number().into(), error_message: error.message().to_owned() }
            }
        }
    };
}

version! {
    /// `grpc.reflection.v1`.
    v1, "grpc.reflection.v1"
}

version! {
    /// `grpc.reflection.v1alpha`, used by older tools.
    v1alpha, "grpc.reflection.v1alpha"
}
