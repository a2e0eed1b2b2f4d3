//! `.proto` text out of the code: read again by us, and compiled by protoc.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use micro::debug::{Readiness, health, reflection};
use micro::message::{Message, proto};
use micro::prelude::*;
use micro::rpc::{ServiceDesc, schema};
use micro::testing::contract::parse;
use micro::util::lifecycle::Lifecycle;
use micro_tests::{Folder, output, python};
use prost::Message as _;
use prost_types::{FileDescriptorProto, FileDescriptorSet};

use crate::declared::*;

mod shop {
    /// Comments say:
    ///
    ///   * lines, indented and `quoted` "so"
    ///
    /// // and slashes; { braces } too.
    #[micro::message(package = "shop.v1", reserved(9, 11..=12, "old", "older"))]
    #[derive(Clone)]
    pub struct Order {
        /// Its number.
        #[message(tag = 7)]
        pub id: u64,
        #[message(tag = 2, name = "class", json = "Class")]
        pub kind: Kind,
        #[message(tag = 3)]
        pub tags: std::collections::BTreeMap<String, TagsEntry>,
        #[message(tag = 4)]
        pub other: TagsEntry,
        #[message(tag = 5)]
        pub abroad: super::Near,
        #[message(tag = 6)]
        pub when: Option<std::time::SystemTime>,
        /// How it is paid.
        #[message(oneof(20, 22, 21))]
        pub payment: Option<Payment>,
    }

    /// Has the name that the entries of a map `tags` have.
    #[micro::message(package = "shop.v1")]
    #[derive(Clone)]
    pub struct TagsEntry {
        pub message: String,
        pub r#enum: Vec<f64>,
        #[message(unpacked)]
        pub __option_2: Vec<u32>,
    }

    #[micro::message(package = "shop.v1")]
    #[derive(Clone)]
    pub enum Kind {
        Large = 2,
        /// The usual.
        Small = 0,
        Odd = -3,
    }

    #[micro::message(package = "shop.v1")]
    #[derive(Clone)]
    pub enum Payment {
        /// In coins.
        Cash(u32),
        Card(String),
        Free,
    }
}

/// In a package whose first word is also the last of another one.
#[micro::message(package = "v1.google")]
#[derive(Clone)]
pub struct Near {
    pub duration: std::time::Duration,
    pub nothing: Nothing,
}

#[micro::message(package = "v1.google")]
#[derive(Clone)]
pub struct Nothing {}

/// Sells.
#[micro::service(name = "shop", package = "shop.v1")]
pub trait Shop {
    /// Buys.
    #[method(idempotent)]
    async fn buy(&self, order: shop::Order) -> Result<Streaming<shop::Order>>;
    #[method(no_side_effects, deprecated = "use `buy`")]
    async fn look(&self) -> Result<()>;
    async fn pay(&self, order: Streaming<shop::Order>) -> Result<Near>;
}

struct Closed;

#[micro::handler(manual)]
impl Shop for Closed {
    async fn buy(&self, _: shop::Order) -> Result<Streaming<shop::Order>> {
        Ok(Streaming::empty())
    }

    async fn look(&self) -> Result<()> {
        Ok(())
    }

    async fn pay(&self, _: Streaming<shop::Order>) -> Result<Near> {
        Err(Error::unimplemented("closed"))
    }
}

/// A contract in a package without messages of its own.
#[micro::service(name = "bare", package = "bare")]
pub trait Bare {
    async fn nothing(&self) -> Result<()>;
}

struct Nobody;

#[micro::handler(manual)]
impl Bare for Nobody {
    async fn nothing(&self) -> Result<()> {
        Ok(())
    }
}

fn services() -> [&'static ServiceDesc; 2] {
    [ShopServer::new(Closed).desc(), BareServer::new(Nobody).desc()]
}

/// The services, and messages that none of them names.
fn files() -> Vec<FileDescriptorProto> {
    let messages = [Everything::DESC, Old::DESC, Endless::DESC];
    schema::descriptors_with(&services(), &messages).expect("each name is of one type")
}

