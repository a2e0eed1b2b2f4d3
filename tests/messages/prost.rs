//! prost's messages as ours, and ours as prost's.

use micro::message::{Message, Prost, json};
use prost::Message as _;
use prost::Name as _;

/// As prost's generator would write it.
#[derive(Clone, PartialEq, prost::Message)]
struct Theirs {
    #[prost(string, tag = 1)]
    name: String,
    #[prost(message, repeated, tag = 2)]
    inner: Vec<Ours>,
}

impl prost::Name for Theirs {
    const PACKAGE: &'static str = "shop.v1";
    const NAME: &'static str = "Theirs";
}

#[micro::message(package = "tests", prost)]
#[derive(Clone, Debug, Default, PartialEq)]
struct Ours {
    name: String,
    numbers: Vec<u64>,
    inner: Option<Box<Ours>>,
}

fn ours() -> Ours {
    let inner = Ours { name: "b".into(), numbers: vec![], inner: None };
    Ours { name: "a".into(), numbers: vec![1, 300], inner: Some(Box::new(inner)) }
}

fn theirs() -> Theirs {
    Theirs { name: "x".into(), inner: vec![ours(), Ours::default()] }
}

#[test]
fn ours_are_messages_of_prost() {
    let bytes = Message::encode_to_vec(&ours());
    assert_eq!(prost::Message::encode_to_vec(&ours()), bytes);
    assert_eq!(ours().encoded_len(), bytes.len());
    assert_eq!(<Ours as prost::Message>::decode(&bytes[..]).expect("our own bytes"), ours());
    assert_eq!(Ours::full_name(), "tests.Ours");
    let mut merged = ours();
    prost::Message::merge(&mut merged, &[0x10, 0x05][..]).expect("one more number");
    assert_eq!(merged.numbers, [1, 300, 5]);
    prost::Message::clear(&mut merged);
    assert_eq!(merged, Ours::default());
    let error = <Ours as prost::Message>::decode(&[0x08, 0x01][..]).expect_err("a number for a name");
    assert!(error.to_string().contains("`name`: expected a length and bytes, found a varint"), "{error}");
}

#[test]
fn ours_stand_in_theirs() {
    let bytes = prost::Message::encode_to_vec(&theirs());
    assert_eq!(<Theirs as prost::Message>::decode(&bytes[..]).expect("their own bytes"), theirs());
    // An unknown group inside ours is passed over there too.
    let bytes = [0x12, 6, 0x7b, 0x08, 0x01, 0x7b, 0x7c, 0x7c];
    assert_eq!(<Theirs as prost::Message>::decode(&bytes[..]).expect("a group").inner, [Ours::default()]);
    <Theirs as prost::Message>::decode(&[0x12, 3, 0x7b, 0x08, 0x01][..]).expect_err("an unfinished group");
}

#[test]
fn theirs_are_messages_of_ours() {
    #[micro::message(package = "tests")]
    #[derive(Debug, PartialEq)]
    struct Outer {
        before: u32,
        theirs: Prost<Theirs>,
        many: Vec<Prost<Theirs>>,
    }
    let outer = Outer { before: 1, theirs: Prost(theirs()), many: vec![Prost(theirs()), Prost::default()] };
    let bytes = Message::encode_to_vec(&outer);
    assert_eq!(<Outer as Message>::decode(&bytes), Ok(outer));
    assert_eq!(Prost::<Theirs>::DESC.name, "shop.v1.Theirs");
    assert_eq!(Message::encode_to_vec(&Prost(theirs())), prost::Message::encode_to_vec(&theirs()));
    let error = json::to_vec(&Prost(theirs())).expect_err("prost keeps no names");
    assert_eq!(error.to_string(), "`shop.v1.Theirs` is a message of prost and has no form but its bytes");
}
