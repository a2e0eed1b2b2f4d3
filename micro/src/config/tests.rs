//! Structs and enums marked `#[micro::config]`, read and written.

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::fields::read;
use super::value::declared;
use super::*;

/// Greeting of people.
#[micro::config(prefix = "greeter", validate = Greeter::consistent)]
#[derive(Clone, Debug, PartialEq)]
struct Greeter {
    /// Salutation before the name.
    #[config(default = "Hello", env = "SALUTATION", flag = "salutation", validate(length(1..=10), regex("^[A-Z]")))]
    salutation: String,
    #[config(default = Duration::from_secs(2), validate(range("10ms"..="1m")))]
    patience: Duration,
    /// Maximum number of concurrent greetings.
    ///
    /// Others wait.
    #[config(default = 4, validate(range(1..=64), with(even)), reload = "restart")]
    most: u16,
    #[config(default)]
    tone: Tone,
    #[config(default = -0.5)]
    offset: f64,
    #[config(default)]
    pin: Secret<u32>,
    token: Option<Secret<String>>,
    #[config(name = "kind", deprecated = "use `tone`", env("KIND", "OLD_KIND"))]
    r#type: Option<Tone>,
    #[config(default = "info")]
    level: Level,
    #[config(default)]
    limits: Limits,
    #[config(default)]
    peers: Vec<Peer>,
    #[config(default)]
    by_name: BTreeMap<String, Peer>,
    nested: Option<Limits>,
}

impl Greeter {
    fn consistent(&self) -> Result<(), String> {
        match self.limits.letters {
            Some(0) => Err(format!("`{}` does not fit no letters", self.salutation)),
            _ => Ok(()),
        }
    }
}

fn even(number: &u16) -> Result<(), &'static str> {
    if number.is_multiple_of(2) { Ok(()) } else { Err("an even number") }
}

/// Tone of a greeting.
#[micro::config]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Tone {
    /// Informal.
    #[default]
    Friendly,
    StrictlyFormal,
    #[config(name = "none")]
    Silent,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Info,
    Only { target: String },
}

#[micro::config]
#[derive(Clone, Debug, PartialEq)]
struct Limits {
    letters: Option<u32>,
    #[config(default = 3)]
    words: u8,
}

/// A struct without defaults.
#[micro::config]
#[derive(Clone, Debug, PartialEq)]
struct Peer {
    address: std::net::SocketAddr,
    weight: u8,
    #[config(default)]
    limits: Limits,
}

#[micro::config(prefix = "outer.inner")]
struct Outer {
    #[allow(dead_code)]
    peer: Peer,
}

fn file(json: serde_json::Value) -> Node {
    from_json(json, &Origin::new(Layer::File, "app.toml").at_line(3))
}

