//! Bytes: absence, merging, evolution.

use bytes::Bytes;
use micro::message::{Input, Message};

use crate::arbitrary::{Arbitrary, Dice};
use crate::declared::*;

#[test]
fn absence_reads_as_the_empty_value() {
    let child = Child::decode(&[]).expect("a child may be empty");
    assert_eq!(child, Child { name: String::new(), n: 0, tags: vec![], first_name: None });
    assert_eq!(child.encode_to_vec(), b"");
}

#[test]
fn a_required_message_is_written_even_when_empty() {
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Outer {
        child: Child,
    }
    let outer = Outer::decode(&[]).expect("a child may be empty");
    assert_eq!(outer.encode_to_vec(), [0x0a, 0x00]);
}

#[test]
fn occurrences_of_a_message_are_merged() {
    let piece = |name: &str, n, tag: &str| {
        Payload::Child(Child { name: name.into(), n, tags: vec![tag.into()], first_name: None }).encode_to_vec()
    };
    let merged = Payload::decode(&[piece("a", 0, "x"), piece("", 7, "y")].concat()).expect("a child");
    let Payload::Child(child) = merged else { panic!("{merged:?}") };
    assert_eq!((&*child.name, child.n, child.tags), ("a", 7, vec!["x".to_owned(), "y".to_owned()]));
}

#[test]
fn the_last_variant_wins() {
    let bytes = [Payload::Text("x".into()).encode_to_vec(), Payload::Count(3).encode_to_vec()].concat();
    assert_eq!(Payload::decode(&bytes), Ok(Payload::Count(3)));
}

#[test]
fn an_absent_enum_with_data_is_its_default() {
    assert_eq!(Choice::decode(&[]), Ok(Choice::NoChoice));
    assert_eq!(
        Payload::decode(&[]).expect_err("nothing is set").text(),
        "none of text, data, child, nothing, count, level, json, deep is set"
    );
}

#[test]
fn packed_and_unpacked_lists_are_one_to_the_reader() {
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Packed {
        n: Vec<u32>,
    }
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Unpacked {
        #[message(unpacked)]
        n: Vec<u32>,
    }
    let n = vec![1, 300, 2];
    let (packed, unpacked) = (Packed { n: n.clone() }.encode_to_vec(), Unpacked { n: n.clone() }.encode_to_vec());
    assert_eq!(packed, [0x0a, 4, 1, 0xac, 2, 2]);
    assert_eq!(unpacked, [0x08, 1, 0x08, 0xac, 2, 0x08, 2]);
    assert_eq!(Packed::decode(&unpacked), Ok(Packed { n: n.clone() }));
    assert_eq!(Unpacked::decode(&packed), Ok(Unpacked { n }));
}

#[test]
fn unknown_fields_pass_through() {
    let new = Everything::arbitrary(&mut Dice::new(3));
    let old = Old::decode(&new.encode_to_vec()).expect("an old program reads what a new one writes");
    assert_eq!(old.i32, new.i32);
    assert_eq!(Everything::decode(&old.encode_to_vec()), Ok(new));
}

#[test]
fn shared_bytes_are_not_copied() {
    let payload = Payload::Data(Bytes::from(vec![7; 1000]));
    let bytes = Bytes::from(payload.encode_to_vec());
    let Ok(Payload::Data(data)) = Payload::decode_shared(&bytes) else { panic!("it was data") };
    assert!(bytes.as_ptr_range().contains(&data.as_ptr()));
}

#[test]
fn nothing_is_a_message_too() {
    assert_eq!(<()>::decode(&[0x08, 0x01]), Ok(()));
    assert_eq!(().encode_to_vec(), b"");
    let _: Option<Input<'_>> = None;
}
