use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;
use crate::config::value::from_json;
use crate::config::{Layer, Origin, Secret, fields};

fn file(json: serde_json::Value) -> Node {
    from_json(json, &Origin::new(Layer::File, "app.toml").at_line(3))
}

fn variable(text: &str) -> Node {
    Node::new(Value::Text(text.into()), Origin::new(Layer::Environment, "GREETER_X"))
}

fn as_read<T>(driver: FieldFns<T>, node: &Node) -> Result<T, Vec<String>> {
    let mut reader = Reader::new("greeter.x");
    let value = (driver.read)(node, &mut reader);
    value.ok_or_else(|| reader.problems.iter().map(ToString::to_string).collect())
}

fn back_and_forth<T: PartialEq + Debug>(driver: FieldFns<T>, values: impl IntoIterator<Item = T>) {
    for value in values {
        let node = Node::new((driver.write)(&value), crate::config::value::declared());
        assert_eq!(as_read(driver_again(&driver), &node), Ok(value));
    }
}

fn driver_again<T>(driver: &FieldFns<T>) -> FieldFns<T> {
    FieldFns { ..*driver }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Dot,
    Box { width: u32, height: u32 },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Foreign {
    shapes: Vec<Shape>,
    limit: Option<u8>,
    on: bool,
}

#[test]
fn what_is_written_is_read_back() {
    back_and_forth(FieldCodec::<u8>::driver(), [0, 255]);
    back_and_forth(FieldCodec::<i64>::driver(), [i64::MIN, 0, i64::MAX]);
    back_and_forth(FieldCodec::<u64>::driver(), [u64::MAX]);
    back_and_forth(FieldCodec::<f64>::driver(), [0.0, 0.1, -1e300]);
    back_and_forth(FieldCodec::<f32>::driver(), [0.1, 3.0]);
    back_and_forth(FieldCodec::<bool>::driver(), [true, false]);
    back_and_forth(FieldCodec::<char>::driver(), ['ä']);
    back_and_forth(FieldCodec::<String>::driver(), [String::new(), "a,b=c".into()]);
    back_and_forth(
        FieldCodec::<Duration>::driver(),
        [Duration::ZERO, Duration::from_micros(15), Duration::from_secs(90)],
    );
    back_and_forth(FieldCodec::<SocketAddr>::driver(), ["[::1]:80".parse().unwrap()]);
    back_and_forth(FieldCodec::<Option<Duration>>::driver(), [None, Some(Duration::from_secs(1))]);
    back_and_forth(FieldCodec::<Vec<Vec<u8>>>::driver(), [vec![], vec![vec![1, 2], vec![]]]);
    back_and_forth(FieldCodec::<BTreeSet<String>>::driver(), [BTreeSet::from(["a".to_owned()])]);
    back_and_forth(FieldCodec::<BTreeMap<String, u8>>::driver(), [BTreeMap::from([("a.b".to_owned(), 1)])]);
    back_and_forth(FieldCodec::<Secret<String>>::driver(), [Secret::new("x".to_owned())]);
    let shapes = || vec![Shape::Dot, Shape::Box { width: 1, height: 2 }];
    back_and_forth(FieldCodec::<Vec<Shape>>::driver(), [shapes()]);
    back_and_forth(FieldCodec::<Foreign>::driver(), [Foreign { shapes: shapes(), limit: None, on: true }]);
}

#[test]
fn text_of_the_environment_is_whatever_is_expected() {
    assert_eq!(as_read(FieldCodec::<u16>::driver(), &variable(" 8_080 ")), Ok(8080));
    assert_eq!(as_read(FieldCodec::<bool>::driver(), &variable("off")), Ok(false));
    assert_eq!(as_read(FieldCodec::<Duration>::driver(), &variable("60")), Ok(Duration::from_secs(60)));
    assert_eq!(as_read(FieldCodec::<Option<u8>>::driver(), &variable("")), Ok(None));
    assert_eq!(as_read(FieldCodec::<Vec<u8>>::driver(), &variable("1, 2,,3")), Ok(vec![1, 2, 3]));
    assert_eq!(as_read(FieldCodec::<Vec<u8>>::driver(), &variable("[1, 2]")), Ok(vec![1, 2]));
    let map = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!(as_read(FieldCodec::<BTreeMap<String, u8>>::driver(), &variable("a=1,b=2")), Ok(map.clone()));
    assert_eq!(as_read(FieldCodec::<BTreeMap<String, u8>>::driver(), &variable(r#"{"a": 1, "b": 2}"#)), Ok(map));
    assert_eq!(as_read(FieldCodec::<Shape>::driver(), &variable("dot")), Ok(Shape::Dot));
    let foreign = r#"{"shapes": [{"box": {"width": 1, "height": 2}}], "limit": 3, "on": true}"#;
    let expected = Foreign { shapes: vec![Shape::Box { width: 1, height: 2 }], limit: Some(3), on: true };
    assert_eq!(as_read(FieldCodec::<Foreign>::driver(), &variable(foreign)), Ok(expected));
    let expected = Foreign { shapes: vec![Shape::Dot], limit: None, on: true };
    assert_eq!(as_read(FieldCodec::<Foreign>::driver(), &variable("shapes=dot,on=yes")), Ok(expected));
}

#[test]
fn text_of_a_file_stays_text() {
    assert_eq!(as_read(FieldCodec::<String>::driver(), &file(json!("8080"))), Ok("8080".into()));
    let refused = as_read(FieldCodec::<u16>::driver(), &file(json!("8080")));
    assert_eq!(refused.unwrap_err(), ["`greeter.x` (app.toml:3) is `8080`: expected a whole number from 0 to 65535"]);
}

#[test]
fn every_problem_is_found_where_it_is() {
    let refused = as_read(FieldCodec::<Vec<u8>>::driver(), &variable("1,two,300"));
    let expected = "expected a whole number from 0 to 255";
    assert_eq!(
        refused.unwrap_err(),
        [format!("`GREETER_X` is `two`: {expected}"), format!("`GREETER_X` is `300`: {expected}")]
    );
    let refused = as_read(FieldCodec::<BTreeMap<String, u8>>::driver(), &file(json!({"a": -1, "b.c": [1], "d": 1})));
    assert_eq!(
        refused.unwrap_err(),
        [
            format!("`greeter.x.a` (app.toml:3) is `-1`: {expected}"),
            format!("`greeter.x.\"b.c\"` (app.toml:3) is a list: {expected}"),
        ]
    );
    let refused = as_read(FieldCodec::<Foreign>::driver(), &file(json!({"shapes": ["dot", "ring"], "on": true})));
    assert_eq!(
        refused.unwrap_err(),
        ["`greeter.x.shapes[1]` (app.toml:3) cannot be used: unknown variant `ring`, expected `dot` or `box`"]
    );
}

#[test]
fn what_is_wrong_with_a_secret_says_nothing_of_it() {
    let refused = |problems: Vec<String>| assert!(!problems.join("\n").contains("canary"), "{problems:?}");
    refused(as_read(FieldCodec::<Secret<u16>>::driver(), &file(json!("canary"))).unwrap_err());
    refused(as_read(FieldCodec::<u16>::driver(), &file(json!("canary")).secret()).unwrap_err());
    refused(as_read(FieldCodec::<Shape>::driver(), &file(json!("canary")).secret()).unwrap_err());
    assert!(!format!("{:?} {:?}", file(json!({"a": "canary"})).secret(), Value::from("canary")).contains("canary"));
}

#[test]
fn absence_is_a_problem_unless_there_is_a_word_for_it() {
    let absent = |absent: fn(&mut Reader) -> bool| {
        let mut reader = Reader::new("greeter.x");
        absent(&mut reader).then_some(()).ok_or_else(|| reader.problems.iter().map(ToString::to_string).collect())
    };
    let missing: Result<(), Vec<String>> = Err(vec!["`greeter.x` is not set".into()]);
    assert_eq!(absent(|reader| (FieldCodec::<u8>::driver().absent)(reader).is_some()), missing);
    assert_eq!(absent(|reader| (FieldCodec::<Shape>::driver().absent)(reader).is_some()), missing);
    assert_eq!(absent(|reader| (FieldCodec::<Option<u8>>::driver().absent)(reader) == Some(None)), Ok(()));
    assert_eq!(absent(|reader| (FieldCodec::<Option<Shape>>::driver().absent)(reader) == Some(None)), Ok(()));
    assert_eq!(fields::read::<Option<u8>>("a", None).0, Some(None));
}
