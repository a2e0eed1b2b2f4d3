/// Converts `get_user` to `GetUser`.
pub(crate) fn upper_camel_case(name: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    name.split('_').map(capitalised).collect()
}

/// Converts `UserAccounts` to `user-accounts`, and `HTTPDoor` to `http-door`.
pub(crate) fn kebab_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut text = String::new();
    for (i, letter) in letters.iter().enumerate() {
        if *letter == '_' {
            text.push('-');
            continue;
        }
        let after_small = i > 0 && (letters[i - 1].is_lowercase() || letters[i - 1].is_numeric());
        let ends_capitals =
            i > 0 && letters[i - 1].is_uppercase() && letters.get(i + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_small || ends_capitals) {
            text.push('-');
        }
        text.extend(letter.to_lowercase());
    }
    text.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_in_camel_case() {
        for (name, camel) in
            [("hello", "Hello"), ("get_user", "GetUser"), ("_get__user2_", "GetUser2"), ("getUser", "GetUser")]
        {
            assert_eq!(upper_camel_case(name), camel);
        }
    }

    #[test]
    fn services_in_kebab_case() {
        for (name, kebab) in [
            ("Greeter", "greeter"),
            ("UserAccounts", "user-accounts"),
            ("HTTPDoor", "http-door"),
            ("Oauth2Tokens", "oauth2-tokens"),
            ("snake_Case", "snake-case"),
        ] {
            assert_eq!(kebab_case(name), kebab);
        }
    }
}
