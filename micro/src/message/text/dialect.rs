//! Dialects of text, and the strictness of readers.

/// Dialect in which a message is written as text. Readers accept every dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// Field names as declared, instead of lowerCamelCase.
    pub declared_names: bool,
    /// 64-bit integers as text, because a number in JavaScript has 53 bits.
    pub wide_integers_as_text: bool,
    /// Enums as numbers, instead of names.
    pub enums_as_numbers: bool,
    /// Durations as whole nanoseconds, instead of text such as `1.5s`.
    pub durations_as_nanoseconds: bool,
    /// `NaN` and the infinities as text; without it they are an error.
    pub non_finite_as_text: bool,
    /// Fields with the empty value too.
    pub empty_fields: bool,
    /// The format has bytes, and floats that are not finite, of its own.
    pub binary: bool,
}

impl Dialect {
    /// Canonical proto3 JSON, which every protobuf implementation understands.
    pub const PROTO3: Dialect = Dialect {
        declared_names: false,
        wide_integers_as_text: true,
        enums_as_numbers: false,
        durations_as_nanoseconds: false,
        non_finite_as_text: true,
        empty_fields: false,
        binary: false,
    };

    /// The dialect of peers that use ordinary structs: names as declared, numbers as numbers.
    pub const PLAIN: Dialect = Dialect {
        declared_names: true,
        wide_integers_as_text: false,
        enums_as_numbers: true,
        durations_as_nanoseconds: true,
        non_finite_as_text: false,
        empty_fields: true,
        binary: false,
    };

    /// For binary formats such as msgpack and CBOR: plain, with bytes as bytes.
    pub const BINARY: Dialect = Dialect { binary: true, ..Dialect::PLAIN };
}

/// Strictness of a reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadOptions {
    /// Policy for unknown names.
    pub unknown: UnknownNames,
    /// `true` if names of fields may differ in case and underscores.
    pub fold_names: bool,
}

impl ReadOptions {
    /// For calls: skips what is not known, so that a newer peer is understood.
    pub const LENIENT: ReadOptions = ReadOptions { unknown: UnknownNames::Skip, fold_names: false };

    /// For files and tests: refuses what is not known.
    pub const STRICT: ReadOptions = ReadOptions { unknown: UnknownNames::Refuse, fold_names: false };

    /// Takes field names that differ in case and underscores, as Go's JSON does.
    #[must_use]
    pub const fn folding_names(mut self) -> Self {
        self.fold_names = true;
        self
    }
}

/// Policy for unknown fields, and unknown names of open enums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownNames {
    /// Go on as if they were not there.
    #[default]
    Skip,
    /// An error.
    Refuse,
}
