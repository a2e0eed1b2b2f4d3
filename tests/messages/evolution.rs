//! What happens between a program and an older or newer one; see the table in the documentation of messages.

use std::collections::{BTreeMap, HashMap};

use micro::message::json::{from_slice, from_slice_with, to_vec};
use micro::message::{ErrorKind, Message, ReadOptions, UnknownFields};

use crate::declared::*;

/// The first version.
#[micro::message(package = "tests", name = "Account")]
#[derive(Clone, Debug, PartialEq)]
struct First {
    id: u32,
    name: String,
    level: Level,
}

/// The second: a field removed, one widened, one made optional, some added.
#[micro::message(package = "tests", name = "Account", reserved(2, "name"))]
#[derive(Clone, Debug, PartialEq)]
struct Second {
    #[message(tag = 1)]
    id: u64,
    #[message(tag = 3)]
    level: Option<Level>,
    #[message(tag = 4)]
    children: Vec<Child>,
    #[message(tag = 5)]
    by_name: BTreeMap<String, u32>,
}

fn first() -> First {
    First { id: 7, name: "Ada".into(), level: Level::High }
}

fn second() -> Second {
    let child = Child { name: "c".into(), n: 1, tags: vec![], first_name: None };
    Second { id: 7, level: Some(Level::High), children: vec![child], by_name: [("x".into(), 1)].into() }
}

#[test]
fn a_newer_program_reads_what_an_older_one_wrote() {
    let expected = Second { children: vec![], by_name: BTreeMap::new(), ..second() };
    assert_eq!(Second::decode(&first().encode_to_vec()), Ok(expected.clone()));
    assert_eq!(from_slice(&to_vec(&first()).expect("it is JSON")), Ok(expected));
}

#[test]
fn an_older_program_reads_what_a_newer_one_wrote() {
    let expected = First { name: String::new(), ..first() };
    assert_eq!(First::decode(&second().encode_to_vec()), Ok(expected.clone()));
    assert_eq!(from_slice(&to_vec(&second()).expect("it is JSON")), Ok(expected));
}

#[test]
fn a_strict_reader_takes_what_it_knows_and_nothing_else() {
    let text = to_vec(&second()).expect("it is JSON");
    assert_eq!(from_slice_with(&text, ReadOptions::STRICT), Ok(second()));
    let error = from_slice_with::<First>(&text, ReadOptions::STRICT).expect_err("it is newer");
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Unknown, "`children` is no field of `tests.Account`"));
    let error = from_slice_with::<Second>(br#"{"children":[{"m":1}]}"#, ReadOptions::STRICT).expect_err("nested too");
    assert_eq!(error.to_string(), "`children[0]`: `m` is no field of `tests.Child`");
}

#[test]
fn unknown_fields_are_kept_in_every_form() {
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Outer {
        inner: Keeper,
    }
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Keeper {
        known: u32,
        #[message(unknown)]
        rest: UnknownFields,
    }
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Forgetful {
        known: u32,
    }
    // A varint, eight bytes, a length and bytes, a group with a group inside, four bytes; the known one among them.
    let records: [&[u8]; 6] = [
        &[0x10, 0x96, 0x01],
        &[0x19, 1, 2, 3, 4, 5, 6, 7, 8],
        &[0x08, 0x05],
        &[0x22, 2, b'h', b'i'],
        &[0x2b, 0x08, 0x01, 0x33, 0x34, 0x2c],
        &[0x3d, 1, 2, 3, 4],
    ];
    let inner = records.concat();
    let outer = [&[0x0a, inner.len() as u8], &inner[..]].concat();
    let read = Outer::decode(&outer).expect("all of it is well formed");
    assert_eq!(read.inner.known, 5);
    let unknown: Vec<u8> = records.iter().filter(|record| record[0] != 0x08).copied().flatten().copied().collect();
    assert_eq!(read.inner.rest.as_bytes(), unknown);
    assert_eq!(read.encode_to_vec()[2..], [records[2], &unknown].concat());
    assert_eq!(Forgetful::decode(&inner).expect("well formed").encode_to_vec(), records[2]);
}

#[test]
fn unknown_numbers_of_an_enum_are_kept_or_refused_and_never_lost() {
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Both {
        open: Option<Color>,
        closed: Option<Level>,
    }
    let open = Both::decode(&[0x08, 77]).expect("an open enum keeps it");
    assert_eq!((open.open, open.encode_to_vec()), (Some(Color::Unknown(77)), vec![0x08, 77]));
    assert_eq!(from_slice(&to_vec(&open).expect("it is JSON")), Ok(open));
    let error = Both::decode(&[0x10, 77]).expect_err("a closed enum cannot");
    let text = "`closed`: 77 is no value of `tests.Level`; a variant `Unknown(i32)` would keep it";
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Unknown, text));
    // Of several, only the last must be known.
    assert_eq!(Both::decode(&[0x10, 77, 0x10, 1]).map(|both| both.closed), Ok(Some(Level::Low)));
}

#[test]
fn the_last_record_wins_and_lists_go_on() {
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Kinds {
        single: u32,
        list: Vec<u32>,
        map: HashMap<u32, u32>,
    }
    let bytes = [0x08, 1, 0x08, 2, 0x12, 2, 1, 2, 0x10, 3, 0x1a, 4, 8, 1, 16, 1, 0x1a, 4, 8, 1, 16, 2];
    let expected = Kinds { single: 2, list: vec![1, 2, 3], map: [(1, 2)].into() };
    assert_eq!(Kinds::decode(&bytes), Ok(expected));
    for (text, error) in [
        (r#"{"single":1,"single":2}"#, "`single`: given twice"),
        (r#"{"map":{"1":1,"1":2}}"#, "`map[\"1\"]`: given twice"),
        (r#"{"list":[null]}"#, "`list[0]`: null in a list"),
        (r#"{"map":{"1":null}}"#, "`map[\"1\"]`: null in a map"),
    ] {
        assert_eq!(from_slice::<Kinds>(text.as_bytes()).expect_err(text).to_string(), error);
    }
    let empty = Kinds { single: 0, list: vec![], map: HashMap::new() };
    assert_eq!(from_slice(br#"{"single":null,"list":null,"map":null}"#), Ok(empty));
}

#[test]
fn a_oneof_is_one() {
    let error = from_slice::<Payload>(br#"{"text":"x","count":1}"#).expect_err("two of one");
    assert_eq!(error.to_string(), "`count`: more than one member of a oneof");
    // A variant nobody knows is as if none were set.
    let error = Payload::decode(&[0x7a, 0]).expect_err("there is no default");
    assert_eq!(error.kind(), ErrorKind::Missing);
    assert_eq!(Choice::decode(&[0x7a, 0]), Ok(Choice::NoChoice));
}

#[test]
fn former_names_of_enum_values_are_read() {
    #[micro::message]
    #[derive(Debug, PartialEq)]
    enum State {
        Idle,
        #[message(aliases("STATE_RUNNING", "on"))]
        Active,
    }
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Machine {
        states: Vec<State>,
    }
    let machine = Machine { states: vec![State::Active, State::Active, State::Active, State::Idle] };
    assert_eq!(from_slice(br#"{"states":["STATE_RUNNING","on","STATE_ACTIVE","STATE_IDLE"]}"#).as_ref(), Ok(&machine));
    let text = to_vec(&machine).expect("it is JSON");
    assert_eq!(text, br#"{"states":["STATE_ACTIVE","STATE_ACTIVE","STATE_ACTIVE","STATE_IDLE"]}"#);
}
