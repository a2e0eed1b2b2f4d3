//! The expansion, and the errors for invalid messages.

use proc_macro2::TokenStream;
use quote::quote;

use super::input::Marked;
use super::{expanded, written_as};
use crate::snapshot::{self, assert_snapshot};

fn check_snapshot(name: &str, options: TokenStream, item: TokenStream) {
    assert_snapshot("message", name, expanded(options, item, "shop"));
}

/// Returns the errors for `item`.
fn complaints(options: TokenStream, item: TokenStream) -> Vec<String> {
    snapshot::complaints(expanded(options, item, "shop"))
}

#[test]
fn a_struct() {
    check_snapshot(
        "structure",
        quote!(package = "shop.v1", reserved(9, 20..=29, "price")),
        quote! {
            /// What a customer wants.
            #[derive(Clone, Debug)]
            pub struct Order {
                /// Counts up.
                #[message(tag = 1)]
                pub id: u64,
                #[message(tag = 3, json = "articles")]
                pub items: Vec<Item>,
                #[message(tag = 2, sint)]
                delta: Option<i32>,
                #[message(tag = 4, key(fixed))]
                prices: HashMap<u32, String>,
                #[message(tag = 5, unpacked)]
                codes: Vec<u32>,
                #[message(tag = 6, with = AsText)]
                customer: Uuid,
                #[message(oneof(7, 8))]
                paid: Option<Paid>,
                #[message(unknown)]
                rest: UnknownFields,
            }
        },
    );
}

