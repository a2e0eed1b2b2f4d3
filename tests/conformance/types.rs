//! The messages of protobuf's conformance suite, as one would declare them by hand.

use std::collections::HashMap;

use micro::message::UnknownFields;
use micro::message::well_known::{Any, FieldMask, ListValue, NullValue, ProtoDuration, Struct, Timestamp, Value};
use micro::message::well_known::{BoolValue, BytesValue, DoubleValue, FloatValue, Int32Value, Int64Value};
use micro::message::well_known::{StringValue, UInt32Value, UInt64Value};

// ---- What the runner and a testee say to one another ----

/// What the testee is to do.
#[micro::message(package = "conformance")]
pub struct ConformanceRequest {
    #[message(oneof(1, 2, 7, 8))]
    pub payload: Option<Payload>,
    #[message(tag = 3)]
    pub requested_output_format: WireFormat,
    #[message(tag = 4)]
    pub message_type: String,
    #[message(tag = 5)]
    pub test_category: TestCategory,
}

#[micro::message(package = "conformance")]
pub enum Payload {
    #[message(name = "protobuf_payload")]
    Protobuf(Vec<u8>),
    #[message(name = "json_payload")]
    Json(String),
    #[message(name = "jspb_payload")]
    Jspb(String),
    #[message(name = "text_payload")]
    Text(String),
}

#[micro::message(package = "conformance")]
pub enum WireFormat {
    Unspecified,
    Protobuf,
    Json,
    Jspb,
    TextFormat,
    Unknown(i32),
}

#[micro::message(package = "conformance")]
pub enum TestCategory {
    Unspecified,
    Binary,
    Json,
    JsonIgnoreUnknownParsing,
    Jspb,
    TextFormat,
    Unknown(i32),
}

/// What came of it.
#[micro::message(package = "conformance")]
pub struct ConformanceResponse {
    #[message(oneof(1, 6, 3, 4, 5))]
    pub result: Outcome,
}

#[micro::message(package = "conformance")]
pub enum Outcome {
    ParseError(String),
    SerializeError(String),
    ProtobufPayload(Vec<u8>),
    JsonPayload(String),
    Skipped(String),
}

// ---- What they say it about ----

#[micro::message(package = "protobuf_test_messages.proto3.TestAllTypesProto3")]
#[derive(Clone, Debug, PartialEq)]
pub struct NestedMessage {
    #[message(tag = 1)]
    pub a: i32,
    #[message(tag = 2)]
    pub corecursive: Option<Box<TestAllTypesProto3>>,
    #[message(unknown)]
    pub unknown: UnknownFields,
}

#[micro::message(package = "protobuf_test_messages.proto3")]
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignMessage {
    #[message(tag = 1)]
    pub c: i32,
    #[message(unknown)]
    pub unknown: UnknownFields,
}

#[micro::message(package = "protobuf_test_messages.proto3.TestAllTypesProto3")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NestedEnum {
    #[message(name = "FOO")]
    Foo,
    #[message(name = "BAR")]
    Bar,
    #[message(name = "BAZ")]
    Baz,
    #[message(name = "NEG", tag = -1)]
    Neg,
    Unknown(i32),
}

#[micro::message(package = "protobuf_test_messages.proto3.TestAllTypesProto3")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AliasedEnum {
    #[message(name = "ALIAS_FOO")]
    Foo,
    #[message(name = "ALIAS_BAR")]
    Bar,
    #[message(name = "ALIAS_BAZ", aliases("MOO", "moo", "bAz"))]
    Baz,
    Unknown(i32),
}

#[micro::message(package = "protobuf_test_messages.proto3")]
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ForeignEnum {
    #[message(name = "FOREIGN_FOO")]
    Foo,
    #[message(name = "FOREIGN_BAR")]
    Bar,
    #[message(name = "FOREIGN_BAZ")]
    Baz,
    Unknown(i32),
}

/// One of them.
#[micro::message(package = "protobuf_test_messages.proto3.TestAllTypesProto3")]
#[derive(Clone, Debug, PartialEq)]
pub enum OneofField {
    OneofUint32(u32),
    OneofNestedMessage(NestedMessage),
    OneofString(String),
    OneofBytes(Vec<u8>),
    OneofBool(bool),
    OneofUint64(u64),
    OneofFloat(f32),
    OneofDouble(f64),
    OneofEnum(NestedEnum),
    OneofNullValue(NullValue),
}

