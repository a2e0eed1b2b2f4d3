//! Two types of one name in one program: said, and never mixed up.

use micro::debug::{Readiness, reflection};
use micro::message::well_known::Any;
use micro::message::{Enumeration, Message, MessageDesc, RegisteredMessage, descriptor, json};
use micro::prelude::*;
use micro::registry::Registry;
use micro::rpc::schema;
use micro::testing::LogCapture;
use micro::util::lifecycle::Lifecycle;

mod old {
    #[micro::message(package = "names")]
    pub struct Item {
        pub sku: String,
    }

    #[micro::message(package = "names")]
    pub enum Color {
        Red,
    }

    /// Looks as the other does.
    #[micro::message(package = "names")]
    pub struct Twin {
        pub color: u32,
    }

    #[micro::message(package = "names")]
    pub struct Shelf {
        pub color: Color,
    }
}

mod new {
    #[micro::message(package = "names")]
    pub struct Item {
        pub count: u32,
    }

    #[micro::message(package = "names")]
    pub enum Color {
        Blue,
    }

    /// Looks as the other does, whatever is said about it.
    #[micro::message(package = "names")]
    pub struct Twin {
        pub color: u32,
    }

    #[micro::message(package = "names")]
    pub struct Box {
        pub color: Color,
    }

    /// A message with the name of an enum.
    #[micro::message(package = "names", name = "Color")]
    pub struct Paint {
        pub name: String,
    }
}

/// One type under two paths is one type.
pub use new::Box as Crate;

#[micro::service(name = "items", package = "names")]
pub trait Items {
    async fn update(&self, item: old::Item) -> Result<new::Item>;
}

struct Nobody;

#[micro::handler(manual)]
impl Items for Nobody {
    async fn update(&self, _: old::Item) -> Result<new::Item> {
        Err(Error::unimplemented("never called"))
    }
}

/// The error names both types, where they are declared, and what to do.
fn is_told(message: &str, name: &str) {
    assert!(message.contains(&format!("several types are named `{name}`: ")), "{message}");
    let short = name.rsplit('.').next().expect("a name");
    for module in ["old", "new"] {
        assert!(
            message.contains(&format!("`messages::names::{module}::{short}` (tests/messages/names.rs:")),
            "{message}"
        );
    }
    assert!(message.contains("set another `package` or `name` in `#[micro::message(..)]`"), "{message}");
}

fn refused(roots: &[&'static MessageDesc]) -> String {
    let error = descriptor::files(roots).expect_err("a file cannot hold both");
    assert_eq!(error.code(), Code::AlreadyExists);
    error.message().to_owned()
}

#[test]
fn descriptions_refuse_two_messages_of_one_name() {
    is_told(&refused(&[old::Item::DESC, new::Item::DESC]), "names.Item");
    let service = ItemsServer::new(Nobody);
    let services = [service.desc()];
    is_told(schema::descriptors(&services).unwrap_err().message(), "names.Item");
    is_told(schema::proto(&services).unwrap_err().message(), "names.Item");
    is_told(schema::fingerprint(&services).unwrap_err().message(), "names.Item");
    is_told(reflection::services(&services, Readiness::new(Lifecycle::new())).unwrap_err().message(), "names.Item");
}

#[test]
fn descriptions_refuse_two_enums_of_one_name_and_an_enum_with_the_name_of_a_message() {
    for roots in [[old::Shelf::DESC, new::Box::DESC], [old::Shelf::DESC, new::Paint::DESC]] {
        let message = refused(&roots);
        assert!(message.starts_with("several types are named `names.Color`: "), "{message}");
        assert_eq!(message.matches("tests/messages/names.rs:").count(), 2, "{message}");
    }
    assert_eq!(old::Color::DESC.name, new::Color::DESC.name);
}

#[test]
fn descriptions_accept_what_is_the_same() {
    for roots in [[new::Box::DESC, Crate::DESC], [old::Twin::DESC, new::Twin::DESC]] {
        assert_eq!(descriptor::files(&roots).expect("both say the same")[0].package(), "names");
    }
}

#[test]
fn any_refuses_a_name_of_two_types() {
    is_told(&RegisteredMessage::find("names.Item").unwrap_err().to_string(), "names.Item");
    is_told(&RegisteredMessage::find("names.Twin").unwrap_err().to_string(), "names.Twin");
    assert_eq!(RegisteredMessage::find("names.Box").expect("one type has this name").desc().name, "names.Box");
    let any = Any::pack(&old::Item { sku: "A-7".into() });
    is_told(&json::to_vec(&any).unwrap_err().to_string(), "names.Item");
    let text = br#"{"@type": "type.googleapis.com/names.Item", "sku": "A-7"}"#;
    is_told(&json::from_slice::<Any>(text).unwrap_err().to_string(), "names.Item");
    // Where the type is known, the name is only compared.
    assert_eq!(any.unpack::<old::Item>().expect("it is one").expect("it is one").sku, "A-7");
}

#[tokio::test]
async fn an_app_warns_of_two_types_of_one_name_and_does_not_serve_both() {
    let app = || micro::app().registry(Registry::memory()).settings(|settings| settings.broker = "memory".into());
    let logs = LogCapture::capture();
    app().start().await.expect("it serves neither").stop().await.expect("it stops");
    let said = logs.text();
    assert!(said.contains("WARN"), "{said}");
    // All of them at once.
    is_told(&said, "names.Item");
    is_told(&said, "names.Twin");
    assert!(!said.contains("names.Box"), "{said}");

    let error = app().serve(ItemsServer::new(Nobody)).start().await.unwrap_err();
    assert_eq!(error.code(), Code::AlreadyExists);
    is_told(error.message(), "names.Item");
}
