//! Messages with every type a field can have.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use micro::message::{Adapter, UnknownFields};
use serde_json::Value as Json;

/// A part of others.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
pub struct Child {
    /// What it is called.
    pub name: String,
    pub n: i64,
    pub tags: Vec<String>,
    pub first_name: Option<String>,
}

#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: u32,
    pub next: Option<Box<Self>>,
    pub children: Vec<Node>,
}

#[micro::message(package = "tests")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Color {
    Red,
    Green,
    #[message(tag = -5)]
    Blue,
    Unknown(i32),
}

#[micro::message(package = "tests")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    Low = 1,
    High,
}

#[micro::message(package = "tests")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mood {
    #[message(default)]
    Calm = 3,
    Angry = 4,
}

/// Required, and without an empty value.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    Text(String),
    Data(Bytes),
    Child(Child),
    Nothing,
    Count(u8),
    Level(Level),
    Json(Json),
    Deep(Box<Node>),
}

#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::enum_variant_names, reason = "its variants are fields of other messages, which need other names")]
pub enum Body {
    BodyText(String),
    BodyChild(Child),
    BodyNumber(#[message(sint)] i32),
    BodyColor(Color),
    BodyNothing,
    BodyJson(Json),
}

#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::enum_variant_names, reason = "its variants are fields of other messages, which need other names")]
pub enum Choice {
    ChoiceText(String),
    ChoiceTime(SystemTime),
    #[message(default)]
    NoChoice,
}

/// Variants with named fields are messages of their own.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// Round.
    Circle {
        radius: f64,
        /// Where it is.
        center: Option<Child>,
    },
    Path {
        #[message(tag = 2, sint)]
        steps: Vec<i32>,
        #[message(oneof(5, 6, 7))]
        choice: Choice,
        #[message(tag = 1)]
        inside: Option<Box<Self>>,
        #[message(unknown)]
        rest: UnknownFields,
    },
    Blank {},
    #[message(default)]
    Nothing,
}

/// A type of another crate, as far as messages are concerned.
#[derive(Clone, Debug, PartialEq)]
pub struct Celsius(pub f64);

pub struct AsMillis;

impl Adapter for AsMillis {
    type Foreign = Celsius;
    type Carrier = i64;

    fn carry(value: &Celsius) -> i64 {
        (value.0 * 1000.0) as i64
    }

    fn restore(millis: i64) -> Result<Celsius, String> {
        if millis < -273_150 {
            return Err(format!("{millis} is below absolute zero"));
        }
        Ok(Celsius(millis as f64 / 1000.0))
    }
}

#[micro::message(package = "tests", reserved(1000, 1002..=1005, "old"))]
#[derive(Clone, Debug, PartialEq)]
pub struct Everything {
    #[message(tag = 1)]
    pub i8: i8,
    #[message(tag = 2)]
    pub i16: i16,
    #[message(tag = 3)]
    pub i32: i32,
    #[message(tag = 4)]
    pub i64: i64,
    #[message(tag = 5)]
    pub u8: u8,
    #[message(tag = 6)]
    pub u16: u16,
    #[message(tag = 7)]
    pub u32: u32,
    #[message(tag = 8)]
    pub u64: u64,
    #[message(tag = 9)]
    pub f32: f32,
    #[message(tag = 10)]
    pub f64: f64,
    #[message(tag = 11)]
    pub bool: bool,
    #[message(tag = 12)]
    pub string: String,
    #[message(tag = 13)]
    pub bytes: Bytes,
    #[message(tag = 14)]
    pub vec_u8: Vec<u8>,

    #[message(tag = 15, sint)]
    pub sint32: i32,
    #[message(tag = 16, sint)]
    pub sint64: i64,
    #[message(tag = 17, fixed)]
    pub fixed32: u32,
    #[message(tag = 18, fixed)]
    pub fixed64: u64,
    #[message(tag = 19, fixed)]
    pub sfixed32: i32,
    #[message(tag = 20, fixed)]
    pub sfixed64: i64,

    #[message(tag = 21)]
    pub maybe_u32: Option<u32>,
    #[message(tag = 22)]
    pub maybe_bool: Option<bool>,
    #[message(tag = 23)]
    pub maybe_string: Option<String>,
    #[message(tag = 24)]
    pub maybe_bytes: Option<Vec<u8>>,
    #[message(tag = 25)]
    pub maybe_f64: Option<f64>,
    #[message(tag = 26)]
    pub maybe_u8: Option<u8>,
    #[message(tag = 27, sint)]
    pub maybe_sint: Option<i64>,

