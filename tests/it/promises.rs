//! A committed contract, and what is said when the code breaks it.
//!
//! The code here stays as it is; the committed file says what it was before.

use std::path::PathBuf;

use micro::prelude::*;
use micro::testing::contract::{Contract, Kept, Update};
use micro_tests::Folder;

/// Who somebody is.
#[micro::message(package = "people", reserved(9, 20..=22, "old"))]
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub name: String,
    pub age: u32,
    pub email: Option<String>,
    pub color: Color,
    pub mood: Mood,
}

#[micro::message(package = "people")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Color {
    Red,
    Green,
}

#[micro::message(package = "people")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mood {
    Calm,
    Angry,
    Unknown(i32),
}

/// In a package of its own.
#[micro::message(package = "common.v1")]
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub text: String,
}

/// Knows people.
#[micro::service(name = "people", package = "people")]
pub trait People {
    /// Finds one.
    #[method(no_side_effects)]
    async fn find(&self, query: Query) -> Result<Person>;
    async fn list(&self, query: Query) -> Result<Streaming<Person>>;
}

struct Nobody;

#[micro::handler(manual)]
impl People for Nobody {
    async fn find(&self, _: Query) -> Result<Person> {
        Err(Error::not_found("nobody"))
    }

    async fn list(&self, _: Query) -> Result<Streaming<Person>> {
        Ok(Streaming::empty())
    }
}

const NOW: &str = r#"// Written by micro from the code.

syntax = "proto3";

package people;

import "common/v1.proto";

// Knows people.
service People {
  // Finds one.
  rpc Find(common.v1.Query) returns (Person) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc List(common.v1.Query) returns (stream Person);
}

// Who somebody is.
message Person {
  string name = 1;
  uint32 age = 2;
  optional string email = 3;
  Color color = 4;
  Mood mood = 5;
  reserved 9, 20 to 22;
  reserved "old";
}

enum Color {
  COLOR_RED = 0;
  COLOR_GREEN = 1;
}

enum Mood {
  MOOD_CALM = 0;
  MOOD_ANGRY = 1;
}
"#;

fn contract(folder: &Folder, update: Update) -> Contract {
    Contract::new(folder.path(), "contract.proto").with_packages(["people"]).with_update(update)
}

/// What the code is told whose committed contract was this.
fn told(committed: &str) -> String {
    let folder = Folder::new();
    let path = folder.path().join("contract.proto");
    std::fs::write(&path, committed).unwrap();
    let error = contract(&folder, Update::Additions).check().unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), committed, "a broken contract stays as it is");
    assert!(error.message().contains("MICRO_UPDATE_CONTRACT=1 cargo test"), "{error}");

    let accepted = contract(&folder, Update::Everything).check().unwrap();
    assert_eq!(accepted.written, [path.as_path()]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), NOW);
    error.message().to_owned()
}

/// The contract as it was before these lines were changed.
fn before(changes: &[(&str, &str)]) -> String {
    let mut text = NOW.to_owned();
    for (now, then) in changes {
        assert!(text.contains(now), "{now}");
        text = text.replacen(now, then, 1);
    }
    text
}

#[test]
fn the_first_run_writes_the_file_and_the_next_finds_it_kept() {
    let folder = Folder::new();
    let path = folder.path().join("contract.proto");
    assert_eq!(contract(&folder, Update::Additions).check().unwrap().written, [path.as_path()]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), NOW);
    assert_eq!(contract(&folder, Update::Additions).check().unwrap(), Kept::default());
    std::fs::write(&path, NOW.replace('\n', "\r\n")).unwrap();
    assert_eq!(contract(&folder, Update::Additions).check().unwrap(), Kept::default());
    assert_eq!(contract(&folder, Update::Nothing).check().unwrap(), Kept::default());
}

#[test]
fn reordering_two_fields_names_both() {
    let told = told(&before(&[("string name = 1;\n  uint32 age = 2;", "uint32 age = 1;\n  string name = 2;")]));
    assert!(
        told.contains(
            "message people.Person\n    `age` was 1, is now 2; `name` was 2, is now 1: implicit tags follow declaration \
             order; append new fields or write the tags\n"
        ),
        "{told}"
    );
}