/// Every type of field, in every way it can be written.
#[micro::message(package = "protobuf_test_messages.proto3", reserved(501..=510, 999_999, "reserved_field"))]
#[derive(Clone, Debug, PartialEq)]
pub struct TestAllTypesProto3 {
    // Single values.
    #[message(tag = 1)]
    pub optional_int32: i32,
    #[message(tag = 2)]
    pub optional_int64: i64,
    #[message(tag = 3)]
    pub optional_uint32: u32,
    #[message(tag = 4)]
    pub optional_uint64: u64,
    #[message(tag = 5, sint)]
    pub optional_sint32: i32,
    #[message(tag = 6, sint)]
    pub optional_sint64: i64,
    #[message(tag = 7, fixed)]
    pub optional_fixed32: u32,
    #[message(tag = 8, fixed)]
    pub optional_fixed64: u64,
    #[message(tag = 9, fixed)]
    pub optional_sfixed32: i32,
    #[message(tag = 10, fixed)]
    pub optional_sfixed64: i64,
    #[message(tag = 11)]
    pub optional_float: f32,
    #[message(tag = 12)]
    pub optional_double: f64,
    #[message(tag = 13)]
    pub optional_bool: bool,
    #[message(tag = 14)]
    pub optional_string: String,
    #[message(tag = 15)]
    pub optional_bytes: Vec<u8>,
    #[message(tag = 18)]
    pub optional_nested_message: Option<NestedMessage>,
    #[message(tag = 19)]
    pub optional_foreign_message: Option<ForeignMessage>,
    #[message(tag = 21)]
    pub optional_nested_enum: NestedEnum,
    #[message(tag = 22)]
    pub optional_foreign_enum: ForeignEnum,
    #[message(tag = 23)]
    pub optional_aliased_enum: AliasedEnum,
    #[message(tag = 24)]
    pub optional_string_piece: String,
    #[message(tag = 25)]
    pub optional_cord: String,
    #[message(tag = 27)]
    pub recursive_message: Option<Box<TestAllTypesProto3>>,

    // Lists.
    #[message(tag = 31)]
    pub repeated_int32: Vec<i32>,
    #[message(tag = 32)]
    pub repeated_int64: Vec<i64>,
    #[message(tag = 33)]
    pub repeated_uint32: Vec<u32>,
    #[message(tag = 34)]
    pub repeated_uint64: Vec<u64>,
    #[message(tag = 35, sint)]
    pub repeated_sint32: Vec<i32>,
    #[message(tag = 36, sint)]
    pub repeated_sint64: Vec<i64>,
    #[message(tag = 37, fixed)]
    pub repeated_fixed32: Vec<u32>,
    #[message(tag = 38, fixed)]
    pub repeated_fixed64: Vec<u64>,
    #[message(tag = 39, fixed)]
    pub repeated_sfixed32: Vec<i32>,
    #[message(tag = 40, fixed)]
    pub repeated_sfixed64: Vec<i64>,
    #[message(tag = 41)]
    pub repeated_float: Vec<f32>,
    #[message(tag = 42)]
    pub repeated_double: Vec<f64>,
    #[message(tag = 43)]
    pub repeated_bool: Vec<bool>,
    #[message(tag = 44)]
    pub repeated_string: Vec<String>,
    #[message(tag = 45)]
    pub repeated_bytes: Vec<Vec<u8>>,
    #[message(tag = 48)]
    pub repeated_nested_message: Vec<NestedMessage>,
    #[message(tag = 49)]
    pub repeated_foreign_message: Vec<ForeignMessage>,
    #[message(tag = 51)]
    pub repeated_nested_enum: Vec<NestedEnum>,
    #[message(tag = 52)]
    pub repeated_foreign_enum: Vec<ForeignEnum>,
    #[message(tag = 54)]
    pub repeated_string_piece: Vec<String>,
    #[message(tag = 55)]
    pub repeated_cord: Vec<String>,