    #[message(tag = 28)]
    pub list_i32: Vec<i32>,
    #[message(tag = 29, sint)]
    pub list_sint: Vec<i32>,
    #[message(tag = 30, fixed)]
    pub list_fixed: Vec<u64>,
    #[message(tag = 31, unpacked)]
    pub list_unpacked: Vec<u32>,
    #[message(tag = 32)]
    pub list_string: Vec<String>,
    #[message(tag = 33)]
    pub list_vec: Vec<Vec<u8>>,
    #[message(tag = 34)]
    pub list_bytes: Vec<Bytes>,
    #[message(tag = 35)]
    pub list_bool: Vec<bool>,
    #[message(tag = 36)]
    pub list_f32: Vec<f32>,
    #[message(tag = 37)]
    pub list_u16: Vec<u16>,

    #[message(tag = 38)]
    pub map_string: HashMap<String, i64>,
    #[message(tag = 39)]
    pub map_child: BTreeMap<i32, Child>,
    #[message(tag = 40)]
    pub map_bytes: HashMap<u8, Vec<u8>>,
    #[message(tag = 41)]
    pub map_color: BTreeMap<bool, Color>,
    #[message(tag = 42, key(sint), value(fixed))]
    pub map_encoded: HashMap<i64, i32>,
    #[message(tag = 43)]
    pub map_payload: BTreeMap<String, Payload>,
    #[message(tag = 44)]
    pub map_time: BTreeMap<u64, SystemTime>,

    #[message(tag = 45)]
    pub child: Child,
    #[message(tag = 46)]
    pub maybe_child: Option<Child>,
    #[message(tag = 47)]
    pub children: Vec<Child>,
    #[message(tag = 48)]
    pub node: Node,
    #[message(tag = 49)]
    pub boxed: Box<Child>,
    #[message(tag = 50)]
    pub color: Color,
    #[message(tag = 51)]
    pub level: Level,
    #[message(tag = 52)]
    pub maybe_level: Option<Level>,
    #[message(tag = 53)]
    pub list_color: Vec<Color>,
    #[message(tag = 54)]
    pub list_level: Vec<Level>,
    #[message(tag = 55)]
    pub payload: Payload,
    #[message(tag = 56)]
    pub maybe_payload: Option<Payload>,
    #[message(tag = 57)]
    pub list_payload: Vec<Payload>,
    #[message(tag = 58)]
    pub mood: Mood,

    #[message(oneof(70, 71, 72, 73, 74, 75))]
    pub body: Option<Body>,
    #[message(oneof(80, 82, 81))]
    pub choice: Choice,

    #[message(tag = 90)]
    pub duration: Duration,
    #[message(tag = 91)]
    pub maybe_duration: Option<Duration>,
    #[message(tag = 92)]
    pub time: SystemTime,
    #[message(tag = 93)]
    pub list_time: Vec<SystemTime>,
    #[message(tag = 94)]
    pub json_value: Json,
    #[message(tag = 95)]
    pub maybe_json: Option<Json>,
    #[message(tag = 96, json = "customName")]
    pub snake_case_name: u32,
    #[message(tag = 97)]
    pub r#type: String,
    #[message(tag = 98)]
    pub unit: (),
    #[message(tag = 99)]
    pub maybe_unit: Option<()>,

    #[message(tag = 100, with = AsMillis)]
    pub celsius: Celsius,
    #[message(tag = 101, with = AsMillis)]
    pub maybe_celsius: Option<Celsius>,
    #[message(tag = 102, with = AsMillis)]
    pub list_celsius: Vec<Celsius>,
    #[message(tag = 103, value(with = AsMillis))]
    pub map_celsius: BTreeMap<String, Celsius>,
    #[message(tag = 104)]
    pub drawing: Drawing,
    #[message(tag = 105)]
    pub list_drawing: Vec<Drawing>,
    #[message(tag = 536_870_911)]
    pub last: bool,
}

/// A program that knows less than its peers.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
pub struct Old {
    #[message(tag = 3)]
    pub i32: i32,
    #[message(unknown)]
    pub unknown: UnknownFields,
}

/// Requires itself, so no value of it can be.
#[micro::message(package = "tests")]
#[derive(Clone, Debug, PartialEq)]
pub struct Endless {
    pub again: Box<Endless>,
}
