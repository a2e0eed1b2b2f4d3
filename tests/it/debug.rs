//! A program asked about itself.

use micro::debug::health::{
    CheckMethod, HealthCheckRequest, HealthListRequest, ListMethod, ServingStatus, WatchMethod,
};
use micro::debug::reflection::v1::{MessageRequest, MessageResponse, ServerReflectionInfo, ServerReflectionRequest};
use micro::prelude::*;
use micro::registry::Registry;
use prost::Message as _;
use prost_types::FileDescriptorProto;

use crate::contract::{Mirror, serving};

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test]
async fn a_service_can_be_taken_out_of_rotation_and_watchers_hear_of_it() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    let caller = micro::app().registry(registry.clone()).start().await.unwrap();
    let health = caller.client().at(app.address().unwrap().to_string());

    let mut watch = health.call::<WatchMethod>(about("it.Echo")).await.unwrap();
    assert_eq!(watch.try_next().await.unwrap().unwrap().status, ServingStatus::Serving);
    app.readiness().set_service("it.Echo", false);
    assert_eq!(watch.try_next().await.unwrap().unwrap().status, ServingStatus::NotServing);
    assert_eq!(health.call::<CheckMethod>(about("echo")).await.unwrap().status, ServingStatus::NotServing);
    assert_eq!(health.call::<CheckMethod>(about("")).await.unwrap().status, ServingStatus::Serving);
    app.readiness().set_service("it.Echo", true);
    assert_eq!(watch.try_next().await.unwrap().unwrap().status, ServingStatus::Serving);

    app.readiness().set_ready(false);
    let statuses = health.call::<ListMethod>(HealthListRequest {}).await.unwrap().statuses;
    let statuses: Vec<_> = statuses.iter().map(|(name, answer)| (name.as_str(), answer.status)).collect();
    assert_eq!(statuses, [("", ServingStatus::NotServing), ("it.Echo", ServingStatus::NotServing)]);
    assert_eq!(health.call::<CheckMethod>(about("it.Ecco")).await.unwrap_err().code(), Code::NotFound);

    app.stop().await.unwrap();
    assert_eq!(watch.try_next().await.unwrap().unwrap().status, ServingStatus::NotServing);
    assert_eq!(watch.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn reflection_gives_a_file_with_what_it_depends_on() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    let caller = micro::app().registry(registry.clone()).start().await.unwrap();
    let reflection = caller.client().at(app.address().unwrap().to_string());

    let question = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::FileContainingSymbol("it.Echo.Nothing".into())),
    };
    let mut answers = reflection.call::<ServerReflectionInfo>(Streaming::iter([question])).await.unwrap();
    let answer = answers.try_next().await.unwrap().unwrap();
    let Some(MessageResponse::FileDescriptorResponse(files)) = answer.message_response else { panic!("{answer:?}") };
    let files = files.file_descriptor_proto.iter().map(|file| FileDescriptorProto::decode(&**file).unwrap());
    let files: Vec<_> = files.collect();
    let mut comments = files[0].source_code_info.iter().flat_map(|info| &info.location);
    assert!(comments.any(|at| !at.leading_comments().is_empty()), "tools show what the code says about itself");
    let files: Vec<_> = files.iter().map(|file| (file.name().to_owned(), file.package().to_owned())).collect();
    let expected = [("it.proto", "it"), ("google/protobuf/empty.proto", "google.protobuf")];
    assert_eq!(files, expected.map(|(name, package)| (name.to_owned(), package.to_owned())));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn nodes_say_which_contract_they_speak_and_nothing_of_what_is_about_the_program() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    let nodes = registry.nodes("echo").await.unwrap();
    let [node] = &nodes[..] else { panic!("{nodes:?}") };
    let service = crate::contract::EchoServer::new(Mirror::default());
    let fingerprint = micro::rpc::schema::fingerprint(&[service.desc()]).unwrap();
    assert_eq!(node.metadata["schema"], format!("{fingerprint:016x}"));
    assert_eq!(node.endpoints.len(), 5, "{node:?}");
    app.stop().await.unwrap();
}
