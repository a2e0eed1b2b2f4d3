//! The contract, twice.

use std::sync::Arc;

use futures_util::StreamExt;

use super::index::{Index, Question, SymbolAnswer};
use crate::context::Context;
use crate::debug::Readiness;
use crate::errors::{Error, Result};
use crate::rpc::{Method, MethodDesc, MethodSpec, MethodVTable, Service, ServiceDesc, Streaming};

/// Answers questions of both versions.
#[derive(Debug)]
pub(super) struct Reflector {
    pub(super) index: Arc<Index>,
    /// Streams of questions end when it says that the program drains.
    pub(super) readiness: Readiness,
}

/// The services of both versions.
pub(super) fn services(reflector: Reflector) -> [Service; 2] {
    let reflector = Arc::new(reflector);
    [v1::service(reflector.clone()), v1alpha::service(reflector)]
}

/// The descriptions of both versions.
pub(super) fn descs() -> [&'static ServiceDesc; 2] {
    [&v1::DESC, &v1alpha::DESC]
}

macro_rules! version {
    ($(#[$docs:meta])* $module:ident, $package:tt) => {
        $(#[$docs])*
        pub mod $module {
            use super::*;

            /// One question.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ServerReflectionRequest {
                /// For whom it is meant; not looked at.
                #[message(tag = 1)]
                pub host: String,
                /// The request.
                #[message(oneof(3, 4, 5, 6, 7))]
                pub message_request: Option<MessageRequest>,
            }

            /// A reflection request.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub enum MessageRequest {
                /// The file of this name.
                FileByFilename(String),
                /// The file with this service, method, message, field or enum.
                FileContainingSymbol(String),
                /// The file with this extension; there are none.
                FileContainingExtension(ExtensionRequest),
                /// The extensions of this message; there are none.
                AllExtensionNumbersOfType(String),
                /// The names of all services. The text is not looked at.
                ListServices(String),
            }

            /// An extension.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ExtensionRequest {
                /// The message it extends.
                #[message(tag = 1)]
                pub containing_type: String,
                /// Field number.
                #[message(tag = 2)]
                pub extension_number: i32,
            }

            /// One answer.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ServerReflectionResponse {
                /// For whom the question was meant.
                #[message(tag = 1)]
                pub valid_host: String,
                /// The question.
                #[message(tag = 2)]
                pub original_request: Option<ServerReflectionRequest>,
                /// The answer.
                #[message(oneof(4, 5, 6, 7))]
                pub message_response: Option<MessageResponse>,
            }

            /// An answer.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub enum MessageResponse {
                /// A file, and those it depends on.
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
                /// Each a `google.protobuf.FileDescriptorProto`.
                #[message(tag = 1)]
                pub file_descriptor_proto: Vec<Vec<u8>>,
            }

            /// The extensions of a message.
            #[micro::message(package = $package, crate = crate::message)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ExtensionNumberResponse {
                /// The message.
                #[message(tag = 1)]
                pub base_type_name: String,
                /// Their tags.
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
                /// The number of a gRPC status.
                #[message(tag = 1)]
                pub error_code: i32,
                /// Message for people.
                #[message(tag = 2)]
                pub error_message: String,
            }

            /// Description of the service.
            pub(super) static DESC: ServiceDesc =
                ServiceDesc::new($package, $package, "ServerReflection").docs("What a program speaks.").methods(&[
                    MethodDesc::of::<ServerReflectionInfo>(
                        "ServerReflectionInfo",
                        concat!("/", $package, ".ServerReflection/ServerReflectionInfo"),
                    )
                    .docs("An answer to each question, in order."),
                ]);

            /// The method `ServerReflectionInfo`: an answer to each question, in order.
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
                    // A tool that stays connected must not keep the program from ending.
                    let drained = Box::pin(async move { readiness.drained().await });
                    Ok(Streaming::new(answers.take_until(drained)))
                }
            }

            /// The service.
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
    /// `grpc.reflection.v1alpha`, which older tools ask for.
    v1alpha, "grpc.reflection.v1alpha"
}
