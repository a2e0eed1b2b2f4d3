//! Expansion: the item, with names, types and one call per field.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned as _;

use super::model::{Check, Choice, Default, Field, Literal, Model, Shape};
use super::{check, input::Body};
use crate::report::Checked;
use crate::syntax::at;

/// Emits the author's item and its implementations.
pub(super) fn expand(model: &Checked<Model>) -> TokenStream {
    let item = &model.input.item;
    match &model.shape {
        Shape::Section(fields) => {
            let setting = section(model, fields);
            let prefixed = prefixed(model);
            let default = model.has_default().then(|| default(model));
            let implementations = in_scope(model, &quote!(#setting #prefixed #default));
            quote!(#item #implementations)
        }
        Shape::Choice(words) => {
            let implementations = in_scope(model, &choice(model, words));
            quote!(#item #implementations)
        }
    }
}

/// Emits the author's item after an error, with placeholder implementations, so that its uses are not errors too.
pub(super) fn stub(model: &Model) -> TokenStream {
    let input = &model.input;
    let (item, ident) = (&input.item, &model.ident);
    if !input.generics.params.is_empty() {
        return item.to_token_stream();
    }
    let section = matches!(input.body, Body::Struct(_)).then(|| {
        quote! {
            impl __config::Section for #ident {
                const DESC: __config::SectionDesc = __config::SectionDesc {
                    name: "",
                    prefix: "",
                    doc: "",
                    declared: "",
                    fields: &[],
                };
            }
        }
    });
    let has_default = model.has_default() && !input.derives.iter().any(check::is_default);
    let default = has_default.then(|| default(model));
    let implementations = quote! {
        impl __config::Setting for #ident {
            fn kind() -> __config::Kind { loop {} }
            fn read(_: &__config::Node, _: &mut __config::Reader) -> ::core::option::Option<Self> { loop {} }
            fn write(&self) -> __config::Value { loop {} }
        }
        #section
        #default
    };
    let implementations = in_scope(model, &implementations);
    quote!(#item #implementations)
}

/// Emits a scope for generated items, in which `__config` is the module of micro that they use.
fn in_scope(model: &Model, items: &TokenStream) -> TokenStream {
    let micro = model.home.private();
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #[allow(unused_imports)]
            use #micro::{config as __config, config::SerdeFallback as _};
            #items
        };
    }
}

fn section(model: &Model, fields: &[Field]) -> TokenStream {
    let ident = &model.ident;
    let descriptions = fields.iter().map(description);
    let these = local("fields");
    let values: Vec<Ident> =
        (0..fields.len()).map(|index| format_ident!("value{index}", span = Span::mixed_site())).collect();
    let reads = fields.iter().enumerate().zip(&values).map(|((index, field), value)| {
        let (ty, checks) = (&field.ty, field.checks.iter().map(check));
        let span = at(ty.span());
        let driver = quote_spanned!(span=> __config::FieldCodec::<#ty>::driver());
        quote!(let #value = #these.read(#index, #driver, &[#(#checks),*]);)
    });
    let names = fields.iter().map(|field| &field.ident);
    let built = quote!(#ident { #(#names: #values?),* });
    let whole = match &model.validate {
        Some(path) => {
            let value = Ident::new("value", Span::mixed_site().located_at(path.span()));
            let checked = quote_spanned!(at(path.span())=> __config::check::with(#path(#value)));
            quote!(#these.whole(#built, |#value| #checked))
        }
        None => quote!(::core::option::Option::Some(#built)),
    };
    let writes = fields.iter().map(|field| {
        let (name, ty) = (&field.ident, &field.ty);
        let driver = quote_spanned!(at(ty.span())=> __config::FieldCodec::<#ty>::driver());
        quote!((#driver.write)(&self.#name))
    });
    let mutable = (!fields.is_empty()).then(|| quote!(mut));
    let unused = (fields.is_empty() && model.validate.is_none()).then(|| quote!(let _ = #these;));
    quote! {
        const __FIELDS: &[__config::Field] = &[#(#descriptions),*];

        // One function for a present and an absent table. Every field is read before the first `?`.
        fn __read(#mutable #these: __config::Fields<'_>) -> ::core::option::Option<#ident> {
            #unused
            #(#reads)*
            #whole
        }

        impl __config::Setting for #ident {
            fn kind() -> __config::Kind {
                __config::Kind::Section(__FIELDS)
            }

            fn read(node: &__config::Node, reader: &mut __config::Reader) -> ::core::option::Option<Self> {
                __read(reader.section(node, __FIELDS)?)
            }

            fn write(&self) -> __config::Value {
                __config::write_section(__FIELDS, [#(#writes),*])
            }

            fn absent(reader: &mut __config::Reader) -> ::core::option::Option<Self> {
                __read(reader.empty_section(__FIELDS))
            }
        }
    }
}

fn description(field: &Field) -> TokenStream {
    let (name, docs, ty) = (&field.key.text, &field.docs, &field.ty);
    let span = at(ty.span());
    let kind = quote_spanned!(span=> || (__config::FieldCodec::<#ty>::driver().kind)());
    let secret = quote_spanned!(span=> __config::FieldCodec::<#ty>::SECRET);
    let default = field.default.as_ref().map(|default| {
        let value = default_value(field, default);
        quote!(default: ::core::option::Option::Some(|| #value),)
    });
    let env = (!field.env.is_empty()).then(|| {
        let names = &field.env;
        quote!(env: &[#(#names),*],)
    });
    let flag = field.flag.as_ref().map(|flag| quote!(flag: ::core::option::Option::Some(#flag),));
    let deprecated =
        field.deprecated.as_ref().map(|instead| quote!(deprecated: ::core::option::Option::Some(#instead),));
    let reload = field.restart.then(|| quote!(reload: __config::Reload::Restart,));
    quote! {
        __config::Field {
            secret: #secret,
            #default #env #flag #deprecated #reload
            ..__config::Field::new(#name, #docs, #kind)
        }
    }
}

fn default_value(field: &Field, default: &Default) -> TokenStream {
    let ty = &field.ty;
    match default {
        Default::Literal(literal, written) => match literal {
            Literal::Text(_) => quote!(__config::text(#written)),
            Literal::Integer(_) => quote!(__config::Value::Integer(#written)),
            Literal::Float(_) => quote!(__config::Value::Float(#written)),
            Literal::Switch(_) => quote!(__config::Value::Bool(#written)),
        },
        Default::OfType => {
            let span = at(ty.span());
            quote_spanned!(span=> (__config::FieldCodec::<#ty>::driver().write)(&<#ty as ::core::default::Default>::default()))
        }
        Default::Expression(expression) => {
            let value = local("value");
            let driver = quote_spanned!(at(ty.span())=> __config::FieldCodec::<#ty>::driver());
            quote!({ let #value: #ty = #expression; (#driver.write)(&#value) })
        }
    }
}

/// Emits a check as a closure, with the span of the author's option.
fn check(check: &Check) -> TokenStream {
    let call = |name: &str, span: Span, argument: TokenStream| {
        let value = Ident::new("value", Span::mixed_site().located_at(span));
        let name = Ident::new(name, at(span));
        quote_spanned!(at(span)=> &|#value| __config::check::#name(#value, #argument))
    };
    match check {
        Check::Range(range) => call("range", range.span(), range.to_token_stream()),
        Check::Length(range) => call("length", range.span(), range.to_token_stream()),
        Check::Regex(pattern) => call("regex", pattern.span(), pattern.to_token_stream()),
        Check::With(function) => {
            let value = Ident::new("value", Span::mixed_site().located_at(function.span()));
            let function = if matches!(function, Expr::Path(_)) { quote!(#function) } else { quote!((#function)) };
            quote_spanned!(at(function.span())=> &|#value| __config::check::with(#function(#value)))
        }
    }
}

fn prefixed(model: &Model) -> Option<TokenStream> {
    let prefix = model.prefix.as_ref()?;
    let (micro, ident, docs) = (model.home.private(), &model.ident, &model.docs);
    let section = quote_spanned!(at(ident.span())=> impl __config::Section for #ident);
    let name = syn::ext::IdentExt::unraw(ident).to_string();
    Some(quote! {
        #section {
            const DESC: __config::SectionDesc = __config::SectionDesc {
                name: #name,
                prefix: #prefix,
                doc: #docs,
                declared: ::core::concat!(::core::file!(), ":", ::core::line!()),
                fields: __FIELDS,
            };
        }

        #micro::inventory::submit! { __config::SectionEntry::of::<#ident>() }
    })
}

fn default(model: &Model) -> TokenStream {
    let ident = &model.ident;
    quote! {
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                __config::declared_default()
            }
        }
    }
}

fn choice(model: &Model, words: &[Choice]) -> TokenStream {
    let ident = &model.ident;
    let names: Vec<_> = words.iter().map(|word| &word.key.text).collect();
    let docs = words.iter().map(|word| &word.docs);
    let variants: Vec<_> = words.iter().map(|word| &word.ident).collect();
    let places = 0..words.len();
    quote! {
        const __CHOICES: &[__config::Choice] = &[#(__config::Choice { name: #names, doc: #docs }),*];

        impl __config::Setting for #ident {
            fn kind() -> __config::Kind {
                __config::Kind::Choice(__CHOICES)
            }

            fn read(node: &__config::Node, reader: &mut __config::Reader) -> ::core::option::Option<Self> {
                match reader.choice(node, __CHOICES)? {
                    #(#places => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }

            fn write(&self) -> __config::Value {
                __config::word(match self {
                    #(Self::#variants => #names,)*
                })
            }
        }
    }
}

/// Returns the name of a generated variable, which cannot collide with a name of the author's.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
