//! Messages in formats that are not ours: a file, a database column, msgpack, CBOR.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use micro::Code;
use micro::message::text::Tape;
use micro::message::{DecodeTarget, Dialect, ReadOptions, json};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::arbitrary::{Arbitrary, Dice};
use crate::declared::*;

#[micro::message(package = "tests")]
#[derive(Debug, PartialEq)]
struct Row {
    user_id: i64,
    color: Color,
    data: Vec<u8>,
    wait: Duration,
    ratio: f32,
    by_number: BTreeMap<i32, String>,
    note: Option<String>,
}

fn row() -> Row {
    Row {
        user_id: 7,
        color: Color::Green,
        data: vec![0xfb, 0xff],
        wait: Duration::from_millis(1_500),
        ratio: f32::INFINITY,
        by_number: [(-1, "one".into())].into(),
        note: None,
    }
}

fn cbor(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).expect("it has its place in CBOR");
    out
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_value_survives_every_format(seed in any::<u64>()) {
        let message = Everything::arbitrary(&mut Dice::new(seed));
        let ours = json::to_vec(&message).expect("everything has its place in JSON");
        let theirs = serde_json::to_vec(&message).expect("everything has its place in JSON");
        let parsed = |text: &[u8]| serde_json::from_slice::<Json>(text).expect("it is JSON");
        assert_eq!(parsed(&ours), parsed(&theirs));
        assert_eq!(serde_json::from_slice::<Everything>(&ours).expect("our own JSON"), message);

        let packed = rmp_serde::to_vec(&message).expect("everything has its place in msgpack");
        assert_eq!(rmp_serde::from_slice::<Everything>(&packed).expect("our own msgpack"), message);
        assert_eq!(ciborium::from_reader::<Everything, _>(&cbor(&message)[..]).expect("our own CBOR"), message);
    }
}

#[test]
fn formats_for_people_get_canonical_json() {
    assert_eq!(
        serde_json::to_value(row()).expect("it is JSON"),
        json!({
            "userId": "7", "color": "COLOR_GREEN", "data": "+/8=", "wait": "1.500s", "ratio": "Infinity",
            "byNumber": {"-1": "one"},
        })
    );
    assert_eq!(serde_json::to_string(&[Color::Red, Color::Unknown(9)]).expect("it is JSON"), r#"["COLOR_RED",9]"#);
}

#[test]
fn binary_formats_get_what_they_have() {
    // A map of seven members less the one that is `None`, with names as declared.
    let mut expected = vec![0x86];
    expected.extend(b"\xa7user_id\x07");
    expected.extend(b"\xa5color\x01");
    expected.extend(b"\xa4data\xc4\x02\xfb\xff");
    expected.extend(b"\xa4wait\xce\x59\x68\x2f\x00");
    expected.extend(b"\xa5ratio\xca\x7f\x80\x00\x00");
    expected.extend(b"\xa9by_number\x81\xa2-1\xa3one");
    assert_eq!(rmp_serde::to_vec(&row()).expect("it is msgpack"), expected);
}

#[test]
fn binary_formats_may_have_numbers_for_keys_and_names_for_enums() {
    let packed = b"\x82\xa8byNumber\x82\xff\xa3one\x07\xa5seven\xa5color\xabCOLOR_GREEN";
    let row: Row = rmp_serde::from_slice(packed).expect("every dialect is read");
    assert_eq!(row.by_number, [(-1, "one".into()), (7, "seven".into())].into());
    assert_eq!(row.color, Color::Green);
}

#[test]
fn messages_stand_in_files_and_inside_other_types() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Settings {
        title: String,
        child: Child,
        color: Color,
        since: micro::message::well_known::Timestamp,
    }
    let text = "title = \"x\"\ncolor = \"COLOR_BLUE\"\nsince = \"1970-01-01T00:00:00Z\"\n\
                [child]\nname = \"Ada\"\nn = 3\ntags = [\"a\", \"b\"]\n";
    let settings: Settings = toml::from_str(text).expect("it is such a file");
    assert_eq!((&*settings.child.name, settings.child.n, settings.color), ("Ada", 3, Color::Blue));
    let written = toml::to_string(&settings).expect("it has its place in a file");
    assert_eq!(toml::from_str::<Settings>(&written).expect("our own file"), settings);
}

#[test]
fn what_is_wrong_is_said_with_the_path() {
    let error = serde_json::from_str::<Node>(r#"{"children":[{"value":1},{"value":-1}]}"#).expect_err("-1 is no u32");
    assert_eq!(error.to_string(), "`children[1].value`: -1 does not fit u32");
    let error = serde_json::from_str::<Level>("7").expect_err("there is no such level");
    assert!(error.to_string().starts_with("7 is no value of `tests.Level`"), "{error}");
    let late = UNIX_EPOCH + Duration::from_secs(1 << 40);
    let late = Choice::ChoiceTime(late);
    let error = serde_json::to_string(&late).expect_err("JSON ends with the year 9999");
    assert_eq!(error.to_string(), "`choiceTime`: time out of range");
}

#[test]
fn depth_and_memory_have_limits_here_too() {
    let deep = [&b"\x81\xa4next"[..]].concat().repeat(200);
    let error = rmp_serde::from_slice::<Node>(&deep).expect_err("200 levels");
    assert!(error.to_string().contains("nested deeper than 100"), "{error}");

    // 100 000 empty nodes: an array of empty maps.
    let mut wide = b"\x81\xa8children\xdd\x00\x01\x86\xa0".to_vec();
    wide.extend(vec![0x80; 100_000]);
    let tape: Tape = rmp_serde::from_slice(&wide).expect("it is msgpack");
    let error =
        tape.read(&mut DecodeTarget::<Node>::empty(), ReadOptions::LENIENT).expect_err("100 kB would become 6 MB");
    assert_eq!(micro::Error::from(error).code(), Code::ResourceExhausted);
}

#[test]
fn a_tape_keeps_what_a_codec_needs() {
    let tape = Tape::of(&row(), &Dialect::BINARY).expect("binary formats have infinities");
    let mut target = DecodeTarget::<Row>::empty();
    tape.read(&mut target, ReadOptions::STRICT).expect("our own tape");
    assert_eq!(target.take(), Ok(row()));
    let strict = serde_json::from_str::<Tape>(r#"{"nme":1}"#).expect("it is JSON");
    let error = strict.read(&mut DecodeTarget::<Row>::empty(), ReadOptions::STRICT).expect_err("no such field");
    assert_eq!(error.to_string(), "`nme` is no field of `tests.Row`");
}
