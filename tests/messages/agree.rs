//! What we write, prost-reflect reads through the description we generate; and the other way round.

use std::sync::OnceLock;

use micro::message::json::{self, from_slice, from_slice_with};
use micro::message::{Dialect, Message, ReadOptions, descriptor};
use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};

use crate::arbitrary::{Arbitrary, Dice};
use crate::declared::Everything;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default()
    })]

    #[test]
    fn bytes_and_json_agree_both_ways(seed in any::<u64>()) {
        check(&Everything::arbitrary(&mut Dice::new(seed)));
    }

    #[test]
    fn broken_input_never_panics(seed in any::<u64>()) {
        break_it(&Everything::arbitrary(&mut Dice::new(seed)), &mut Dice::new(seed));
    }
}

fn description() -> MessageDescriptor {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let mut pool = DescriptorPool::global();
        let files = descriptor::files_of::<Everything>().expect("each name is of one type");
        pool.add_file_descriptor_protos(files).expect("the description is valid");
        pool
    });
    pool.get_message_by_name("tests.Everything").expect("it is described")
}

fn check(message: &Everything) {
    let theirs = check_bytes(message);
    check_json(message, &theirs);
    check_plain_json(message);
}

fn check_bytes(message: &Everything) -> DynamicMessage {
    let bytes = message.encode_to_vec();
    let back = Everything::decode(&bytes).expect("our own bytes");
    assert_eq!(&back, message);
    assert_eq!(back.encode_to_vec(), bytes, "equal values have equal bytes");
    assert_eq!(&Everything::decode_shared(&bytes.clone().into()).expect("our own bytes, shared"), message);

    let theirs = DynamicMessage::decode(description(), &bytes[..]).expect("our bytes read by them");
    assert_eq!(theirs.unknown_fields().count(), 0);
    assert_eq!(&Everything::decode(&theirs.encode_to_vec()).expect("their bytes"), message);
    theirs
}

fn check_json(message: &Everything, theirs: &DynamicMessage) {
    let text = json::to_vec(message).expect("everything has its place in JSON");
    assert_eq!(&from_slice_with::<Everything>(&text, ReadOptions::STRICT).expect("our own JSON"), message);

    let mut reader = serde_json::Deserializer::from_slice(&text);
    let read = DynamicMessage::deserialize(description(), &mut reader).expect("our JSON read by them");
    reader.end().expect("and nothing behind it");
    // Their `Debug` recurses without end on recursive types, so no `assert_eq`.
    assert!(read == *theirs, "our JSON read by them: {}", String::from_utf8_lossy(&text));

    for declared_names in [false, true] {
        for skip_default in [false, true] {
            let options =
                SerializeOptions::new().use_proto_field_name(declared_names).skip_default_fields(skip_default);
            let mut text = Vec::new();
            let mut writer = serde_json::Serializer::new(&mut text);
            theirs.serialize_with_options(&mut writer, &options).expect("their JSON");
            let read: Everything = from_slice(&text).expect("their JSON read by us");
            // They write 1 as 1.0 in a `Value`, which is another number to `serde_json` and the same in bytes.
            assert_eq!(&Everything::decode(&read.encode_to_vec()).expect("our own bytes"), message);
        }
    }
}

fn check_plain_json(message: &Everything) {
    let mut text = Vec::new();
    // Infinities have no place in plain JSON.
    if json::write(message, &mut text, &Dialect::PLAIN).is_ok() {
        let _: serde_json::Value = serde_json::from_slice(&text).expect("it is JSON");
        assert_eq!(&from_slice::<Everything>(&text).expect("our plain JSON"), message);
    }
}

/// Prefixes and changed bytes end in a value or an error.
fn break_it(message: &Everything, dice: &mut Dice) {
    let bytes = message.encode_to_vec();
    for length in 0..bytes.len().min(300) {
        let _ = Everything::decode(&bytes[..length]);
    }
    let mut changed = bytes.clone();
    for _ in 0..20 {
        let position = dice.below(changed.len() as u64) as usize;
        changed[position] = dice.roll() as u8;
        let _ = Everything::decode_shared(&changed.clone().into());
    }
    let mut text = json::to_vec(message).expect("everything has its place in JSON");
    for _ in 0..20 {
        let position = dice.below(text.len() as u64) as usize;
        text[position] = dice.roll() as u8;
        let _ = from_slice::<Everything>(&text);
    }
}
