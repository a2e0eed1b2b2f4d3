//! Errors of a service's own: out of the handler, over every wire, and back as the same value.

use std::collections::HashMap;

use micro::client::CallOptions;
use micro::codec::Codec;
use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::ServiceError;

use crate::contract::{Text, calling_as, posted, serving_as};

/// Why somebody is not greeted.
#[derive(Debug, micro::Error)]
#[error(package = "it")]
pub enum GreetError {
    /// Nobody has this name.
    #[error(code = NotFound, "nobody is called `{name}`")]
    Nobody { name: String, near: Vec<String> },
    #[error(code = ResourceExhausted, "greeted {0} times, {1:>3} left")]
    Tired(u32, u8),
    #[error(code = FailedPrecondition, "`{0:?}` comes first")]
    First(Text),
    #[error(code = Unavailable, "asleep")]
    Asleep,
    #[error(code = Unavailable, "out", name = "OutOfOffice")]
    Out,
    #[error(other)]
    Other(micro::Error),
}

impl PartialEq for GreetError {
    fn eq(&self, other: &Self) -> bool {
        format!("{self:?}") == format!("{other:?}")
    }
}

#[micro::service(name = "faulty", package = "it")]
pub trait Faulty {
    async fn fail(&self, how: Text) -> Result<Text, GreetError>;
    async fn fail_later(&self, how: Text) -> Result<Streaming<Text, GreetError>, GreetError>;
    async fn fail_by_question_mark(&self, how: Text) -> Result<()>;
}

pub struct Fails;

fn every_failure() -> HashMap<&'static str, GreetError> {
    HashMap::from([
        ("nobody", GreetError::Nobody { name: "Bo".into(), near: vec!["Bob".into(), "Boa".into()] }),
        ("tired", GreetError::Tired(3, 0)),
        ("first", GreetError::First(Text::new("Alice"))),
        ("asleep", GreetError::Asleep),
        ("out", GreetError::Out),
    ])
}

fn failure(how: &Text) -> GreetError {
    every_failure().remove(how.text.as_str()).unwrap_or_else(|| Error::new(Code::Aborted, how.text.clone()).into())
}

#[micro::handler(manual)]
impl Faulty for Fails {
    async fn fail(&self, how: Text) -> Result<Text, GreetError> {
        Err(failure(&how))
    }

    async fn fail_later(&self, how: Text) -> Result<Streaming<Text, GreetError>, GreetError> {
        let items = [Ok(how.clone()), Err(failure(&how))];
        Ok(Streaming::new(futures_util::stream::iter(items)))
    }

    async fn fail_by_question_mark(&self, how: Text) -> Result<()> {
        Err(failure(&how))?;
        Ok(())
    }
}

/// What every caller may rely on.
async fn every_failure_comes_back(faulty: &impl Faulty) {
    for (how, expected) in every_failure() {
        let how = Text::new(how);
        assert_eq!(faulty.fail(how.clone()).await.unwrap_err(), expected);
        let mut stream = faulty.fail_later(how.clone()).await.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap(), how);
        assert_eq!(stream.next().await.unwrap().unwrap_err(), expected);

        let mapped = faulty.fail_by_question_mark(how).await.unwrap_err();
        assert_eq!(mapped.message(), expected.to_string());
        assert_eq!(GreetError::from_error(mapped), expected);
    }
    let Err(GreetError::Other(other)) = faulty.fail(Text::new("else")).await else { panic!("not the other") };
    assert_eq!((other.code(), other.message()), (Code::Aborted, "else"));
}

#[tokio::test]
async fn an_error_of_the_service_comes_back_as_itself_whatever_way_it_takes() {
    every_failure_comes_back(&Fails).await;
    every_failure_comes_back(&FaultyClient::of(Fails)).await;

    let registry = Registry::memory();
    let app = serving_as(&registry, FaultyServer::new(Fails)).await;
    every_failure_comes_back(&app.get::<FaultyClient>().unwrap()).await;
    let remote: FaultyClient = calling_as(&registry).await;
    every_failure_comes_back(&remote).await;
    every_failure_comes_back(&remote.with(CallOptions::new().with_codec(Codec::JSON))).await;
    app.stop().await.unwrap();
}

#[tokio::test]
async fn callers_in_other_languages_read_code_words_and_details() {
    let app = serving_as(&Registry::memory(), FaultyServer::new(Fails)).await;
    let (status, error) = posted(&app, "/it.Faulty/Fail", r#"{"text": "nobody"}"#).await;
    assert_eq!((status, &error["code"]), (404, &"not_found".into()));
    assert_eq!(error["message"], "nobody is called `Bo`");
    assert_eq!(error["details"][0]["type"], "it.GreetError.Nobody");
    assert_eq!(error["details"][0]["value"], "CgJCbxIDQm9iEgNCb2E");
    app.stop().await.unwrap();
}

#[test]
fn the_description_names_what_errors_may_carry() {
    let service = FaultyServer::new(Fails);
    for method in &service.desc().method_descs()[..2] {
        let names: Vec<_> = method.details().map(|desc| desc.name).collect();
        let expected =
            ["Nobody", "Tired", "First", "Asleep", "OutOfOffice"].map(|name| format!("it.GreetError.{name}"));
        assert_eq!(names, expected);
    }
    let nobody = service.desc().method_descs()[0].details().next().unwrap();
    assert_eq!((nobody.docs, nobody.entries.len()), ("Nobody has this name.", 2));
    assert_eq!(service.desc().method_descs()[2].details().count(), 0);

    // So reflection and `.proto` files have them, for callers in other languages.
    let files = micro::rpc::schema::descriptors(&[service.desc()]).unwrap();
    let errors = files.iter().find(|file| file.package() == "it.GreetError").expect("a file of the error");
    assert!(errors.message_type.iter().any(|message| message.name() == "OutOfOffice"));
    assert_eq!(errors.dependency, ["it.proto"]);
}
