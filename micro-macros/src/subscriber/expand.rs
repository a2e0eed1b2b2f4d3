//! Expansion: a delivery becomes a call, and a link-time entry registers the function, which stays unchanged.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Type};

use super::input::{Order, Start};
use super::model::{Parameter, Role, Subscriber};
use crate::injection;
use crate::options::Time;
use crate::report::Checked;
use crate::syntax::{at, duration, printed};

/// Emits the registration of a function, without any named item.
pub(super) fn function(subscriber: &Checked<Subscriber>) -> TokenStream {
    let micro = subscriber.home.private();
    let ident = subscriber.ident();
    let acknowledged = acknowledged(subscriber);
    let entry = entry(subscriber, None);
    let manual = subscriber.written.manual.is_some().then(|| quote!(.manual()));
    quote! {
        #[allow(deprecated)]
        const _: () = {
            #acknowledged
            #micro::inventory::submit! { #entry.function(&#ident) #manual }
        };
    }
}

/// Emits the addition of a method to the registration of its block. `ty` is the type of the block.
pub(crate) fn method(subscriber: Checked<&Subscriber>, ty: &Type) -> TokenStream {
    let micro = subscriber.home.private();
    let conditions = conditions(&subscriber);
    let acknowledged = acknowledged(&subscriber);
    let entry = entry(&subscriber, Some(ty));
    quote! {
        #(#conditions)*
        #[allow(deprecated)]
        const _: () = {
            #acknowledged
            #micro::inventory::submit! { #entry }
        };
    }
}