#[test]
fn a_field_put_between_others_is_found_by_what_it_moves() {
    let told = told(&before(&[
        ("  uint32 age = 2;\n", ""),
        ("email = 3", "email = 2"),
        ("Color color = 4;\n  Mood mood = 5", "Color color = 3;\n  Mood mood = 4"),
    ]));
    assert!(
        told.contains("`email` was 2, is now 3; `color` was 3, is now 4; `mood` was 4, is now 5: implicit tags"),
        "{told}"
    );
}

#[test]
fn every_way_to_break_a_contract_is_told_with_what_to_do() {
    for (now, then, says) in [
        (
            "uint32 age = 2;",
            "uint32 age = 2;\n  bool gone = 6;",
            "`gone` (6) is gone: write `reserved(6, \"gone\")` on the message",
        ),
        // Of a removed field both must be reserved.
        ("reserved 9, 20 to 22;", "bool gone = 9;", "`gone` (9) is gone: write `reserved(9, \"gone\")`"),
        ("uint32 age", "sint64 age", "`age` was `sint64`, is now `uint32`: either would be misread"),
        ("optional string email", "string email", "`email` was `string`, is now `optional string`"),
        ("Color color", "Colour color", "`color` was `people.Colour`, is now `people.Color`"),
        (
            "uint32 age = 2;",
            "uint32 years = 2;",
            "`years` (2) is now called `age`: that is the same in bytes and another in JSON; keep the name with `#[message(name = \"years\")]`",
        ),
        ("uint32 age = 2;", "bytes key = 2;", "`key` (2, `bytes`) is gone and its tag has gone to `age` (`uint32`)"),
        ("uint32 age = 2;", "uint32 age = 2 [json_name = \"years\"];", "`age` was `years` in JSON, is now `age`"),
        (
            "uint32 age = 2;",
            "oneof life {\n    uint32 age = 2;\n  }",
            "`age` was in the oneof `life`, is now in no oneof",
        ),
        ("reserved 9, 20 to 22;", "reserved 9, 20 to 24;", "23 is reserved no more"),
        ("reserved \"old\";", "reserved \"old\", \"older\";", "\"older\" is reserved no more"),
        (
            "COLOR_RED = 0;\n  COLOR_GREEN = 1;",
            "COLOR_GREEN = 0;\n  COLOR_RED = 1;",
            "enum people.Color\n    `COLOR_GREEN` was 0, is now 1; `COLOR_RED` was 1, is now 0: implicit numbers follow declaration order",
        ),
        ("COLOR_GREEN = 1;", "COLOR_GREEN = 1;\n  COLOR_BLUE = 2;", "`COLOR_BLUE` (2) is gone: peers that send it"),
        ("COLOR_GREEN = 1;", "COLOR_LIME = 1;", "`COLOR_LIME` (1) is now called `COLOR_GREEN`"),
        (
            "rpc List",
            "rpc All(common.v1.Query) returns (Person);\n  rpc List",
            "service people.People\n    method `All` is gone: peers still call it",
        ),
        ("rpc List(common.v1.Query)", "rpc List(Person)", "`List` took `people.Person`, now takes `common.v1.Query`"),
        (
            "returns (stream Person)",
            "returns (Person)",
            "`List` gave `people.Person`, now gives `stream people.Person`",
        ),
        (
            "(stream Person);",
            "(stream Person) {\n    option idempotency_level = IDEMPOTENT;\n  }",
            "`List` was IDEMPOTENT, is now neither",
        ),
        (
            "service People",
            "service Others {\n}\n\nservice People",
            "service people.Others\n    is gone: peers still call it",
        ),
    ] {
        let told = told(&before(&[(now, then)]));
        assert!(told.contains(says), "{says}\n in\n{told}");
    }
}

#[test]
fn a_removed_field_that_is_reserved_and_a_message_nobody_uses_are_fine() {
    let folder = Folder::new();
    let path = folder.path().join("contract.proto");
    let old = before(&[
        ("reserved 9, 20 to 22;\n  reserved \"old\";", "bool old = 9;\n  reserved 20, 21, 22;"),
        ("enum Color", "message Unused {\n  string a = 1;\n}\n\nenum Color"),
    ]);
    std::fs::write(&path, old).unwrap();
    assert_eq!(contract(&folder, Update::Additions).check().unwrap().written, [path.as_path()]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), NOW);
}

