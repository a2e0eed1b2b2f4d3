//! Names of files, packages and types.

/// The package of the well-known types.
pub(crate) const GOOGLE: &str = "google.protobuf";

/// The file with a type: one per package, except for the well-known types.
pub(crate) fn file_of(type_name: &str) -> String {
    match type_name {
        "google.protobuf.Duration" => "google/protobuf/duration.proto".to_owned(),
        "google.protobuf.Empty" => "google/protobuf/empty.proto".to_owned(),
        "google.protobuf.Timestamp" => "google/protobuf/timestamp.proto".to_owned(),
        "google.protobuf.Any" => "google/protobuf/any.proto".to_owned(),
        "google.protobuf.FieldMask" => "google/protobuf/field_mask.proto".to_owned(),
        "google.protobuf.Value"
        | "google.protobuf.NullValue"
        | "google.protobuf.Struct"
        | "google.protobuf.ListValue" => "google/protobuf/struct.proto".to_owned(),
        _ if package(type_name) == GOOGLE => "google/protobuf/wrappers.proto".to_owned(),
        _ => file_name(package(type_name)),
    }
}

/// The file of a package.
pub(crate) fn file_name(package: &str) -> String {
    match package {
        "" => "unnamed.proto".to_owned(),
        _ => format!("{}.proto", package.replace('.', "/")),
    }
}

/// The part of a full name before its last dot.
pub(crate) fn package(full_name: &str) -> &str {
    full_name.rsplit_once('.').map_or("", |(package, _)| package)
}

/// The part of a full name behind its last dot.
pub(crate) fn short(full_name: &str) -> &str {
    full_name.rsplit('.').next().unwrap_or(full_name)
}

/// The full name of what is called `short` in `package`.
pub(crate) fn full_name(package: &str, short: &str) -> String {
    if package.is_empty() { short.to_owned() } else { format!("{package}.{short}") }
}

/// The name of a map's entries, as protoc forms it: `unit_prices` becomes `UnitPricesEntry`.
pub(crate) fn entry_name(field: &str) -> String {
    let mut name = String::new();
    for word in field.split('_') {
        let mut chars = word.chars();
        name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(chars.as_str());
    }
    name + "Entry"
}

/// The name in JSON that protoc gives a field without `json_name`: `unit_price` becomes `unitPrice`.
pub(crate) fn json_name(field: &str) -> String {
    let mut json = String::with_capacity(field.len());
    let mut upper = false;
    for letter in field.chars() {
        if letter == '_' {
            upper = true;
        } else {
            json.push(if upper { letter.to_ascii_uppercase() } else { letter });
            upper = false;
        }
    }
    json
}