/// Emits the function as written after an error, although no generated code calls it.
pub(super) fn stub(subscriber: &Subscriber) -> TokenStream {
    let function = &subscriber.function;
    quote!(#[allow(dead_code)] #function)
}

fn conditions(subscriber: &Subscriber) -> impl Iterator<Item = &Attribute> {
    subscriber.function.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

/// Emits the entry that is found at link time. `of` is the type whose instance handles the event.
fn entry(subscriber: &Subscriber, of: Option<&Type>) -> TokenStream {
    let micro = subscriber.home.private();
    let desc = desc(subscriber);
    let deps = subscriber.injected().map(|ty| {
        let micro = subscriber.home.private_at(ty.span());
        quote_spanned!(at(ty.span())=> #micro::Dep::of::<#ty>())
    });
    let make = make(subscriber, of);
    let ident = subscriber.ident().unraw();
    let what = match of {
        Some(ty) => format!("subscriber {}::{ident}", printed(ty)),
        None => format!("subscriber {ident}"),
    };
    let component = of.map(|ty| {
        let component = injection::component(ty, &subscriber.home);
        quote!(.of(#component))
    });
    let mut types: Vec<&Type> = vec![];
    for ty in subscriber.extracted() {
        if !types.contains(&ty) {
            types.push(ty);
        }
    }
    let needs = injection::needs(&types, &subscriber.home);
    quote! {
        #micro::SubscriberEntry::new(
            #desc,
            const { &[#(#deps),*] },
            #make,
            #micro::SourceLocation::new(::core::file!(), ::core::line!(), #what),
        ) #component #needs
    }
}

fn desc(subscriber: &Subscriber) -> TokenStream {
    let micro = subscriber.home.private();
    let (written, name) = (&subscriber.written, &subscriber.name.value);
    let topics = match (&written.topic, event_type(subscriber)) {
        (Some(topic), _) => quote!(#topic),
        (None, Some(ty)) => {
            let micro = subscriber.home.private_at(ty.span());
            quote_spanned!(at(ty.span())=> <#ty as #micro::Topical>::TOPIC)
        }
        (None, None) => quote!(""),
    };
    let queue = written.queue.as_ref().map(|queue| quote!(.queue(#queue)));
    let concurrency = written.concurrency.map(|concurrency| {
        let number = concurrency.value;
        quote!(.concurrency(#number))
    });
    let retry = written.retry.as_ref().map(|retry| {
        let max = optional(retry.max.map(|max| max.value.to_token_stream()));
        let backoff = optional(retry.backoff.map(|backoff| duration(backoff.value)));
        quote!(.retry(#max, #backoff))
    });
    let dead_letter = written.dead_letter.as_ref().map(|topic| quote!(.dead_letter(#topic)));
    let in_order = written.ordered_by.as_ref().map(|_| quote!(.in_order()));
    let durable = written.durable.as_ref().map(|_| quote!(.durable()));
    let manual_ack = subscriber.acknowledges().map(|_| quote!(.manual_ack()));
    let from = match &written.from {
        None | Some(Start::New) => None,
        Some(Start::Earliest) => Some(quote!(.from_earliest())),
        Some(Start::Time(Time { seconds, nanos })) => Some(quote!(.from_time(#seconds, #nanos))),
    };
    let broker = written.broker.as_ref().map(|name| quote!(.broker(#name)));
    quote! {
        #micro::SubscriberDesc::new(#name, #topics)
            #queue #concurrency #retry #dead_letter #in_order #durable #manual_ack #from #broker
    }
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// Emits the constructor of the handler, which runs once: injected values are looked up, and then held for every event.
fn make(subscriber: &Subscriber, of: Option<&Type>) -> TokenStream {
    let micro = subscriber.home.private();
    let taken: Vec<&Type> = subscriber.injected().collect();
    let asking = (!taken.is_empty()).then(|| asking(subscriber));
    let prepared = taken.iter().map(|ty| {
        let micro = subscriber.home.private_at(ty.span());
        quote_spanned!(at(ty.span())=> #micro::Parameter::<#ty>::prepare(__micro_resolver)?)
    });
    let resolver = if taken.is_empty() { quote!(_) } else { quote!(__micro_resolver) };
    let (hold, held) = if taken.is_empty() {
        (None, None)
    } else {
        let hold = quote!(let __micro_held = #micro::Arc::new((#(#prepared,)*)););
        (Some(hold), Some(quote!(let __micro_held = ::core::clone::Clone::clone(&__micro_held);)))
    };
    let (instance, this, same) = match of {
        None => (quote!(_), None, None),
        Some(ty) => {
            let this = quote!(let __micro_this = #micro::instance::<#ty>(__micro_instance););
            (
                quote!(__micro_instance),
                Some(this),
                Some(quote!(let __micro_this = ::core::clone::Clone::clone(&__micro_this);)),
            )
        }
    };
    let body = handled(subscriber, of);
    // An unusable future is an error about the return type, so the span is that of the return type.
    let span = returned(subscriber);
    let there = subscriber.home.private_at(span);
    let handle = quote_spanned!(at(span)=> move |__micro_given| { #same #held async move { #body } });
    let subscriber = match key(subscriber) {
        Some(key) => quote_spanned!(at(span)=> #there::keyed_subscriber(#key, #handle)),
        None => quote_spanned!(at(span)=> #there::subscriber(#handle)),
    };
    quote! {
        |#instance, #resolver| {
            #asking
            #this
            #hold
            ::core::result::Result::Ok(#subscriber)
        }
    }
}

/// Emits the handling of one delivery: the event is decoded, other parameters are prepared, and the author's function is
/// called.
fn handled(subscriber: &Subscriber, of: Option<&Type>) -> TokenStream {
    let home = &subscriber.home;
    let given = quote!(__micro_given.context());
    let (mut before, mut arguments) = (vec![], vec![]);
    let (mut extracted, mut taken) = (0_usize, 0_usize);
    for Parameter { typed, role } in &subscriber.parameters {
        let ty = &*typed.ty;
        let span = at(ty.span());
        match role {
            Role::Event => {
                before.insert(0, quote_spanned!(span=> let __micro_event = __micro_given.decode::<#ty>()?;));
                arguments.push(quote!(__micro_event));
            }
            Role::Context => arguments.push(given.clone()),
            Role::Extracted(ty) => {
                let (name, micro) = (format_ident!("__micro_held{extracted}"), home.private());
                let value = injection::from_context(ty, &given, home);
                before.push(quote!(let #name = #value;));
                arguments.push(quote!(#micro::Borrow::borrow(&#name)));
                extracted += 1;
            }
            Role::Injected => {
                let (name, index) = (format_ident!("__micro_taken{taken}"), syn::Index::from(taken));
                before.push(quote_spanned!(span=> let #name = __micro_held.#index.take(&__micro_given);));
                arguments.push(quote!(#name));
                taken += 1;
            }
            Role::ExtractedMutably => {}
        }
    }
    let span = returned(subscriber);
    let mut ident = subscriber.ident().clone();
    ident.set_span(span);
    let call = match of {
        Some(ty) => quote_spanned!(at(span)=> <#ty>::#ident(&__micro_this, #(#arguments),*)),
        None => quote_spanned!(at(span)=> #ident(#(#arguments),*)),
    };
    let micro = home.private_at(span);
    let result = quote_spanned!(at(span)=> #micro::Handled::into_result(#call.await));
    quote!(#(#before)* #result)
}

/// Emits the ordering key, if the author sets one.
fn key(subscriber: &Subscriber) -> Option<TokenStream> {
    let Some(Order::By(expression)) = &subscriber.written.ordered_by else { return None };
    let event = subscriber.event()?;
    let (pattern, ty) = (&event.typed.pat, &event.typed.ty);
    let span = expression.span();
    let (micro, there) = (subscriber.home.private(), subscriber.home.private_at(span));
    let text = quote_spanned!(at(span)=> #there::OrderKey::key(&(#expression)));
    Some(quote! {
        |__micro_raw| {
            let __micro_event = #micro::read_event::<#ty>(__micro_raw)?;
            #[allow(unused)]
            let #pattern: &#ty = &__micro_event;
            ::core::result::Result::Ok(#text)
        }
    })
}

/// Emits the checks that require types: a parameter of type `Ack` if manual acknowledgement is set, and only then.
fn acknowledged(subscriber: &Subscriber) -> Option<TokenStream> {
    let types: Vec<&Type> = subscriber.injected().collect();
    let is_ack = |ty: &&Type| {
        let micro = subscriber.home.private_at(ty.span());
        quote_spanned!(at(ty.span())=> #micro::Parameter::<#ty>::IS_ACK)
    };
    let asserted = match subscriber.acknowledges() {
        Some(span) => {
            let any = types.iter().map(is_ack);
            let message = "`ack = \"manual\"` needs a parameter of type `Ack`, which acknowledges the event";
            vec![quote_spanned!(at(span)=> ::core::assert!(#(#any)||*, #message);)]
        }
        None => {
            let message = "a parameter of type `Ack` needs `ack = \"manual\"`";
            let none = |ty: &&Type| {
                let is_ack = is_ack(ty);
                quote_spanned!(at(ty.span())=> ::core::assert!(!#is_ack, #message);)
            };
            types.iter().map(none).collect()
        }
    };
    let asking = asking(subscriber);
    (!types.is_empty()).then(|| {
        quote! {
            const _: () = {
                #asking
                #(#asserted)*
            };
        }
    })
}

fn asking(subscriber: &Subscriber) -> TokenStream {
    let micro = subscriber.home.private();
    quote! {
        #[allow(unused_imports)]
        use #micro::AnyParameter as _;
    }
}

fn event_type(subscriber: &Subscriber) -> Option<&Type> {
    subscriber.event().map(|event| &*event.typed.ty)
}

fn returned(subscriber: &Subscriber) -> Span {
    subscriber.function.output().map_or_else(|| subscriber.ident().span(), |output| output.span())
}
