//! JSON: dialects, leniency, erased messages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use micro::message::json::{self, from_slice, from_slice_with};
use micro::message::{Decode, DecodeTarget, Dialect, Encode, Message, ReadOptions};
use serde_json::Value as Json;

use crate::declared::*;

#[micro::message(package = "tests")]
#[derive(Debug, PartialEq)]
struct Sample {
    user_id: i64,
    color: Color,
    data: Vec<u8>,
    wait: Duration,
    at: SystemTime,
    ratio: f64,
    note: Option<String>,
    any: Json,
}

fn sample() -> Sample {
    Sample {
        user_id: 7,
        color: Color::Green,
        data: vec![0xfb, 0xff],
        wait: Duration::from_millis(1_500),
        at: UNIX_EPOCH,
        ratio: 0.0,
        note: None,
        any: Json::Null,
    }
}

fn written(message: &impl Message, dialect: &Dialect) -> String {
    let mut out = Vec::new();
    json::write(message, &mut out, dialect).expect("it has its place in JSON");
    String::from_utf8(out).expect("JSON is UTF-8")
}

#[test]
fn proto3_is_what_the_world_expects() {
    assert_eq!(
        written(&sample(), &Dialect::PROTO3),
        r#"{"userId":"7","color":"COLOR_GREEN","data":"+/8=","wait":"1.500s","at":"1970-01-01T00:00:00Z","any":null}"#
    );
}

#[test]
fn plain_is_what_ordinary_structs_expect() {
    assert_eq!(
        written(&sample(), &Dialect::PLAIN),
        r#"{"user_id":7,"color":1,"data":"+/8=","wait":1500000000,"at":"1970-01-01T00:00:00Z","ratio":0.0,"any":null}"#
    );
}

#[test]
fn every_dialect_is_read() {
    for text in [
        r#"{"userId":"7","color":"COLOR_GREEN","data":"+/8=","wait":"1.5s","at":"1970-01-01T01:00:00+01:00"}"#,
        r#"{"user_id":7.0,"color":1,"data":"-_8","wait":1500000000,"at":"1970-01-01T00:00:00.000Z","note":null}"#,
        r#" { "new" : [ {"a":[]} ] , "user_id" : 7e0, "color":1,"data":"-_8=","wait":"1.500000000s","at":"1970-01-01T00:00:00Z"} "#,
    ] {
        assert_eq!(from_slice::<Sample>(text.as_bytes()), Ok(sample()), "{text}");
    }
}

#[test]
fn names_may_be_folded() {
    let text = br#"{"USER_ID":1,"Color":"COLOR_RED"}"#;
    assert_eq!(from_slice::<Sample>(text).map(|sample| sample.user_id), Ok(0));
    let folded = from_slice_with::<Sample>(text, ReadOptions::LENIENT.folding_names());
    assert_eq!(folded.map(|sample| sample.user_id), Ok(1));
}

#[test]
fn lenient_readers_take_unknown_names_of_open_enums_as_absent() {
    #[micro::message]
    #[derive(Debug, PartialEq)]
    struct Colors {
        one: Color,
        maybe: Option<Color>,
        many: Vec<Color>,
    }
    let text = br#"{"one":"COLOR_MAUVE","maybe":"COLOR_MAUVE","many":["COLOR_RED","COLOR_MAUVE","COLOR_GREEN"]}"#;
    let expected = Colors { one: Color::Red, maybe: None, many: vec![Color::Red, Color::Green] };
    assert_eq!(from_slice(text), Ok(expected));
    from_slice_with::<Colors>(text, ReadOptions::STRICT).expect_err("a strict reader refuses them");
}

#[test]
fn numbers_that_are_none_are_text_or_an_error() {
    let message = Sample { ratio: f64::NAN, ..sample() };
    assert!(written(&message, &Dialect::PROTO3).contains(r#""ratio":"NaN""#));
    let error = json::write(&message, &mut Vec::new(), &Dialect::PLAIN).expect_err("plain JSON has no NaN");
    assert_eq!(error.to_string(), "`ratio`: NaN and the infinities are no JSON numbers");
    assert!(from_slice::<Sample>(br#"{"ratio":"NaN"}"#).expect("proto3 has NaN").ratio.is_nan());
}

#[test]
fn integers_in_json_values_survive() {
    let any: Json = serde_json::json!({"large": 1_u64 << 53, "small": -(1_i64 << 53), "half": 0.5, "list": [1, null]});
    let message = Sample { any, ..sample() };
    assert_eq!(from_slice(&json::to_vec(&message).expect("it is JSON")).as_ref(), Ok(&message));
    assert_eq!(Sample::decode(&message.encode_to_vec()), Ok(message));
}

#[test]
fn integers_that_bytes_would_round_are_refused() {
    for number in ["9007199254740993", "-9007199254740993", "18446744073709551615", "18446744073709551617"] {
        let text = format!(r#"{{"any":[{number}]}}"#);
        let error = from_slice::<Sample>(text.as_bytes()).expect_err(number).to_string();
        assert_eq!(error, format!("`any[0]`: {number} does not fit a double, as all of a `Value` do"));
    }
    let message = Sample { any: u64::MAX.into(), ..sample() };
    let error = json::to_vec(&message).expect_err("bytes would round it").to_string();
    assert_eq!(error, "`any`: 18446744073709551615 does not fit a double, as all of a `Value` do");
}

#[test]
fn variants_with_named_fields_are_objects() {
    let drawing = Drawing::Circle { radius: 1.5, center: None };
    let text = json::to_vec(&drawing).expect("it is JSON");
    assert_eq!(String::from_utf8_lossy(&text), r#"{"circle":{"radius":1.5}}"#);
    assert_eq!(from_slice(&text), Ok(drawing));
    let error = from_slice::<Drawing>(br#"{"path":{"inside":{"circle":{"radius":true}}}}"#).expect_err("no number");
    assert_eq!(error.to_string(), "`path.inside.circle.radius`: expected a number, found true or false");
    let names: Vec<_> = Drawing::DESC.fields().map(|(_, field)| field.name).collect();
    assert_eq!(names, ["circle", "path", "blank", "nothing"]);
}

#[test]
fn messages_move_behind_dyn() {
    let message: Box<dyn Encode> = Box::new(sample());
    let mut bytes = Vec::new();
    message.encode_proto(&mut bytes);
    let mut text = Vec::new();
    json::write(&*message, &mut text, &Dialect::PROTO3).expect("it has its place in JSON");

    let mut target = DecodeTarget::<Sample>::empty();
    let place: &mut dyn Decode = &mut target;
    assert_eq!(place.desc().name, "tests.Sample");
    place.decode_proto(&Bytes::from(bytes)).expect("our own bytes");
    assert_eq!(target.0.take(), Some(sample()));
    json::read(&mut target, &text, ReadOptions::STRICT).expect("our own JSON");
    assert_eq!(target.take(), Ok(sample()));
}
