//! Values of every type, from a seed: mostly small, with the edges often.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use micro::message::UnknownFields;
use serde_json::Value as Json;

use crate::declared::*;

/// A row of numbers that looks random (SplitMix64), and how deep we are in a value.
pub struct Dice {
    state: u64,
    depth: u32,
}

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice { state: seed, depth: 0 }
    }

    pub fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    /// The length of a list, shorter deeper down.
    fn length(&mut self) -> u64 {
        if self.depth > 4 { 0 } else { self.below(4) }
    }

    /// A value inside another.
    fn inner<T: Arbitrary>(&mut self) -> T {
        self.depth += 1;
        let value = T::arbitrary(self);
        self.depth -= 1;
        value
    }
}

pub trait Arbitrary: Sized {
    fn arbitrary(dice: &mut Dice) -> Self;
}

macro_rules! integers {
    ($($rust:ty)*) => {$(
        impl Arbitrary for $rust {
            fn arbitrary(dice: &mut Dice) -> Self {
                match dice.below(6) {
                    0 => 0,
                    1 => <$rust>::MAX,
                    2 => <$rust>::MIN,
                    3 => 1,
                    4 => (dice.roll() & 0x7f) as $rust,
                    _ => dice.roll() as $rust,
                }
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 u8 u16 u32 u64);

impl Arbitrary for bool {
    fn arbitrary(dice: &mut Dice) -> Self {
        dice.below(2) == 1
    }
}

impl Arbitrary for f64 {
    fn arbitrary(dice: &mut Dice) -> Self {
        let bits = f64::from_bits(dice.roll());
        // NaN does not equal itself, so it has a test of its own.
        [0.0, -0.0, f64::INFINITY, 1.5, f64::MIN_POSITIVE, 1e15, if bits.is_nan() { 0.1 } else { bits }]
            [dice.below(7) as usize]
    }
}

impl Arbitrary for f32 {
    fn arbitrary(dice: &mut Dice) -> Self {
        let bits = f32::from_bits(dice.roll() as u32);
        // prost-reflect refuses `f32::MAX` in JSON.
        let bits = if bits.is_nan() || bits.abs() > 3.0e38 { 0.1 } else { bits };
        [0.0, -0.0, f32::NEG_INFINITY, 1.5, bits][dice.below(5) as usize]
    }
}

impl Arbitrary for String {
    fn arbitrary(dice: &mut Dice) -> Self {
        let letters = ['a', '"', '\\', '\n', 'é', '😀', '\u{1}', ' ', '\u{2028}', '<', '\u{7f}', '/'];
        (0..dice.below(6)).map(|_| letters[dice.below(12) as usize]).collect()
    }
}

impl Arbitrary for Vec<u8> {
    fn arbitrary(dice: &mut Dice) -> Self {
        let length = [0, 1, 2, 3, 200][dice.below(5) as usize];
        (0..length).map(|_| dice.roll() as u8).collect()
    }
}

impl Arbitrary for Bytes {
    fn arbitrary(dice: &mut Dice) -> Self {
        <Vec<u8>>::arbitrary(dice).into()
    }
}

impl Arbitrary for () {
    fn arbitrary(_: &mut Dice) -> Self {}
}

macro_rules! lists {
    ($($rust:ty)*) => {$(
        impl Arbitrary for Vec<$rust> {
            fn arbitrary(dice: &mut Dice) -> Self {
                (0..dice.length()).map(|_| dice.inner()).collect()
            }
        }
    )*};
}

// Not for all `T`: a `Vec<u8>` is bytes.
lists!(i32 u64 u32 u16 f32 bool String Vec<u8> Bytes Child Node Color Level Payload SystemTime Celsius Drawing);

impl<T: Arbitrary> Arbitrary for Option<T> {
    fn arbitrary(dice: &mut Dice) -> Self {
        (dice.depth < 5 && dice.below(2) == 0).then(|| dice.inner())
    }
}

impl<T: Arbitrary> Arbitrary for Box<T> {
    fn arbitrary(dice: &mut Dice) -> Self {
        Box::new(T::arbitrary(dice))
    }
}

impl<K: Arbitrary + Ord, V: Arbitrary> Arbitrary for BTreeMap<K, V> {
    fn arbitrary(dice: &mut Dice) -> Self {
        (0..dice.length()).map(|_| (dice.inner(), dice.inner())).collect()
    }
}

impl<K: Arbitrary + Eq + Hash, V: Arbitrary> Arbitrary for HashMap<K, V> {
    fn arbitrary(dice: &mut Dice) -> Self {
        (0..dice.length()).map(|_| (dice.inner(), dice.inner())).collect()
    }
}

impl Arbitrary for Duration {
    fn arbitrary(dice: &mut Dice) -> Self {
        // Up to 9 × 10^9 seconds, so that all of them fit 64-bit nanoseconds.
        let seconds = if bool::arbitrary(dice) { dice.below(9_000_000_000) } else { dice.below(100) };
        Duration::new(seconds, [0, 1, 1_000, 500_000_000, 999_999_999][dice.below(5) as usize])
    }
}

impl Arbitrary for SystemTime {
    fn arbitrary(dice: &mut Dice) -> Self {
        let distance = Duration::arbitrary(dice);
        if bool::arbitrary(dice) { UNIX_EPOCH + distance } else { UNIX_EPOCH - distance }
    }
}

impl Arbitrary for Json {
    fn arbitrary(dice: &mut Dice) -> Self {
        match dice.below(if dice.depth > 4 { 5 } else { 7 }) {
            0 => Json::Null,
            1 => bool::arbitrary(dice).into(),
            // Over protobuf numbers are doubles, which have 53 bits.
            2 => ((dice.roll() >> 12) as i64 - (1 << 51)).into(),
            3 => (dice.below(1000) as f64 + 0.5).into(),
            4 => String::arbitrary(dice).into(),
            5 => (0..dice.length()).map(|_| dice.inner::<Json>()).collect(),
            _ => (0..dice.length()).map(|_| (dice.inner::<String>(), dice.inner::<Json>())).collect(),
        }
    }
}

impl Arbitrary for Celsius {
    fn arbitrary(dice: &mut Dice) -> Self {
        Celsius(dice.below(1000) as f64)
    }
}

/// Values of a struct or enum: every field, or one of the variants.
macro_rules! arbitrary {
    (struct $name:ident { $($field:ident)* }) => {
        impl Arbitrary for $name {
            fn arbitrary(dice: &mut Dice) -> Self {
                $name { $($field: dice.inner()),* }
            }
        }
    };
    (enum $name:ident { $($number:literal => $variant:expr,)* }) => {
        impl Arbitrary for $name {
            fn arbitrary(dice: &mut Dice) -> Self {
                use $name::*;
                let variants: &[fn(&mut Dice) -> $name] = &[$($variant),*];
                variants[dice.below(variants.len() as u64) as usize](dice)
            }
        }
    };
}

arbitrary!(struct Child { name n tags first_name });
arbitrary!(struct Node { value next children });
arbitrary!(enum Color { 0 => |_| Red, 1 => |_| Green, 2 => |_| Blue, 3 => |dice| Unknown(70 + dice.below(5) as i32), });
arbitrary!(enum Level { 0 => |_| Low, 1 => |_| High, });
arbitrary!(enum Mood { 0 => |_| Calm, 1 => |_| Angry, });
arbitrary!(enum Payload {
    0 => |dice| Text(dice.inner()),
    1 => |dice| Data(dice.inner()),
    2 => |dice| Child(dice.inner()),
    3 => |_| Nothing,
    4 => |dice| Count(dice.inner()),
    5 => |dice| Level(dice.inner()),
    6 => |dice| Json(dice.inner()),
    7 => |dice| Deep(dice.inner()),
});
arbitrary!(enum Body {
    0 => |dice| BodyText(dice.inner()),
    1 => |dice| BodyChild(dice.inner()),
    2 => |dice| BodyNumber(dice.inner()),
    3 => |dice| BodyColor(dice.inner()),
    4 => |_| BodyNothing,
    5 => |dice| BodyJson(dice.inner()),
});
arbitrary!(enum Choice {
    0 => |dice| ChoiceText(dice.inner()),
    1 => |dice| ChoiceTime(dice.inner()),
    2 => |_| NoChoice,
});
arbitrary!(enum Drawing {
    0 => |dice| Circle { radius: dice.inner(), center: dice.inner() },
    1 => |dice| Path {
        steps: dice.inner(), choice: dice.inner(), inside: dice.inner(), rest: UnknownFields::default(),
    },
    2 => |_| Blank {},
    3 => |_| Nothing,
});
arbitrary!(struct Everything {
    i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 bool string bytes vec_u8
    sint32 sint64 fixed32 fixed64 sfixed32 sfixed64
    maybe_u32 maybe_bool maybe_string maybe_bytes maybe_f64 maybe_u8 maybe_sint
    list_i32 list_sint list_fixed list_unpacked list_string list_vec list_bytes list_bool list_f32 list_u16
    map_string map_child map_bytes map_color map_encoded map_payload map_time
    child maybe_child children node boxed color level maybe_level list_color list_level
    payload maybe_payload list_payload mood body choice
    duration maybe_duration time list_time json_value maybe_json snake_case_name r#type unit maybe_unit
    celsius maybe_celsius list_celsius map_celsius drawing list_drawing last
});