#[test]
fn an_enum_with_data() {
    check_snapshot(
        "oneof",
        quote!(),
        quote! {
            enum Paid {
                InCash(Money),
                ByCard(#[message(fixed)] u64),
                ByTransfer {
                    #[message(tag = 2)]
                    account: String,
                    #[message(tag = 1)]
                    bank: Option<Bank>,
                },
                #[message(name = "later", default)]
                NotYet,
            }
        },
    );
}

#[test]
fn an_enum_without_data() {
    check_snapshot(
        "enumeration",
        quote!(name = "Colour"),
        quote! {
            #[derive(Clone, Copy)]
            pub enum Color {
                Red = 1,
                #[message(default)]
                DarkBlue,
                Unknown(i32),
            }
        },
    );
}

#[test]
fn a_message_of_prost() {
    check_snapshot(
        "prost",
        quote!(prost),
        quote!(
            #[derive(Default)]
            struct Ping;
        ),
    );
    assert_eq!(
        complaints(
            quote!(prost),
            quote!(
                enum Level {
                    Low,
                }
            )
        )
        .len(),
        1
    );
}

#[test]
fn errors_leave_the_item_and_a_stub() {
    check_snapshot(
        "with_an_error",
        quote!(),
        quote!(
            pub struct Wrong {
                #[message(tag = 0)]
                pub a: u32,
            }
        ),
    );
}

#[test]
fn several_errors_arrive_together() {
    let said = complaints(
        quote!(pakage = "x"),
        quote! {
            struct Wrong {
                #[message(tga = 1)]
                a: usize,
                b: Option<Option<u32>>,
                #[message(sint)]
                c: String,
            }
        },
    );
    assert_eq!(
        said,
        [
            "unknown option `pakage`; expected one of `package`, `name`, `reserved`, `prost`, `crate`\ndid you mean `package`?",
            "unknown option `tga`; expected one of `tag`, `name`, `json`, `sint`, `fixed`, `with`, `unpacked`, `oneof`, \
             `unknown`, `key`, `value`\ndid you mean `tag`?",
            "`usize` has other sizes on other machines: write `u32` or `u64`",
            "protobuf has one level of absence: put the inner `Option` in a `#[micro::message]` struct",
            "`sint` is for `i32`, `i64`, and this is `String`",
        ]
    );
}

#[test]
fn types_without_a_place_are_answered_with_what_to_write() {
    for (ty, reason) in [
        (quote!(i128), "no integers of 128 bits"),
        (quote!(char), "write `String`"),
        (quote!((u32, u32)), "declare a `#[micro::message]` struct"),
        (quote!(&'static str), "write `String`"),
        (quote!(&'static [u8]), "write `Vec`"),
        (quote!([u8; 4]), "write `Vec`"),
        (quote!(Option<Vec<u32>>), "write the `Vec` alone"),
        (quote!(Option<HashMap<u32, u32>>), "write the map alone"),
        (quote!(Vec<Option<u32>>), "the elements of a list are never absent"),
        (quote!(Vec<Vec<u32>>), "no lists of lists"),
        (quote!(Vec<HashMap<u32, u32>>), "no lists of maps"),
        (quote!(Vec<usize>), "has other sizes"),
        (quote!(HashMap<String, Vec<u32>>), "single values"),
        (quote!(HashMap<f64, u32>), "keys of protobuf maps"),
        (quote!(HashMap<String, char>), "write `String`"),
        (quote!(dyn Any), "an enum with a variant"),
        (quote!(BTreeSet<u32>), "write `Vec`"),
        (quote!(std::time::Instant), "write `SystemTime`"),
        (quote!(Arc<Child>), "write the inner type"),
    ] {
        let said = complaints(quote!(), quote!(struct Wrong { a: #ty, }));
        let said = said.first().map_or("", |said| said);
        assert!(said.contains(reason), "{ty}: {said}");
    }
}

#[test]
fn types_with_a_place_are_left_alone() {
    for ty in [
        quote!(Vec<u8>),
        quote!(Option<Vec<u8>>),
        quote!(Vec<Vec<u8>>),
        quote!(HashMap<String, Vec<u8>>),
        quote!(Option<Box<Self>>),
        quote!(()),
        quote!(my::Alias),
    ] {
        assert_eq!(complaints(quote!(), quote!(struct Right { a: #ty, })), [""; 0], "{ty}");
    }
}

#[test]
fn tags_and_names_are_unique_and_in_range() {
    for (fields, reason) in [
        (quote!(#[message(tag = 1)] a: u32, #[message(tag = 1)] b: u32), "the tag 1 is that of `a` already"),
        (quote!(#[message(tag = 1)] a: u32, b: u32), "`b` has no tag and others have"),
        (quote!(#[message(tag = 19_500)] a: u32), "19500 is not a tag"),
        (quote!(#[message(tag = -1)] a: u32), "-1 is not a tag"),
        (quote!(#[message(tag = 7)] a: u32), "the tag 7 is reserved"),
        (quote!(old: u32), "the name `old` is reserved"),
        (quote!(a_b: u32, #[message(json = "aB")] c: u32), "`aB` is the name of `a_b` already"),
        (quote!(#[message(oneof(1, 1))] a: Either), "the tag 1 is that of `a` already"),
        (quote!(#[message(oneof())] a: Either), "`oneof` lists one tag for each variant"),
        (quote!(#[message(unknown)] a: U, #[message(unknown)] b: U), "`unknown` is on another field already"),
        (quote!(#[message(unknown, tag = 1)] a: U), "`unknown` takes no further options"),
        (quote!(#[message(sint, fixed)] a: i32), "`sint` and `fixed` are two encodings"),
        (quote!(#[message(fixed)] a: f32), "`fixed` is for `i32`, `i64`, `u32`, `u64`, and this is `f32`"),
        (quote!(#[message(unpacked)] a: Vec<u8>), "`unpacked` is for lists of numbers"),
        (quote!(#[message(unpacked)] a: u32), "`unpacked` is for lists of numbers"),
        (quote!(#[message(fixed)] a: HashMap<u32, u32>), "write `key(fixed)` or `value(fixed)`"),
        (quote!(#[message(key(fixed))] a: Vec<u32>), "`key(..)` is for maps"),
        (quote!(#[cfg(x)] a: u32), "no `#[cfg]` on its parts"),
        (quote!(#[message(name = "a b")] a: u32), "`a b` is not a name"),
    ] {
        let said = complaints(quote!(reserved(7, "old")), quote!(struct Wrong { #fields }));
        assert!(said.iter().any(|said| said.contains(reason)), "{fields}: {said:?}");
    }
}

#[test]
fn enums_that_cannot_be_are_refused() {
    for (item, reason) in [
        (
            quote!(
                enum Wrong {}
            ),
            "an enum without variants has no values",
        ),
        (
            quote!(
                enum Wrong {
                    A,
                    B = 0,
                }
            ),
            "the number 0 is that of `WRONG_A` already",
        ),
        (
            quote!(
                enum Wrong {
                    A = 1 + 1,
                }
            ),
            "write the number as a literal",
        ),
        (
            quote!(
                enum Wrong {
                    A,
                    #[message(default)]
                    B,
                }
            ),
            "absence means the value 0",
        ),
        (
            quote!(
                enum Wrong {
                    A(u32, u32),
                }
            ),
            "a variant carries one value",
        ),
        (
            quote!(
                enum Wrong {
                    A {
                        #[message(tga = 1)]
                        b: u32,
                    },
                }
            ),
            "unknown option `tga`",
        ),
        (
            quote!(
                enum Wrong {
                    A { b: usize },
                }
            ),
            "has other sizes",
        ),
        (
            quote!(
                enum Wrong {
                    #[message(with = AsText)]
                    A { b: u32 },
                }
            ),
            "the fields of this variant have encodings",
        ),
        (
            quote!(
                enum Wrong {
                    #[message(aliases("WRONG_B"))]
                    A,
                    B,
                }
            ),
            "`WRONG_B` is the name of another value already",
        ),
        (
            quote!(
                enum Wrong {
                    #[message(aliases("B"))]
                    A(u32),
                }
            ),
            "`aliases` are for the values of an enum without data",
        ),
        (
            quote!(
                enum Wrong {
                    A(Vec<u32>),
                }
            ),
            "a variant carries one value",
        ),
        (
            quote!(
                enum Wrong {
                    #[message(default)]
                    A(u32),
                }
            ),
            "it is for a variant without data",
        ),
        (
            quote!(
                enum Wrong {
                    A(usize),
                }
            ),
            "has other sizes",
        ),
        (
            quote!(
                struct Wrong(u32);
            ),
            "the fields of a message have names",
        ),
        (
            quote!(
                struct Wrong<T> {
                    a: T,
                }
            ),
            "cannot be generic",
        ),
        (
            quote!(
                struct Wrong<'a> {
                    a: &'a str,
                }
            ),
            "no lifetimes",
        ),
        (
            quote!(
                fn wrong() {}
            ),
            "a message is a struct with named fields or an enum",
        ),
    ] {
        let said = complaints(quote!(), item.clone());
        assert!(said.iter().any(|said| said.contains(reason)), "{item}: {said:?}");
    }
}

#[test]
fn an_event() {
    let item = quote!(
        pub struct Placed {
            pub order: u64,
        }
    );
    assert_snapshot("message", "event", written_as(Marked::Event, quote!(topic = "orders.placed"), item, "shop"));
}

#[test]
fn an_event_with_a_key() {
    let item = quote!(
        struct Placed {
            r#type: u64,
        }
    );
    let options = quote!(topic = "orders.placed", key = r#type, package = "a");
    assert_snapshot("message", "event_with_a_key", written_as(Marked::Event, options, item, "shop"));
}

#[test]
fn the_key_of_an_event_is_a_field() {
    let said = |item| {
        let options = quote!(topic = "orders.placed", key = ordr);
        snapshot::complaints(written_as(Marked::Event, options, item, "shop"))
    };
    assert_eq!(
        said(quote!(
            struct Placed {
                order: u64,
            }
        )),
        ["unknown field `ordr`; expected `order`\ndid you mean `order`?"]
    );
    assert_eq!(
        said(quote!(
            struct Placed {}
        )),
        ["unknown field `ordr`; there are none here"]
    );
    assert_eq!(
        said(quote!(
            enum Placed {
                By(u64),
            }
        )),
        ["the key of an event is the value of a field, and an enum has none: remove `key`"]
    );
    let options = quote!(topic = "a", key = "order");
    let text = snapshot::complaints(written_as(
        Marked::Event,
        options,
        quote!(
            struct Placed {
                order: u64,
            }
        ),
        "shop",
    ));
    assert_eq!(text, ["option `key` takes the name of a field: write `key = order`"]);
}

#[test]
fn an_event_has_a_topic_and_a_message_has_none() {
    let said = |marked, options, item| snapshot::complaints(written_as(marked, options, item, "shop")).join("\n");
    let placed = quote!(
        struct Placed {
            order: u64,
        }
    );
    assert!(said(Marked::Event, quote!(), placed.clone()).contains("an event has a topic: write"));
    for topic in ["", "a..b", "a b", "a.*", "a.>"] {
        let text = said(Marked::Event, quote!(topic = #topic), placed.clone());
        assert!(text.contains(&format!("`{topic}` is not a topic: ")), "{text}");
    }
    let number = said(
        Marked::Event,
        quote!(topic = "a"),
        quote!(
            enum State {
                On,
                Off,
            }
        ),
    );
    assert!(number.contains("an event is a message, and this is a number"), "{number}");
    let text = said(Marked::Message, quote!(topic = "a"), placed);
    assert!(text.contains("unknown option `topic`"), "{text}");
}