/// Those that have no place in every compiler.
fn own() -> impl Iterator<Item = FileDescriptorProto> {
    files().into_iter().filter(|file| !file.name().starts_with("google/"))
}

#[test]
fn a_file_says_what_the_code_says() {
    let files = schema::proto(&services()).expect("each name is of one type");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["bare.proto", "shop/v1.proto", "v1/google.proto"]);
    assert_eq!(files["shop/v1.proto"], SHOP);
}

/// What is printed is committed by others, and compared: it stays as it is.
#[test]
fn what_was_printed_before_is_printed_still() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("messages/printed");
    let health = health::service(Readiness::new(Lifecycle::new()), []);
    let asked = schema::descriptors(&[health.desc(), reflection::descs()[0]]).expect("each name is of one type");
    let mut names = vec![];
    for file in own().chain(asked).filter(|file| file.package() != "shop.v1") {
        let path = folder.join(file.name().replace('/', "_"));
        let before = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(proto::print(&file), before, "{}", path.display());
        names.push(file.package().to_owned());
    }
    names.sort();
    assert_eq!(names, ["bare", "grpc.health.v1", "grpc.reflection.v1", "tests", "v1.google"]);
}

const SHOP: &str = r#"// Written by micro from the code.

syntax = "proto3";

package shop.v1;

import "google/protobuf/empty.proto";
import "google/protobuf/timestamp.proto";
import "v1/google.proto";

