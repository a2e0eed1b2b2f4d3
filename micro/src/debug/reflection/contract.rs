//! The contract, twice.

use futures_util::StreamExt;

use super::Reflection;
use super::index::{Answer, Question};
use crate::errors::{Error, Result};
use crate::rpc::Streaming;

macro_rules! version {
    ($(#[$docs:meta])* $module:ident, $package:tt) => {
        $(#[$docs])*
        pub mod $module {
            use super::*;

            /// One question.
            #[micro::message(package = $package)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ServerReflectionRequest {
                /// For whom it is meant; not looked at.
                #[message(tag = 1)]
                pub host: String,
                /// What is asked.
                #[message(oneof(3, 4, 5, 6, 7))]
                pub message_request: Option<MessageRequest>,
            }

            /// What is asked.
            #[micro::message(package = $package)]
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
            #[micro::message(package = $package)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ExtensionRequest {
                /// The message it extends.
                #[message(tag = 1)]
                pub containing_type: String,
                /// Its tag.
                #[message(tag = 2)]
                pub extension_number: i32,
            }

            /// One answer.
            #[micro::message(package = $package)]
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
            #[micro::message(package = $package)]
            #[derive(Clone, Debug, PartialEq)]
            pub enum MessageResponse {
                /// A file, and those it depends on.
                FileDescriptorResponse(FileDescriptorResponse),
                /// The extensions of a message.
                AllExtensionNumbersResponse(ExtensionNumberResponse),
                /// All services.
                ListServicesResponse(ListServiceResponse),
                /// Why there is no answer.
                ErrorResponse(ErrorResponse),
            }

            /// Files.
            #[micro::message(package = $package)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct FileDescriptorResponse {
                /// Each a `google.protobuf.FileDescriptorProto`.
                #[message(tag = 1)]
                pub file_descriptor_proto: Vec<Vec<u8>>,
            }

            /// The extensions of a message.
            #[micro::message(package = $package)]
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
            #[micro::message(package = $package)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ListServiceResponse {
                /// The services.
                #[message(tag = 1)]
                pub service: Vec<ServiceResponse>,
            }

            /// A service.
            #[micro::message(package = $package)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ServiceResponse {
                /// Its full name.
                #[message(tag = 1)]
                pub name: String,
            }

            /// Why there is no answer.
            #[micro::message(package = $package)]
            #[derive(Clone, Debug, PartialEq)]
            pub struct ErrorResponse {
                /// The number of a gRPC status.
                #[message(tag = 1)]
                pub error_code: i32,
                /// What to read.
                #[message(tag = 2)]
                pub error_message: String,
            }

            /// What a program speaks.
            #[micro::service(name = $package, package = $package)]
            pub trait ServerReflection {
                /// An answer to each question, in order.
                async fn server_reflection_info(
                    &self,
                    questions: Streaming<ServerReflectionRequest>,
                ) -> Result<Streaming<ServerReflectionResponse>>;
            }

            #[micro::handler(manual)]
            impl ServerReflection for Reflection {
                async fn server_reflection_info(
                    &self,
                    questions: Streaming<ServerReflectionRequest>,
                ) -> Result<Streaming<ServerReflectionResponse>> {
                    let (this, readiness) = (self.clone(), self.readiness.clone());
                    let answers = questions.map(move |question| question.map(|question| answer(&this, question)));
                    // A tool that stays connected must not keep the program from ending.
                    let drained = Box::pin(async move { readiness.drained().await });
                    Ok(Streaming::new(answers.take_until(drained)))
                }
            }

            fn answer(reflection: &Reflection, request: ServerReflectionRequest) -> ServerReflectionResponse {
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
                let answer = match reflection.index.answer(&question) {
                    Ok(Answer::Files(file_descriptor_proto)) => {
                        MessageResponse::FileDescriptorResponse(FileDescriptorResponse { file_descriptor_proto })
                    }
                    Ok(Answer::NoExtensions) => {
                        let base_type_name = match &request.message_request {
                            Some(MessageRequest::AllExtensionNumbersOfType(name)) => name.clone(),
                            _ => String::new(),
                        };
                        MessageResponse::AllExtensionNumbersResponse(ExtensionNumberResponse {
                            base_type_name,
                            extension_number: vec![],
                        })
                    }
                    Ok(Answer::Services(names)) => {
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
