//! Wrong input: what is said, and where it points.

use micro::Code;
use micro::message::json::{from_slice, from_slice_with};
use micro::message::{Message, ReadOptions};

use crate::declared::*;

fn bytes_error<M: Message + std::fmt::Debug>(bytes: &[u8]) -> String {
    M::decode(bytes).expect_err("wrong input").to_string()
}

fn json_error<M: Message + std::fmt::Debug>(text: &str) -> String {
    from_slice_with::<M>(text.as_bytes(), ReadOptions::STRICT).expect_err("wrong input").to_string()
}

/// A field of type `Len`.
fn record(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("tests write short records");
    assert!(length < 128);
    [&[tag << 3 | 2, length], content].concat()
}

#[test]
fn what_must_be_there_is_missed_by_name() {
    assert_eq!(
        bytes_error::<Everything>(&[]),
        "`level`: missing, and `tests.Level` has neither a value 0 nor a `default`"
    );
    assert_eq!(
        json_error::<Everything>("{}"),
        "`level`: missing, and `tests.Level` has neither a value 0 nor a `default`"
    );

    #[micro::message(package = "tests")]
    #[derive(Debug)]
    struct Outer {
        first: Option<u32>,
        payload: Payload,
    }
    assert_eq!(bytes_error::<Outer>(&[]), "`payload`: missing, and `tests.Payload` has no empty value");

    #[micro::message(package = "tests")]
    #[derive(Debug)]
    struct Inlined {
        #[message(tag = 1)]
        first: u32,
        #[message(oneof(2, 3, 4, 5, 6, 7))]
        body: Body,
    }
    let expected = "`body`: none of bodyText, bodyChild, bodyNumber, bodyColor, bodyNothing, bodyJson is set";
    assert_eq!(bytes_error::<Inlined>(&[]), expected);
    assert_eq!(json_error::<Inlined>("{}"), expected);
}

#[test]
fn a_type_that_requires_itself_is_an_error_and_no_overflow() {
    assert_eq!(bytes_error::<Endless>(&[]), "`again`: missing, and `tests.Endless` has no empty value");
    assert_eq!(json_error::<Endless>("{}"), "`again`: missing, and `tests.Endless` has no empty value");
}

