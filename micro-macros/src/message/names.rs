//! Names in the conventions of protobuf and JSON.

/// Converts `first_name` to `firstName`, as protobuf compilers do with field names for JSON.
pub(super) fn lower_camel_case(name: &str) -> String {
    let mut camel = String::new();
    let mut capital = false;
    for letter in name.chars() {
        match letter {
            '_' => capital = true,
            letter if capital => {
                camel.extend(letter.to_uppercase());
                capital = false;
            }
            letter => camel.push(letter),
        }
    }
    camel
}

/// Converts `HttpDoor` to `http_door`, `HTTPDoor` too.
pub(super) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (i, letter) in letters.iter().enumerate() {
        let before = i.checked_sub(1).map(|before| letters[before]);
        let begins_word = letter.is_uppercase()
            && before.is_some_and(|before| {
                let ends_capitals = before.is_uppercase() && letters.get(i + 1).is_some_and(|next| next.is_lowercase());
                before.is_lowercase() || before.is_numeric() || ends_capitals
            });
        if begins_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Converts `HttpDoor` to `HTTP_DOOR`.
pub(super) fn upper_snake_case(name: &str) -> String {
    snake_case(name).to_uppercase()
}

/// Returns `true` if a protobuf field, message or enum can have this name.
pub(crate) fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns `true` for one name, or several separated by dots.
pub(crate) fn is_package(name: &str) -> bool {
    name.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_json() {
        for (name, json) in [("name", "name"), ("first_name", "firstName"), ("o_u8", "oU8"), ("_x__y_", "XY")] {
            assert_eq!(lower_camel_case(name), json);
        }
    }

    #[test]
    fn variants_as_fields_and_values() {
        for (name, snake) in
            [("Text", "text"), ("HttpDoor", "http_door"), ("HTTPDoor", "http_door"), ("V2Beta", "v2_beta")]
        {
            assert_eq!(snake_case(name), snake);
        }
        assert_eq!(upper_snake_case("DarkRed"), "DARK_RED");
    }
}
