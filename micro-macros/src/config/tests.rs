//! The expansion, and the errors for invalid settings.

use proc_macro2::TokenStream;
use quote::quote;

use super::expanded;
use crate::snapshot::{self, assert_snapshot};

fn check_snapshot(name: &str, options: TokenStream, item: TokenStream) {
    assert_snapshot("config", name, expanded(options, item, "greeter"));
}

/// Returns the errors for `item`.
fn complaints(options: TokenStream, item: TokenStream) -> Vec<String> {
    snapshot::complaints(expanded(options, item, "greeter"))
}

/// Returns the errors for a field.
fn of_field(field: TokenStream) -> Vec<String> {
    complaints(quote!(), quote!(struct A { #field }))
}

#[test]
fn a_section() {
    check_snapshot(
        "section",
        quote!(prefix = "greeter", validate = Greeter::check),
        quote! {
            /// How people are greeted.
            #[derive(Clone, Debug, PartialEq)]
            pub struct Greeter {
                /// What comes before the name.
                #[config(default = "Hello", env = "SALUTATION", flag = "salutation")]
                pub salutation: String,
                #[config(default = Duration::from_secs(2), validate(range("10ms"..="1m"), with(whole, |time| even(time))))]
                patience: Duration,
                #[config(default = -1, env("A", "B"), reload = "restart")]
                offset: i64,
                #[config(default, validate(length(8..), regex("^[!-~]*$")))]
                password: String,
                #[config(name = "kind", deprecated = "use `tone`")]
                r#type: Option<Self>,
            }
        },
    );
}

#[test]
fn a_nested_one() {
    check_snapshot(
        "nested",
        quote!(crate = ::fancy),
        quote!(
            #[derive(Debug)]
            struct Limits {
                most: Option<u32>,
                required: Vec<String>,
            }
        ),
    );
}

#[test]
fn without_fields() {
    check_snapshot(
        "empty",
        quote!(),
        quote!(
            struct Nothing {}
        ),
    );
}

#[test]
fn a_choice() {
    check_snapshot(
        "choice",
        quote!(),
        quote! {
            #[derive(Clone, Copy, Default)]
            pub enum Tone {
                /// As among friends.
                #[default]
                Friendly,
                StrictlyFormal,
                #[config(name = "r")]
                r#Rude,
            }
        },
    );
}

#[test]
fn errors_leave_the_item_and_a_stub() {
    check_snapshot(
        "with_an_error",
        quote!(prefx = "x"),
        quote!(
            #[derive(Debug)]
            pub struct Wrong {
                #[config(default = 1)]
                pub a: u32,
            }
        ),
    );
}

#[test]
fn several_errors_arrive_together() {
    let said = complaints(
        quote!(prefix = "Greeter", validat = check),
        quote! {
            struct Wrong {
                #[config(defualt = 1)]
                a: u8,
                #[config(validate(rnge(1..2), length(5)))]
                b: String,
                #[config(env = 1, reload = "never")]
                c: bool,
            }
        },
    );
    assert_eq!(
        said,
        [
            "unknown option `validat`; expected one of `prefix`, `validate`, `crate`\ndid you mean `validate`?",
            "unknown option `defualt`; expected one of `default`, `name`, `env`, `flag`, `deprecated`, `reload`, \
             `validate`\ndid you mean `default`?",
            "unknown option `rnge`; expected one of `range`, `length`, `regex`, `with`\ndid you mean `range`?",
            "option `env` takes strings: write `env = \"..\"` or `env(\"..\", \"..\")`",
            "unknown `reload` `never`; expected one of `live`, `restart`",
            "`Greeter` is not a prefix: expected lower-case letters, digits and `_`, separated by dots: write `greeter`",
            "expected a range: `1..=10`, `..=64`, `\"1s\"..=\"1h\"`",
        ]
    );
}

#[test]
fn prefixes_are_paths_of_ones_own() {
    let said = |prefix: &str, package: &str| {
        snapshot::complaints(expanded(
            quote!(prefix = #prefix),
            quote!(
                struct A {}
            ),
            package,
        ))
    };
    for (prefix, package) in [("greeter", "a"), ("a_1.b2.c", "a"), ("micro", "micro"), ("microscope", "a")] {
        assert_eq!(said(prefix, package), Vec::<String>::new(), "{prefix}");
    }
    for (prefix, words) in [
        ("micro", "framework's own"),
        ("micro.server", "framework's own"),
        ("a-b", "write `a_b`"),
        ("A.b", "write `a.b`"),
        ("", "is not a prefix"),
        ("a..b", "is not a prefix"),
        ("1a", "is not a prefix"),
    ] {
        let said = said(prefix, "a");
        assert!(said.len() == 1 && said[0].contains(words), "{prefix}: {said:?}");
    }
}

#[test]
fn names_have_the_form_of_their_place() {
    for (field, words) in [
        (quote!(#[config(name = "a-b")] a: u8), "`a-b` is not a key"),
        (quote!(maxSize: u8), "`maxSize` is not a key"),
        (quote!(#[config(env = "greeter")] a: u8), "`greeter` is not a variable"),
        (quote!(#[config(env("A", "2B"))] a: u8), "`2B` is not a variable"),
        (quote!(#[config(flag = "--a")] a: u8), "a flag is written without its dashes: `a`"),
        (quote!(#[config(flag = "a_b")] a: u8), "`a_b` is not a flag"),
        (quote!(#[config(flag = "a-")] a: u8), "`a-` is not a flag"),
        (quote!(a: u8, #[config(name = "a")] b: u8), "`a` is the name of a field above already"),
        (quote!(#[cfg(windows)] a: u8), "settings are the same in every build"),
    ] {
        let said = of_field(field);
        assert!(said.len() == 1 && said[0].starts_with(words), "{words}: {said:?}");
    }
}

#[test]
fn literals_that_their_type_cannot_be() {
    let said = |ty: TokenStream, literal: TokenStream| of_field(quote!(#[config(default = #literal)] a: #ty));
    for (ty, literal) in [
        (quote!(u8), quote!(255)),
        (quote!(u8), quote!("8")),
        (quote!(Option<i8>), quote!(-128)),
        (quote!(f64), quote!(1)),
        (quote!(String), quote!("1")),
        (quote!(std::time::Duration), quote!("1m30s")),
        (quote!(Duration), quote!(30)),
        (quote!(bool), quote!("on")),
        (quote!(char), quote!('x')),
        (quote!(Level), quote!("info")),
        (quote!(Vec<u8>), quote!("1,2")),
        (quote!(u8), quote!(256u16)),
    ] {
        assert_eq!(said(ty.clone(), literal.clone()), Vec::<String>::new(), "{ty} {literal}");
    }
    for (ty, literal, words) in [
        (quote!(u8), quote!(256), "`256` is not a `u8`: expected a whole number from 0 to 255"),
        (quote!(u16), quote!(-1), "`-1` is not a `u16`: expected a whole number from 0 to 65535"),
        (quote!(u16), quote!("many"), "`\"many\"` is not a `u16`: expected a whole number from 0 to 65535"),
        (quote!(Option<u8>), quote!(1.5), "`1.5` is not a `Option<u8>`: expected a whole number from 0 to 255"),
        (quote!(String), quote!(1), "`1` is not a `String`: expected text"),
        (quote!(Secret<String>), quote!(true), "`true` is not a `Secret<String>`: expected text"),
        (quote!(bool), quote!(1), "`1` is not a `bool`: expected `true` or `false`"),
        (quote!(char), quote!("xy"), "`\"xy\"` is not a `char`: expected one letter"),
        (quote!(f32), quote!("x"), "`\"x\"` is not a `f32`: expected a number"),
        (
            quote!(Duration),
            quote!("2 weeks"),
            "`\"2 weeks\"` is not a `Duration`: expected a duration, like `\"30s\"`, `\"250ms\"` or `\"5m\"`",
        ),
    ] {
        assert_eq!(said(ty, literal), [words]);
    }
}

#[test]
fn checks_are_checked() {
    for (asked, words) in [
        (quote!(range(10)), "expected a range"),
        (quote!(range("1s"..="soon")), "`soon` is not a duration"),
        (quote!(range(1..)), "a duration is written as text"),
        (quote!(regex()), "`regex` takes a string: write `regex(\"^[a-z]+$\")`"),
        (quote!(range = 1), "`range` takes a range: write `range(1..=10)`"),
        (
            quote!(length(..=10)),
            "`length` is for text, lists and maps, and `a` has type `Duration`: write `with(function)`",
        ),
        (quote!(regex("x")), "`regex` is for text, and `a` has type `Duration`: write `with(function)`"),
    ] {
        let said = of_field(quote!(#[config(validate(#asked))] a: Duration));
        assert!(said.len() == 1 && said[0].starts_with(words), "{words}: {said:?}");
    }
    for (field, words) in [
        (
            quote!(#[config(validate(regex("[a-")))] a: String),
            "`[a-` is not a regular expression: unclosed character class",
        ),
        (
            quote!(#[config(validate(range(1..=10)))] a: Option<String>),
            "`range` is for numbers, `1..=10`, and durations, `\"1s\"..=\"1h\"`, and `a` has type `Option<String>`: \
             write `length(1..=10)`",
        ),
        (
            quote!(#[config(validate(length(..=10)))] a: u32),
            "`length` is for text, lists and maps, and `a` has type `u32`: write `range(..=10)`",
        ),
        (
            quote!(#[config(validate(range(1..=1000)))] a: u8),
            "`1000` does not fit `u8`: expected a whole number from 0 to 255",
        ),
    ] {
        let said = of_field(field);
        assert!(said.len() == 1 && said[0].starts_with(words), "{words}: {said:?}");
    }
}

#[test]
fn secrets_are_so_by_their_type() {
    for (ty, words) in [
        (quote!(String), "write `a: Secret<String>`"),
        (quote!(Option<String>), "write `a: Option<Secret<String>>`"),
        (quote!(Vec<u8>), "write `a: Secret<Vec<u8>>`"),
        (quote!(Secret<String>), "`Secret<String>` is a secret by its type: remove `secret`"),
        (quote!(Option<Secret<String>>), "`Option<Secret<String>>` is a secret by its type: remove `secret`"),
    ] {
        let said = of_field(quote!(#[config(default, secret)] a: #ty));
        assert!(said.len() == 1 && said[0].contains(words), "{words}: {said:?}");
    }
}

#[test]
fn what_cannot_be_settings() {
    for (item, first_line) in [
        (
            quote!(
                struct A(u8);
            ),
            "settings have names: write `struct A { name: Type }`",
        ),
        (
            quote!(
                struct A;
            ),
            "settings have names: write `struct A { name: Type }`",
        ),
        (quote!(union A { a: u8 }), "settings are a struct with named fields or an enum without data"),
        (
            quote!(
                fn a() {}
            ),
            "settings are a struct with named fields or an enum without data",
        ),
        (
            quote!(
                struct A<T> {
                    a: T,
                }
            ),
            "settings are read at startup and cannot be generic: write one struct for each type",
        ),
        (
            quote!(
                enum A {}
            ),
            "an enum without variants has no words to choose from",
        ),
        (
            quote!(
                enum A {
                    B,
                    C(u8),
                }
            ),
            "an enum with data is read through serde: remove `#[micro::config]`, and derive serde's `Serialize` and \
             `Deserialize`",
        ),
        (
            quote!(
                enum A {
                    B,
                    #[config(name = "b")]
                    C,
                }
            ),
            "`b` is the name of a variant above already",
        ),
        (
            quote!(
                enum A {
                    #[config(name = "a b")]
                    B,
                }
            ),
            "`a b` is not a word: expected letters, digits, `-`, `_` and `.`",
        ),
        (
            quote!(
                #[derive(Clone, std::default::Default)]
                struct A {}
            ),
            "remove `Default`: `#[micro::config]` implements it from the declared defaults, if every field has one",
        ),
    ] {
        assert_eq!(complaints(quote!(), item.clone()), [first_line], "{item}");
    }
    assert_eq!(
        complaints(
            quote!(prefix = "a", validate = b),
            quote!(
                enum A {
                    B,
                }
            )
        ),
        [
            "an enum is the value of a field: only a struct has a prefix",
            "an enum has a fixed set of words: there is nothing to validate",
        ]
    );
}
