use proc_macro2::TokenStream;
use quote::quote;

use super::expanded;
use crate::snapshot::{assert_snapshot, complaints};

#[test]
fn every_kind_of_variant() {
    let item = quote! {
        #[error(package = "greeter.v1")]
        pub enum GreetError {
            /// Nobody has this number.
            #[error(code = NotFound, "no person `{id}`, {{really}}")]
            Nobody { #[message(tag = 1)] id: u64, #[message(tag = 7)] near: Vec<String> },
            #[error("greeted {0} times, {1:>0$}", code = micro::Code::ResourceExhausted, name = "Weary")]
            Tired(u32, String),
            #[error(code = Unavailable, "asleep")]
            Asleep,
            Other(micro::Error),
        }
    };
    assert_snapshot("error", "every_kind_of_variant", expanded(item, "unused"));
}

#[test]
fn with_an_error() {
    let item = quote!(
        enum GreetError {
            Other(micro::Error),
            #[error(code = NotFound)]
            Nobody,
        }
    );
    assert_snapshot("error", "with_an_error", expanded(item, "app"));
}

#[test]
fn variants_that_cannot_be_told() {
    for (variant, first_line) in [
        (quote!(Plain), "`Plain` has no code, which callers act on"),
        (
            quote!(
                #[error(code = NotFound)]
                Plain
            ),
            "`Plain` has no message: write `#[error(code = .., \"..\")]`",
        ),
        (
            quote!(
                #[error(code = NotFound, "a", "b")]
                Plain
            ),
            "the message of `Plain` is written twice",
        ),
        (
            quote!(
                #[error(code = "not_found", "a")]
                Plain
            ),
            "option `code` takes the name of a code: write `code = NotFound`",
        ),
        (
            quote!(
                #[error(code = NotFound, "{}")]
                Plain(u32)
            ),
            "`{}` has no meaning here: name the field, `{0}`",
        ),
        (
            quote!(
                #[error(code = NotFound, "{idd}")]
                Plain { id: u32 }
            ),
            "`Plain` has no field `idd`; expected `id`",
        ),
        (
            quote!(
                #[error(code = NotFound, "{0}")]
                Plain
            ),
            "`Plain` has no field `0`; it has none",
        ),
        (
            quote!(
                #[error(cod = NotFound, code = NotFound, "a")]
                Plain
            ),
            "unknown option `cod`; expected one of `code`, `other`, `name`",
        ),
        (
            quote!(
                #[error = "a"]
                Plain
            ),
            "write the options in parentheses: `#[error(..)]`",
        ),
        (
            quote!(
                #[error(code = NotFound, "a", name = "a b")]
                Plain
            ),
            "`a b` is not a name: letters, digits and `_`",
        ),
        (
            quote!(
                #[error(code = NotFound, "a", name = "Twice")]
                Plain,
                #[error(code = NotFound, "a")]
                Twice
            ),
            "`Twice` is the name of `Plain` on the wire already",
        ),
        (
            quote!(
                #[error(other)]
                Rest(micro::Error)
            ),
            "`Other` is the catch-all variant already",
        ),
        (
            quote!(
                #[error(code = NotFound, "a")]
                Plain(
                    #[error(source)]
                    u32
                )
            ),
            "`#[error(..)]` goes on variants; `#[message(..)]` sets how a field is encoded",
        ),
    ] {
        let complaints = complaints(expanded(quote!(enum E { Other(micro::Error), #variant }), "app"));
        assert_eq!(complaints.first().and_then(|text| text.lines().next()), Some(first_line), "{variant}");
    }
}

#[test]
fn codes_are_listed_with_the_nearest() {
    let text = complaints(expanded(
        quote!(
            enum E {
                Other(micro::Error),
                #[error(code = NotFoud, "a")]
                A,
            }
        ),
        "app",
    ))
    .join("\n");
    assert!(
        text.starts_with("unknown code `NotFoud`; expected one of `Cancelled`, `Unknown`, `InvalidArgument`"),
        "{text}"
    );
    assert!(text.ends_with("`Unauthenticated`\ndid you mean `NotFound`?"), "{text}");
}

#[test]
fn what_cannot_be_an_error() {
    let first_line =
        |item: TokenStream| complaints(expanded(item, "app"))[0].lines().next().unwrap_or_default().to_owned();
    assert!(
        first_line(quote!(
            struct E;
        ))
        .starts_with("`#[derive(micro::Error)]` goes on an enum")
    );
    assert!(
        first_line(quote!(
            enum E {}
        ))
        .starts_with("`E` needs a catch-all variant")
    );
    assert!(
        first_line(quote!(
            enum E<T> {
                Other(micro::Error),
            }
        ))
        .ends_with("write one enum for each type")
    );
    assert!(
        first_line(quote!(
            enum E {
                #[error(other)]
                Other,
            }
        ))
        .ends_with("write `Other(micro::Error)`")
    );
    assert!(
        first_line(quote!(
            enum E {
                #[error(other, code = Internal)]
                Other(micro::Error),
            }
        ))
        .starts_with("`other` takes no further options")
    );
    assert!(
        first_line(quote!(
            #[error("a")]
            enum E {
                Other(micro::Error),
            }
        ))
        .starts_with("each variant has its own message")
    );
    assert_eq!(
        first_line(quote!(
            #[error(pakage = "a")]
            enum E {
                Other(micro::Error),
            }
        )),
        "unknown option `pakage`; expected one of `package`, `name`, `crate`"
    );
}