fn problems<T: Setting>(node: Option<&Node>) -> Vec<String> {
    let (value, reader) = read::<T>("greeter", node);
    assert_eq!(value.is_none(), !reader.problems.is_empty());
    reader.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_set_is_the_declared_defaults() {
    let greeter = read::<Greeter>("greeter", None).0.expect("everything has a default");
    assert_eq!(greeter, Greeter::default());
    assert_eq!(greeter.salutation, "Hello");
    assert_eq!(greeter.patience, Duration::from_secs(2));
    assert_eq!((greeter.most, greeter.tone, greeter.offset), (4, Tone::Friendly, -0.5));
    assert_eq!((greeter.token, greeter.r#type, greeter.level), (None, None, Level::Info));
    assert_eq!(greeter.limits, Limits { letters: None, words: 3 });
    assert_eq!(problems::<Greeter>(Some(&file(json!({})))), Vec::<String>::new());
}

#[test]
fn everything_set_is_read() {
    let node = file(json!({
        "salutation": "Good day",
        "patience": "250ms",
        "most": 64,
        "tone": "strictly-formal",
        "offset": 1,
        "pin": 1234,
        "token": "open sesame",
        "kind": "none",
        "level": {"only": {"target": "greeter"}},
        "limits": {"letters": 7},
        "peers": [{"address": "10.0.0.1:80", "weight": 1, "limits": {"words": 1}}],
        "by_name": {"b": {"address": "[::1]:80", "weight": 2}},
        "nested": {},
    }));
    let (greeter, reader) = read::<Greeter>("greeter", Some(&node));
    let limits = |letters, words| Limits { letters, words };
    let peer = |address: &str, weight, limits| Peer { address: address.parse().unwrap(), weight, limits };
    let expected = Greeter {
        salutation: "Good day".into(),
        patience: Duration::from_millis(250),
        most: 64,
        tone: Tone::StrictlyFormal,
        offset: 1.0,
        pin: Secret::new(1234),
        token: Some(Secret::new("open sesame".into())),
        r#type: Some(Tone::Silent),
        level: Level::Only { target: "greeter".into() },
        limits: limits(Some(7), 3),
        peers: vec![peer("10.0.0.1:80", 1, limits(None, 1))],
        by_name: BTreeMap::from([("b".to_owned(), peer("[::1]:80", 2, limits(None, 3)))]),
        nested: Some(limits(None, 3)),
    };
    assert_eq!(greeter, Some(expected));
    let deprecated: Vec<String> = reader.deprecated.iter().map(ToString::to_string).collect();
    assert_eq!(deprecated, ["`greeter.kind` (app.toml:3) is deprecated: use `tone`"]);
}

#[test]
fn what_is_written_is_read_back() {
    let greeter = Greeter {
        token: Some(Secret::new("open sesame".into())),
        level: Level::Only { target: "greeter".into() },
        peers: vec![Peer { address: "10.0.0.1:80".parse().unwrap(), weight: 1, limits: Limits::default() }],
        ..Greeter::default()
    };
    let node = Node::new(greeter.write(), declared());
    assert_eq!(read::<Greeter>("greeter", Some(&node)).0, Some(greeter));
    let shown = node.to_string();
    assert!(shown.contains("pin = ***") && shown.contains("token = ***") && !shown.contains("sesame"), "{shown}");
}

#[test]
fn all_problems_are_found_at_once() {
    let node = file(json!({
        "salutation": "hello to all of you",
        "patience": "1h",
        "most": 3,
        "tone": "rude",
        "pin": "canary",
        "token": ["canary"],
        "level": "loud",
        "limits": {"letters": -1, "words": 300},
        "peers": [{"weight": 1}, {"address": "here", "weight": 1}],
        "by_name": {"b": {"address": "[::1]:80", "weight": 2, "limits": 7}},
    }));
    assert_eq!(
        problems::<Greeter>(Some(&node)),
        [
            "`greeter.salutation` (app.toml:3) is `hello to all of you`: expected at least 1 and at most 10 characters",
            "`greeter.patience` (app.toml:3) is `1h`: expected at least 10ms and at most 1m",
            "`greeter.most` (app.toml:3) is `3`: expected an even number",
            "`greeter.tone` (app.toml:3) is `rude`: expected `friendly`, `strictly-formal` or `none`",
            "`greeter.pin` (app.toml:3) cannot be used: expected a whole number from 0 to 4294967295",
            "`greeter.token` (app.toml:3) cannot be used: expected text",
            "`greeter.level` (app.toml:3) cannot be used: unknown variant `loud`, expected `info` or `only`",
            "`greeter.limits.letters` (app.toml:3) is `-1`: expected a whole number from 0 to 4294967295",
            "`greeter.limits.words` (app.toml:3) is `300`: expected a whole number from 0 to 255",
            "`greeter.peers[0].address` is not set",
            "`greeter.peers[1].address` (app.toml:3) is `here`: expected an address with a port, like `10.0.0.1:8080`",
            "`greeter.by_name.b.limits` (app.toml:3) is `7`: expected a table",
        ]
    );
    assert_eq!(
        problems::<Outer>(None),
        ["`greeter.peer.address` is not set", "`greeter.peer.weight` is not set"],
        "a struct that is not there says what it lacks"
    );
}

#[test]
fn the_struct_as_a_whole_is_checked_last() {
    let said = problems::<Greeter>(Some(&file(json!({"limits": {"letters": 0}}))));
    assert_eq!(said, ["`greeter` cannot be used: `Hello` does not fit no letters"]);
    let said = problems::<Greeter>(Some(&file(json!({"limits": {"letters": 0}, "most": 0}))));
    assert_eq!(said, ["`greeter.most` (app.toml:3) is `0`: expected at least 1 and at most 64"]);
}

#[test]
fn unknown_keys_are_noted_with_the_nearest() {
    let node = file(json!({"salutaton": "x", "limits": {"word": 1}, "colour": 1}));
    let (greeter, reader) = read::<Greeter>("greeter", Some(&node));
    assert_eq!(greeter, Some(Greeter::default()));
    let unknown: Vec<String> = reader.unknown.iter().map(ToString::to_string).collect();
    assert_eq!(
        unknown,
        [
            "`greeter.colour` (app.toml:3) is not a setting",
            "`greeter.salutaton` (app.toml:3) is not a setting: did you mean `salutation`?",
            "`greeter.limits.word` (app.toml:3) is not a setting: did you mean `words`?",
        ]
    );
}

#[test]
fn secrets_are_shown_nowhere() {
    let greeter =
        Greeter { pin: Secret::new(987_654), token: Some(Secret::new("canary".into())), ..Greeter::default() };
    let shown = format!("{greeter:?}");
    assert!(shown.contains("pin: ***") && shown.contains("token: Some(***)"), "{shown}");
    assert!(shown.contains("salutation: \"Hello\"") && shown.contains("type: None"), "{shown}");
    let secret: Vec<&str> = Greeter::DESC.fields.iter().filter(|field| field.secret).map(|field| field.name).collect();
    assert_eq!(secret, ["pin", "token"], "both by their type");
    const { assert!(<Vec<Secret<u8>>>::SECRET && <HashMap<String, Secret<u8>>>::SECRET && !<Vec<u8>>::SECRET) };
}

#[test]
fn a_section_describes_itself() {
    let desc = Greeter::DESC;
    assert_eq!((desc.name, desc.prefix, desc.doc), ("Greeter", "greeter", "Greeting of people."));
    assert!(desc.declared.contains("tests.rs:"), "{}", desc.declared);
    let field = |name: &str| desc.fields.iter().find(|field| field.name == name).expect(name);
    assert_eq!(field("salutation").doc, "Salutation before the name.");
    assert_eq!(field("most").doc, "Maximum number of concurrent greetings.\n\nOthers wait.");
    assert_eq!((field("salutation").env, field("salutation").flag), (&["SALUTATION"][..], Some("salutation")));
    assert_eq!(field("kind").env, ["KIND", "OLD_KIND"]);
    assert_eq!((field("most").reload, field("tone").reload), (Reload::Restart, Reload::Live));
    assert_eq!(field("kind").deprecated, Some("use `tone`"));
    assert_eq!((field("tone").kind)().placeholder(), "friendly|strictly-formal|none");
    assert!(matches!((field("level").kind)(), Kind::Any));
    assert!(matches!((field("limits").kind)(), Kind::Section([letters, _]) if letters.name == "letters"));
    assert_eq!(field("patience").default_node().unwrap().to_string(), "\"2s\"");
    assert_eq!(field("pin").default_node().unwrap().to_string(), "***");
    assert!(field("token").default_node().is_none());
    let Kind::Choice([friendly, ..]) = Tone::kind() else { panic!("an enum is a choice") };
    assert_eq!((friendly.name, friendly.doc), ("friendly", "Informal."));
}

#[test]
fn sections_are_found_at_link_time() {
    let entry = inventory::iter::<SectionEntry>
        .into_iter()
        .find(|entry| (entry.config)() == TypeId::of::<Config<Outer>>())
        .expect("written by the attribute");
    assert_eq!(entry.desc.prefix, "outer.inner");
}

#[test]
#[should_panic(expected = "cannot be used: `x` is `http`: expected a whole number")]
fn a_default_that_is_none_panics_where_it_is_asked_for() {
    /// An alias, which the attribute cannot resolve.
    type Port = u16;

    #[micro::config]
    #[derive(Debug)]
    struct Wrong {
        #[config(default = "http")]
        x: Port,
    }

    Wrong::default();
}
