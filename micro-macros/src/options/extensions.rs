//! Named values for outer modules: `extension("auth.scope" = "admin", "http" = { "get": "/hello" })`.

use std::fmt::Write as _;

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Ident, LitBool, LitFloat, LitInt, LitStr, Token, braced, bracketed};

use crate::report::Report;

/// A name and its value as JSON text.
#[derive(Debug, PartialEq)]
pub(crate) struct Extension {
    pub(crate) name: String,
    pub(crate) json: String,
}

/// Reads the tokens between the parentheses.
pub(super) fn read(tokens: TokenStream, report: &mut Report) -> Vec<Extension> {
    let parse = Punctuated::<Written, Token![,]>::parse_terminated;
    let mut extensions: Vec<Extension> = vec![];
    for Written { name, json } in report.keep(parse.parse2(tokens)).into_iter().flatten() {
        let text = name.value();
        if text.is_empty() || text.chars().any(char::is_whitespace) {
            report.error(&name, "the name of an extension is a word, or several joined by dots: `\"auth.scope\"`");
        } else if extensions.iter().any(|earlier| earlier.name == text) {
            report.error(&name, format!("extension `{text}` is written twice"));
        } else {
            extensions.push(Extension { name: text, json });
        }
    }
    extensions
}

struct Written {
    name: LitStr,
    json: String,
}

impl Parse for Written {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.parse().map_err(|error: syn::Error| {
            syn::Error::new(error.span(), "expected a name in quotes and a value: `\"auth.scope\" = \"admin\"`")
        })?;
        input.parse::<Token![=]>()?;
        let mut json = String::new();
        value(input, &mut json)?;
        Ok(Written { name, json })
    }
}

fn value(input: ParseStream<'_>, json: &mut String) -> syn::Result<()> {
    if input.peek(syn::token::Bracket) {
        let list;
        bracketed!(list in input);
        return several(&list, json, ['[', ']'], value);
    }
    if input.peek(syn::token::Brace) {
        let object;
        braced!(object in input);
        return several(&object, json, ['{', '}'], |input, json| {
            string(&input.parse::<LitStr>()?.value(), json);
            input.parse::<Token![:]>()?;
            json.push(':');
            value(input, json)
        });
    }
    if input.peek(LitStr) {
        string(&input.parse::<LitStr>()?.value(), json);
    } else if input.peek(LitBool) {
        json.push_str(if input.parse::<LitBool>()?.value { "true" } else { "false" });
    } else if input.peek(Ident) {
        let word: Ident = input.parse()?;
        if word != "null" {
            return Err(syn::Error::new(word.span(), FORMS));
        }
        json.push_str("null");
    } else {
        number(input, json)?;
    }
    Ok(())
}

const FORMS: &str = "expected a JSON value: `\"text\"`, `3`, `-0.5`, `true`, `null`, `[..]` or `{ \"name\": .. }`";

fn several(
    input: ParseStream<'_>,
    json: &mut String,
    [open, close]: [char; 2],
    one: fn(ParseStream<'_>, &mut String) -> syn::Result<()>,
) -> syn::Result<()> {
    json.push(open);
    while !input.is_empty() {
        one(input, json)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        // Rust allows a trailing comma, JSON does not.
        if !input.is_empty() {
            json.push(',');
        }
    }
    json.push(close);
    Ok(())
}

fn number(input: ParseStream<'_>, json: &mut String) -> syn::Result<()> {
    if input.parse::<Option<Token![-]>>()?.is_some() {
        json.push('-');
    }
    if input.peek(LitInt) {
        let number: LitInt = input.parse()?;
        // Written as JSON digits: `0x10` becomes 16, and `1_000` loses its underscore.
        let value: u64 = number.base10_parse()?;
        suffix(number.suffix(), number.span())?;
        json.push_str(&value.to_string());
    } else if input.peek(LitFloat) {
        let number: LitFloat = input.parse()?;
        suffix(number.suffix(), number.span())?;
        let digits = number.base10_digits();
        json.push_str(digits);
        if digits.ends_with('.') {
            json.push('0');
        }
    } else {
        return Err(input.error(FORMS));
    }
    Ok(())
}

fn suffix(suffix: &str, span: proc_macro2::Span) -> syn::Result<()> {
    if suffix.is_empty() {
        Ok(())
    } else {
        Err(syn::Error::new(span, format!("JSON numbers have no type suffix: remove `{suffix}`")))
    }
}

fn string(text: &str, json: &mut String) {
    json.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => json.extend(['\\', letter]),
            control if control < ' ' => {
                write!(json, "\\u{:04x}", u32::from(control)).expect("a `String` takes everything");
            }
            letter => json.push(letter),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn values_become_json() {
        let mut report = Report::new();
        let tokens = quote!(
            "a" = "x \"y\" \\ \n é",
            "b" = -1_000,
            "c" = 0x10,
            "d" = -2.5e3,
            "e" = true,
            "f" = null,
            "g.h" = [1, "two", [], {},],
            "i" = { "j": [false], "k": { "l": 1.0 } },
        );
        let read = read(tokens, &mut report);
        assert_eq!(report.into_messages(), Vec::<String>::new());
        let json: Vec<_> = read.iter().map(|extension| extension.json.as_str()).collect();
        assert_eq!(
            json,
            [
                r#""x \"y\" \\ \u000a é""#,
                "-1000",
                "16",
                "-2.5e3",
                "true",
                "null",
                r#"[1,"two",[],{}]"#,
                r#"{"j":[false],"k":{"l":1.0}}"#
            ]
        );
        assert_eq!(read[6].name, "g.h");
    }

    #[test]
    fn what_is_no_json_says_so() {
        for (tokens, message) in [
            (quote!(a = 1), "expected a name in quotes and a value: `\"auth.scope\" = \"admin\"`"),
            (quote!("a" = b), FORMS),
            (quote!("a" = call()), FORMS),
            (quote!("a" = 1u8), "JSON numbers have no type suffix: remove `u8`"),
            (quote!("a" = 1, "a" = 2), "extension `a` is written twice"),
            (quote!("a b" = 1), "the name of an extension is a word, or several joined by dots: `\"auth.scope\"`"),
        ] {
            let mut report = Report::new();
            read(tokens, &mut report);
            assert_eq!(report.into_messages(), [message]);
        }
    }
}