    // Lists that are packed.
    #[message(tag = 75)]
    pub packed_int32: Vec<i32>,
    #[message(tag = 76)]
    pub packed_int64: Vec<i64>,
    #[message(tag = 77)]
    pub packed_uint32: Vec<u32>,
    #[message(tag = 78)]
    pub packed_uint64: Vec<u64>,
    #[message(tag = 79, sint)]
    pub packed_sint32: Vec<i32>,
    #[message(tag = 80, sint)]
    pub packed_sint64: Vec<i64>,
    #[message(tag = 81, fixed)]
    pub packed_fixed32: Vec<u32>,
    #[message(tag = 82, fixed)]
    pub packed_fixed64: Vec<u64>,
    #[message(tag = 83, fixed)]
    pub packed_sfixed32: Vec<i32>,
    #[message(tag = 84, fixed)]
    pub packed_sfixed64: Vec<i64>,
    #[message(tag = 85)]
    pub packed_float: Vec<f32>,
    #[message(tag = 86)]
    pub packed_double: Vec<f64>,
    #[message(tag = 87)]
    pub packed_bool: Vec<bool>,
    #[message(tag = 88)]
    pub packed_nested_enum: Vec<NestedEnum>,

    // Lists that are not.
    #[message(tag = 89, unpacked)]
    pub unpacked_int32: Vec<i32>,
    #[message(tag = 90, unpacked)]
    pub unpacked_int64: Vec<i64>,
    #[message(tag = 91, unpacked)]
    pub unpacked_uint32: Vec<u32>,
    #[message(tag = 92, unpacked)]
    pub unpacked_uint64: Vec<u64>,
    #[message(tag = 93, sint, unpacked)]
    pub unpacked_sint32: Vec<i32>,
    #[message(tag = 94, sint, unpacked)]
    pub unpacked_sint64: Vec<i64>,
    #[message(tag = 95, fixed, unpacked)]
    pub unpacked_fixed32: Vec<u32>,
    #[message(tag = 96, fixed, unpacked)]
    pub unpacked_fixed64: Vec<u64>,
    #[message(tag = 97, fixed, unpacked)]
    pub unpacked_sfixed32: Vec<i32>,
    #[message(tag = 98, fixed, unpacked)]
    pub unpacked_sfixed64: Vec<i64>,
    #[message(tag = 99, unpacked)]
    pub unpacked_float: Vec<f32>,
    #[message(tag = 100, unpacked)]
    pub unpacked_double: Vec<f64>,
    #[message(tag = 101, unpacked)]
    pub unpacked_bool: Vec<bool>,
    #[message(tag = 102, unpacked)]
    pub unpacked_nested_enum: Vec<NestedEnum>,

    // Maps.
    #[message(tag = 56)]
    pub map_int32_int32: HashMap<i32, i32>,
    #[message(tag = 57)]
    pub map_int64_int64: HashMap<i64, i64>,
    #[message(tag = 58)]
    pub map_uint32_uint32: HashMap<u32, u32>,
    #[message(tag = 59)]
    pub map_uint64_uint64: HashMap<u64, u64>,
    #[message(tag = 60, key(sint), value(sint))]
    pub map_sint32_sint32: HashMap<i32, i32>,
    #[message(tag = 61, key(sint), value(sint))]
    pub map_sint64_sint64: HashMap<i64, i64>,
    #[message(tag = 62, key(fixed), value(fixed))]
    pub map_fixed32_fixed32: HashMap<u32, u32>,
    #[message(tag = 63, key(fixed), value(fixed))]
    pub map_fixed64_fixed64: HashMap<u64, u64>,
    #[message(tag = 64, key(fixed), value(fixed))]
    pub map_sfixed32_sfixed32: HashMap<i32, i32>,
    #[message(tag = 65, key(fixed), value(fixed))]
    pub map_sfixed64_sfixed64: HashMap<i64, i64>,
    #[message(tag = 66)]
    pub map_int32_float: HashMap<i32, f32>,
    #[message(tag = 67)]
    pub map_int32_double: HashMap<i32, f64>,
    #[message(tag = 68)]
    pub map_bool_bool: HashMap<bool, bool>,
    #[message(tag = 69)]
    pub map_string_string: HashMap<String, String>,
    #[message(tag = 70)]
    pub map_string_bytes: HashMap<String, Vec<u8>>,
    #[message(tag = 71)]
    pub map_string_nested_message: HashMap<String, NestedMessage>,
    #[message(tag = 72)]
    pub map_string_foreign_message: HashMap<String, ForeignMessage>,
    #[message(tag = 73)]
    pub map_string_nested_enum: HashMap<String, NestedEnum>,
    #[message(tag = 74)]
    pub map_string_foreign_enum: HashMap<String, ForeignEnum>,

    #[message(oneof(111, 112, 113, 114, 115, 116, 117, 118, 119, 120))]
    pub oneof_field: Option<OneofField>,

