//! Descriptions, and protobuf's own descriptors out of them.

use micro::message::{Enumeration, Message, Reserved, descriptor};
use prost_reflect::DescriptorPool;

use crate::declared::*;

#[test]
fn a_message_describes_itself() {
    let desc = Child::DESC;
    assert_eq!(desc.name, "tests.Child");
    assert_eq!(desc.package(), "tests");
    assert_eq!(desc.docs, "A part of others.");
    let fields: Vec<_> = desc.fields().map(|(tag, field)| (tag, field.name, field.json)).collect();
    assert_eq!(fields, [(1, "name", "name"), (2, "n", "n"), (3, "tags", "tags"), (4, "first_name", "firstName")]);
    assert_eq!(desc.fields().next().map(|(_, field)| field.docs), Some("What it is called."));
    assert_eq!(
        Everything::DESC.reserved,
        [Reserved::Tags(1000, 1000), Reserved::Tags(1002, 1005), Reserved::Name("old")]
    );
}

#[test]
fn fields_are_described_by_ascending_tag() {
    let tags: Vec<u32> = Everything::DESC.fields().map(|(tag, _)| tag).collect();
    // The variants of a oneof keep the order of the enum.
    let oneof = tags.iter().position(|tag| *tag == 80).expect("the oneof is there");
    assert_eq!(tags[oneof..oneof + 3], [80, 82, 81]);
    assert!(tags[..oneof].is_sorted());
}

#[test]
fn the_package_is_the_crate_unless_named() {
    #[micro::message]
    struct Here {}
    #[micro::message(package = "a.b", name = "There")]
    struct Elsewhere {}
    assert_eq!(Here::DESC.name, "messages.Here");
    assert_eq!(Elsewhere::DESC.name, "a.b.There");
}

#[test]
fn an_enum_without_zero_gets_one_in_its_description() {
    let values =
        |values: &[micro::message::EnumValueDesc]| values.iter().map(|v| (v.name, v.number)).collect::<Vec<_>>();
    assert_eq!(values(Level::DESC.values), [("LEVEL_UNSPECIFIED", 0), ("LEVEL_LOW", 1), ("LEVEL_HIGH", 2)]);
    assert_eq!(values(Color::DESC.values), [("COLOR_RED", 0), ("COLOR_GREEN", 1), ("COLOR_BLUE", -5)]);
    assert!(Color::DESC.open);
    assert_eq!(<Mood as Enumeration>::empty(), Some(Mood::Calm));
}

#[test]
fn packages_become_files_that_depend_on_one_another() {
    #[micro::message(package = "shop.v1")]
    struct Order {
        child: Child,
        when: std::time::SystemTime,
        nothing: (),
    }
    let order = Order { child: Child::decode(&[]).expect("may be empty"), when: std::time::UNIX_EPOCH, nothing: () };
    let files = descriptor::files(&[Order::DESC]).expect("each name is of one type");
    let names: Vec<_> = files.iter().map(|file| file.name()).collect();
    assert_eq!(names, ["tests.proto", "shop/v1.proto"]);
    assert_eq!(files[1].dependency, ["google/protobuf/empty.proto", "google/protobuf/timestamp.proto", "tests.proto"]);

    let mut pool = DescriptorPool::global();
    pool.add_file_descriptor_protos(files).expect("the files are valid");
    assert!(pool.get_message_by_name("shop.v1.Order").is_some());
    assert!(!order.encode_to_vec().is_empty());
}

#[test]
fn reserved_tags_and_names_are_kept_from_later_authors() {
    let files = descriptor::files_of::<Everything>().expect("each name is of one type");
    let message = files.iter().flat_map(|file| &file.message_type).find(|message| message.name() == "Everything");
    let message = message.expect("it is described");
    let ranges: Vec<_> = message.reserved_range.iter().map(|range| (range.start(), range.end())).collect();
    assert_eq!(ranges, [(1000, 1001), (1002, 1006)]);
    assert_eq!(message.reserved_name, ["old"]);
}