#[test]
fn additions_are_written_but_not_on_ci_and_closed_enums_are_warned_about() {
    let folder = Folder::new();
    let path = folder.path().join("contract.proto");
    let old = before(&[
        ("  Mood mood = 5;\n", ""),
        ("  COLOR_GREEN = 1;\n", ""),
        ("  MOOD_ANGRY = 1;\n", ""),
        ("  rpc List(common.v1.Query) returns (stream Person);\n", ""),
    ]);
    std::fs::write(&path, &old).unwrap();
    let behind = contract(&folder, Update::Nothing).check().unwrap_err();
    assert!(behind.message().contains("is behind the code: run this test where `CI` is not set"), "{behind}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), old);

    let kept = contract(&folder, Update::Additions).check().unwrap();
    assert_eq!(kept.written, [path.as_path()]);
    let [warning] = &kept.warnings[..] else { panic!("{kept:?}") };
    assert!(
        warning.starts_with("enum `people.Color` has the new variant `COLOR_GREEN` and no `Unknown(i32)`"),
        "{warning}"
    );
    assert_eq!(contract(&folder, Update::Additions).check().unwrap(), Kept::default());

    // Comments promise nothing.
    std::fs::write(&path, NOW.replace("// Finds one.", "// Finds some.")).unwrap();
    assert_eq!(contract(&folder, Update::Nothing).check().unwrap(), Kept::default());
    assert_eq!(contract(&folder, Update::Additions).check().unwrap().written.len(), 1);

    std::fs::remove_file(&path).unwrap();
    let missing = contract(&folder, Update::Nothing).check().unwrap_err();
    assert!(missing.message().contains("is not there: run this test where"), "{missing}");
}

#[test]
fn a_file_edited_by_hand_is_answered_with_the_line() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("contract.proto"), NOW.replace("age = 2", "age : 2")).unwrap();
    let error = contract(&folder, Update::Everything).check().unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    assert!(
        error.message().contains("contract.proto`, line 21: expected `=`, found `:`: the file is written by"),
        "{error}"
    );
}

#[test]
fn a_folder_has_a_file_for_each_package_and_misses_those_that_go() {
    let folder = Folder::new();
    let contract = |update| Contract::new(folder.path(), "proto").with_packages(["people"]).with_update(update).check();
    let files =
        |names: &[&str]| -> Vec<PathBuf> { names.iter().map(|name| folder.path().join("proto").join(name)).collect() };
    assert_eq!(contract(Update::Additions).unwrap().written, files(&["common/v1.proto", "people.proto"]));
    assert_eq!(contract(Update::Nothing).unwrap(), Kept::default());

    std::fs::write(&files(&["others.proto"])[0], "syntax = \"proto3\"; // of somebody else").unwrap();
    assert_eq!(contract(Update::Nothing).unwrap(), Kept::default());
    let gone = NOW.replace("package people", "package former");
    std::fs::write(&files(&["former.proto"])[0], gone).unwrap();
    let error = contract(Update::Additions).unwrap_err();
    assert!(error.message().contains("service former.People\n    is gone"), "{error}");

    contract(Update::Everything).unwrap();
    assert_eq!(contract(Update::Nothing).unwrap(), Kept::default());

    let common = &files(&["common/v1.proto"])[0];
    let text = std::fs::read_to_string(common).unwrap();
    std::fs::write(common, text.replace("text = 1", "text = 2")).unwrap();
    let error = contract(Update::Additions).unwrap_err();
    assert!(error.message().contains("message common.v1.Query\n    `text` was 2, is now 1"), "{error}");
}

#[test]
fn contracts_that_are_not_there_or_too_many_for_one_file_are_told() {
    let folder = Folder::new();
    let all = Contract::new(folder.path(), "contract.proto").with_update(Update::Nothing);
    let error = all.check().unwrap_err();
    assert!(error.message().contains("are of several packages: `it`, "), "{error}");
    assert!(error.message().contains("`people`"), "{error}");
    assert!(!error.message().contains("grpc"), "{error}");
    let error = all.clone().with_packages(["nobody"]).check().unwrap_err();
    assert!(error.message().contains("no contract of package `nobody` is linked"), "{error}");
    let error = all.with_services([]).check().unwrap_err();
    assert!(error.message().contains("no contract is linked into this test"), "{error}");
    let one = Contract::new(folder.path(), "one.proto").with_services([PeopleServer::new(Nobody).desc()]);
    assert_eq!(one.with_update(Update::Additions).check().unwrap().written.len(), 1);
    let message = Contract::new(folder.path(), "query.proto").with_services([]).with_message::<Query>();
    message.with_update(Update::Additions).check().unwrap();
    assert!(folder.path().join("query.proto").exists());
}