    // Well-known types.
    #[message(tag = 201)]
    pub optional_bool_wrapper: Option<BoolValue>,
    #[message(tag = 202)]
    pub optional_int32_wrapper: Option<Int32Value>,
    #[message(tag = 203)]
    pub optional_int64_wrapper: Option<Int64Value>,
    #[message(tag = 204)]
    pub optional_uint32_wrapper: Option<UInt32Value>,
    #[message(tag = 205)]
    pub optional_uint64_wrapper: Option<UInt64Value>,
    #[message(tag = 206)]
    pub optional_float_wrapper: Option<FloatValue>,
    #[message(tag = 207)]
    pub optional_double_wrapper: Option<DoubleValue>,
    #[message(tag = 208)]
    pub optional_string_wrapper: Option<StringValue>,
    #[message(tag = 209)]
    pub optional_bytes_wrapper: Option<BytesValue>,
    #[message(tag = 211)]
    pub repeated_bool_wrapper: Vec<BoolValue>,
    #[message(tag = 212)]
    pub repeated_int32_wrapper: Vec<Int32Value>,
    #[message(tag = 213)]
    pub repeated_int64_wrapper: Vec<Int64Value>,
    #[message(tag = 214)]
    pub repeated_uint32_wrapper: Vec<UInt32Value>,
    #[message(tag = 215)]
    pub repeated_uint64_wrapper: Vec<UInt64Value>,
    #[message(tag = 216)]
    pub repeated_float_wrapper: Vec<FloatValue>,
    #[message(tag = 217)]
    pub repeated_double_wrapper: Vec<DoubleValue>,
    #[message(tag = 218)]
    pub repeated_string_wrapper: Vec<StringValue>,
    #[message(tag = 219)]
    pub repeated_bytes_wrapper: Vec<BytesValue>,
    #[message(tag = 301)]
    pub optional_duration: Option<ProtoDuration>,
    #[message(tag = 302)]
    pub optional_timestamp: Option<Timestamp>,
    #[message(tag = 303)]
    pub optional_field_mask: Option<FieldMask>,
    #[message(tag = 304)]
    pub optional_struct: Option<Struct>,
    #[message(tag = 305)]
    pub optional_any: Option<Any>,
    #[message(tag = 306)]
    pub optional_value: Option<Value>,
    #[message(tag = 307)]
    pub optional_null_value: NullValue,
    #[message(tag = 311)]
    pub repeated_duration: Vec<ProtoDuration>,
    #[message(tag = 312)]
    pub repeated_timestamp: Vec<Timestamp>,
    #[message(tag = 313)]
    pub repeated_fieldmask: Vec<FieldMask>,
    #[message(tag = 324)]
    pub repeated_struct: Vec<Struct>,
    #[message(tag = 315)]
    pub repeated_any: Vec<Any>,
    #[message(tag = 316)]
    pub repeated_value: Vec<Value>,
    #[message(tag = 317)]
    pub repeated_list_value: Vec<ListValue>,

    // Names that are hard to make JSON names of.
    #[message(tag = 401)]
    pub fieldname1: i32,
    #[message(tag = 402)]
    pub field_name2: i32,
    #[message(tag = 403, name = "_field_name3")]
    pub field_name3: i32,
    #[message(tag = 404, name = "field__name4_")]
    pub field_name4: i32,
    #[message(tag = 405)]
    pub field0name5: i32,
    #[message(tag = 406)]
    pub field_0_name6: i32,
    #[message(tag = 407, name = "fieldName7")]
    pub field_name7: i32,
    #[message(tag = 408, name = "FieldName8")]
    pub field_name8: i32,
    #[message(tag = 409, name = "field_Name9")]
    pub field_name9: i32,
    #[message(tag = 410, name = "Field_Name10")]
    pub field_name10: i32,
    #[message(tag = 411, name = "FIELD_NAME11")]
    pub field_name11: i32,
    #[message(tag = 412, name = "FIELD_name12")]
    pub field_name12: i32,
    #[message(tag = 413, name = "__field_name13")]
    pub field_name13: i32,
    #[message(tag = 414, name = "__Field_name14")]
    pub field_name14: i32,
    #[message(tag = 415, name = "field__name15")]
    pub field_name15: i32,
    #[message(tag = 416, name = "field__Name16")]
    pub field_name16: i32,
    #[message(tag = 417, name = "field_name17__")]
    pub field_name17: i32,
    #[message(tag = 418, name = "Field_name18__")]
    pub field_name18: i32,

    #[message(unknown)]
    pub unknown: UnknownFields,
}