#[test]
fn numbers_that_do_not_fit_are_named_with_their_path() {
    assert_eq!(bytes_error::<Everything>(&[0x28, 0xac, 0x02]), "`u8`: 300 does not fit u8");
    assert_eq!(json_error::<Everything>(r#"{"u8": 300}"#), "`u8`: 300 does not fit u8");
    assert_eq!(
        json_error::<Everything>(r#"{"children":[{"name":"x"},{"n":"9223372036854775808"}]}"#),
        "`children[1].n`: 9223372036854775808 does not fit i64"
    );
    assert_eq!(
        json_error::<Everything>(r#"{"i64":-9223372036854775809}"#),
        "`i64`: -9223372036854775809 does not fit i64"
    );
    assert_eq!(json_error::<Everything>(r#"{"i32":1.5}"#), "`i32`: 1.5 does not fit i32");
}

#[test]
fn paths_lead_through_lists_maps_and_oneofs_in_bytes() {
    let child = record(1, &[0xff]);
    assert_eq!(
        bytes_error::<Node>(&record(3, &record(3, &[0x08]))),
        "`children[0].children[0].value`: truncated varint"
    );
    assert_eq!(bytes_error::<Payload>(&record(3, &child)), "`child.name`: not UTF-8");

    #[micro::message]
    #[derive(Debug)]
    struct Maps {
        by_name: std::collections::HashMap<String, Child>,
    }
    let entry = [record(1, b"key"), record(2, &child)].concat();
    assert_eq!(bytes_error::<Maps>(&record(1, &entry)), r#"`byName["key"].name`: not UTF-8"#);
}

#[test]
fn json_says_what_it_does_not_know() {
    assert_eq!(
        json_error::<Everything>(r#"{"mapChild":{"7":{"nme":1}}}"#),
        "`mapChild[\"7\"]`: `nme` is no field of `tests.Child`"
    );
    assert_eq!(
        json_error::<Everything>(r#"{"level":"LEVEL_TOP"}"#),
        "`level`: `LEVEL_TOP` is no value of `tests.Level`; expected one of LEVEL_UNSPECIFIED, LEVEL_LOW, LEVEL_HIGH"
    );
    assert_eq!(
        json_error::<Everything>(r#"{"level":9}"#),
        "`level`: 9 is no value of `tests.Level`; a variant `Unknown(i32)` would keep it"
    );
    assert_eq!(json_error::<Everything>(r#"{"mapChild":{"seven":{}}}"#), "`mapChild`: `seven` is no key of this map");
}

#[test]
fn nothing_may_be_said_twice_in_json() {
    assert_eq!(json_error::<Everything>(r#"{"u8":1,"u8":2}"#), "`u8`: given twice");
    assert_eq!(json_error::<Everything>(r#"{"snake_case_name":1,"customName":2}"#), "`customName`: given twice");
    assert_eq!(
        json_error::<Everything>(r#"{"bodyText":"x","bodyNumber":2}"#),
        "`bodyNumber`: more than one member of a oneof"
    );
    assert_eq!(json_error::<Everything>(r#"{"mapString":{"a":1,"a":2}}"#), r#"`mapString["a"]`: given twice"#);
}

#[test]
fn nulls_are_absent_fields_and_no_elements() {
    let node: Node = from_slice(br#"{"value":null,"next":null,"children":null}"#).expect("null is absence");
    assert_eq!(node, Node { value: 0, next: None, children: vec![] });
    assert_eq!(json_error::<Node>(r#"{"children":[{},null]}"#), "`children[1]`: null in a list");
    assert_eq!(json_error::<Everything>(r#"{"mapString":{"a":null}}"#), r#"`mapString["a"]`: null in a map"#);
}

#[test]
fn an_adapter_has_its_say() {
    assert_eq!(json_error::<Everything>(r#"{"celsius":-300000}"#), "`celsius`: -300000 is below absolute zero");
    assert_eq!(
        json_error::<Everything>(r#"{"listCelsius":[0,-300000]}"#),
        "`listCelsius[1]`: -300000 is below absolute zero"
    );
}

#[test]
fn broken_json_is_pointed_at() {
    for (text, message) in [
        ("", "the input ends at byte 0"),
        ("{", "expected `,` or `}` at byte 1"),
        (r#"{"value":1,}"#, "a comma before the end at byte 11"),
        (r#"{"value" 1}"#, "expected `:` at byte 9"),
        (r#"{value:1}"#, "expected text in quotes at byte 1"),
        (r#"{"value":1} x"#, "something after the value at byte 12"),
        (r#"{"value":01}"#, "`value`: no number JSON has, or one too large, at byte 9"),
        (r#"{"value":"1"#, "`value`: unfinished text at byte 11"),
        ("{\"value\":\"\u{1}\"}", "`value`: control character in text at byte 10"),
        (r#"{"\ud800":1}"#, "half a surrogate pair at byte 8"),
        ("[]", "expected an object, found a list"),
        (r#"{"children":{}}"#, "`children`: expected a list, found an object"),
        (r#"{"value":true}"#, "`value`: expected a number, found true or false"),
    ] {
        assert_eq!(json_error::<Node>(text), message, "{text}");
    }
}

#[test]
fn broken_bytes_are_pointed_at() {
    for (bytes, message) in [
        (&[0x08][..], "`value`: truncated varint"),
        (&[0x80], "truncated varint"),
        (&[0xff; 11], "varint over ten bytes"),
        (&[0x00], "field number out of range"),
        (&[0x0e], "wire types 6 and 7 do not exist"),
        (&[0x0a, 0x01, 0x00], "`value`: expected a varint, found a length and bytes"),
        (&[0x12, 0x05, 0x00], "`next`: truncated"),
        (&[0x7c], "end of a group that never began"),
        (&[0x7b, 0x74], "end of another group"),
        (&[0x7d, 0x00], "truncated"),
    ] {
        assert_eq!(bytes_error::<Node>(bytes), message, "{bytes:?}");
    }
    assert_eq!(Node::decode(&[0x7b, 0x08, 0x01, 0x7c]).map(|node| node.value), Ok(0), "a group is skipped");
}

#[test]
fn depth_is_limited() {
    let mut bytes = Vec::new();
    for _ in 0..200 {
        let mut outer = vec![0x12];
        let mut length = bytes.len();
        while length >= 0x80 {
            outer.push(length as u8 | 0x80);
            length >>= 7;
        }
        outer.push(length as u8);
        outer.extend(bytes);
        bytes = outer;
    }
    let error = micro::Error::from(Node::decode(&bytes).expect_err("200 levels"));
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert!(error.message().ends_with(": nested deeper than 100"), "{error}");

    let groups = [0x7b; 200];
    assert_eq!(bytes_error::<Node>(&groups), "nested deeper than 100");

    let text = [r#"{"next":"#.repeat(200), "}".repeat(200)].concat();
    assert!(json_error::<Node>(&text).ends_with(": nested deeper than 100"));
    let text = [r#"{"unknown":"#.to_owned(), "[".repeat(200)].concat();
    let error = from_slice::<Node>(text.as_bytes()).expect_err("200 levels").to_string();
    assert_eq!(error, "nested deeper than 100");
}

#[test]
fn a_few_bytes_do_not_become_a_lot_of_memory() {
    #[micro::message]
    #[derive(Debug)]
    struct Row {
        a: String,
        b: String,
        c: String,
        d: String,
        e: String,
        f: String,
        g: String,
        h: String,
    }
    #[micro::message]
    #[derive(Debug)]
    struct Table {
        rows: Vec<Row>,
    }
    let few = Table::decode(&[0x0a, 0x00].repeat(1_000)).expect("a thousand rows are nothing");
    assert_eq!(few.rows.len(), 1_000);
    let many = Table::decode(&[0x0a, 0x00].repeat(100_000)).expect_err("200 kB would become 19 MB");
    assert_eq!(micro::Error::from(many).code(), Code::ResourceExhausted);
    let text = format!(r#"{{"rows":[{}{{}}]}}"#, "{},".repeat(100_000));
    let many = from_slice::<Table>(text.as_bytes()).expect_err("300 kB would become 19 MB");
    assert_eq!(micro::Error::from(many).code(), Code::ResourceExhausted);
}