// Sells.
service Shop {
  // Buys.
  rpc Buy(Order) returns (stream Order) {
    option idempotency_level = IDEMPOTENT;
  }
  // Deprecated: use `buy`
  rpc Look(.google.protobuf.Empty) returns (.google.protobuf.Empty) {
    option deprecated = true;
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc Pay(stream Order) returns (.v1.google.Near);
}

// Comments say:
//
//   * lines, indented and `quoted` "so"
//
// // and slashes; { braces } too.
message Order {
  Kind class = 2 [json_name = "Class"];
  map<string, .shop.v1.TagsEntry> tags = 3;
  .shop.v1.TagsEntry other = 4;
  .v1.google.Near abroad = 5;
  .google.protobuf.Timestamp when = 6;
  // Its number.
  uint64 id = 7;
  // How it is paid.
  oneof payment {
    // In coins.
    uint32 cash = 20;
    string card = 22;
    .google.protobuf.Empty free = 21;
  }
  reserved 9, 11 to 12;
  reserved "old", "older";
}

// Has the name that the entries of a map `tags` have.
message TagsEntry {
  string message = 1;
  repeated double enum = 2;
  repeated uint32 __option_2 = 3 [packed = false];
}

enum Kind {
  // The usual.
  KIND_SMALL = 0;
  KIND_LARGE = 2;
  KIND_ODD = -3;
}
"#;

#[test]
fn what_is_printed_is_read_again() {
    for file in own() {
        let text = proto::print(&file);
        let read = parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(proto::print(&read), text);
        assert_eq!(comments(&read), comments(&file));
        assert_eq!(proto::fingerprint(std::slice::from_ref(&read)), proto::fingerprint(std::slice::from_ref(&file)));
    }
}

/// The comment above each thing, by the path to it.
fn comments(file: &FileDescriptorProto) -> BTreeMap<Vec<i32>, String> {
    let locations = file.source_code_info.iter().flat_map(|info| &info.location);
    let comments = locations.filter_map(|at| Some((at.path.clone(), at.leading_comments.clone()?)));
    comments.collect()
}

#[test]
fn a_file_changed_by_hand_is_answered_with_the_line_and_what_was_expected() {
    for (from, to, says) in [
        ("uint64 id = 7;", "uint64 id 7;", "line 37: expected `=`, found `7`"),
        ("uint64 id = 7;", "uint64 id = seven;", "line 37: expected a tag, found `seven`"),
        ("uint64 id = 7;", "uint64 id = 7", "line 39: expected `;` or `[`, found `oneof`"),
        ("rpc Pay", "call Pay", "line 22: expected `rpc` or `}`, found `call`"),
        (
            "idempotency_level",
            "java_multiple",
            "line 15: expected `deprecated` or `idempotency_level`, found `java_multiple`",
        ),
        ("\"proto3\"", "\"proto2\"", "line 3: expected `\"proto3\"`, found `\"proto2\"`"),
        ("message TagsEntry", "extend TagsEntry", "line 50: expected `service` or `message` or `enum`, found `extend`"),
        ("\"older\"", "\"older", "line 46: expected a second quote, found `\"older;`"),
    ] {
        assert!(SHOP.contains(from), "{from}");
        let error = parse(&SHOP.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.to_string(), says);
    }
    for cut in (0..SHOP.len()).filter(|at| SHOP.is_char_boundary(*at)) {
        // Cut anywhere it is an error or a shorter file, and never a panic.
        let _ = parse(&SHOP[..cut]);
    }
    assert_eq!(parse("").unwrap_err().to_string(), "line 1: expected `syntax`, found the end of the file");
}

#[test]
fn protoc_reads_the_text_as_the_descriptors_we_give_ourselves() {
    let Some(python) = python() else { return };
    let folder = Folder::new();
    let mut command = Command::new(python);
    command.args(["-m", "grpc_tools.protoc", "--include_imports", "--include_source_info"]);
    command.args(["--descriptor_set_out=all.binpb", "-I."]);
    for file in own() {
        let path = folder.path().join(file.name());
        std::fs::create_dir_all(path.parent().expect("in the folder")).expect("a folder can be made");
        std::fs::write(path, proto::print(&file)).expect("a file can be written");
        command.arg(file.name());
    }
    let compiled = output(command.current_dir(folder.path()));
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let set = std::fs::read(folder.path().join("all.binpb")).expect("protoc wrote it");
    let set = FileDescriptorSet::decode(&*set).expect("protoc writes descriptors");

    let mut compared = BTreeSet::new();
    for mut ours in own() {
        let theirs = set.file.iter().find(|file| file.name == ours.name);
        let mut theirs = theirs.unwrap_or_else(|| panic!("protoc did not compile {}", ours.name())).clone();
        let mut commented = comments(&theirs);
        // The first line of the file is a comment above its syntax.
        commented.retain(|path, _| path[..] != [12]);
        assert_eq!(comments(&ours), commented);
        (ours.source_code_info, theirs.source_code_info) = (None, None);
        assert_eq!(ours, theirs);
        compared.insert(ours.name().to_owned());
    }
    assert_eq!(compared.len(), 4);
}

#[test]
fn the_descriptors_are_whole_in_themselves() {
    let mut pool = prost_reflect::DescriptorPool::new();
    let files = schema::descriptors(&services()).expect("each name is of one type");
    pool.add_file_descriptor_protos(files).expect("the well-known types are among them");
    assert!(pool.get_service_by_name("bare.Bare").is_some());
    let payment = pool.get_message_by_name("shop.v1.Order").and_then(|order| order.get_field(22));
    assert_eq!(payment.expect("it is there").containing_oneof().expect("in the oneof").name(), "payment");
}

#[test]
fn the_fingerprint_is_pinned() {
    let fingerprint = |services: &[&ServiceDesc]| schema::fingerprint(services).expect("each name is of one type");
    let pinned = |service| format!("{:016x}", fingerprint(&[service]));
    let [shop, bare] = services();
    // Peers compare it with theirs: where these change, the algorithm changed. `bare.Bare` is the one line
    // "method bare.Bare/Nothing google.protobuf.Empty -> google.protobuf.Empty".
    assert_eq!(pinned(bare), "b8c1ff1588007935");
    assert_eq!(pinned(health::service(Readiness::new(Lifecycle::new()), []).desc()), "4975b019ad21e86b");
    assert_eq!(pinned(reflection::descs()[0]), "d6780da7c6e4f16f");
    assert_eq!(format!("{:016x}", fingerprint(&[shop, bare])), "f69fc2cfe43d867a");
    assert_eq!(fingerprint(&[bare, shop, bare]), fingerprint(&services()));
    assert_ne!(fingerprint(&[bare]), fingerprint(&[shop]));
    // FNV-1a of nothing.
    assert_eq!(fingerprint(&[]), 0xcbf2_9ce4_8422_2325);
}
