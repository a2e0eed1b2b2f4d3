//! The static description: one for the service, and one type for each method.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::options::Extension;
use crate::service::model::{Method, Service};
use crate::syntax::duration;

/// Returns the name of the description inside `const _`.
pub(super) fn name() -> Ident {
    Ident::new("__MICRO_SERVICE", Span::call_site())
}

pub(super) fn service(service: &Service) -> TokenStream {
    let micro = service.home.private();
    let this = name();
    let (name, package, contract) = (&service.name.value, &service.package.value, service.contract_name());
    let version = service.version.as_ref().map(|version| quote!(.version(#version)));
    let docs = docs(&service.docs);
    let extensions = extensions(&service.extensions);
    let methods = service.methods.iter().map(|method| described(service, method));
    quote! {
        static #this: #micro::ServiceDesc = #micro::ServiceDesc::new(#name, #package, #contract)
            #version
            #docs
            #extensions
            .methods(&[#(#methods),*]);
    }
}

fn described(service: &Service, method: &Method) -> TokenStream {
    let micro = service.home.private();
    let (spec, wire, path) = (&method.spec, &method.wire.value, service.path_of(method));
    let docs = docs(&method.docs);
    let timeout = method.timeout.map(|timeout| {
        let timeout = duration(timeout.value);
        quote!(.with_timeout(#timeout))
    });
    let idempotent = method.idempotent.as_ref().map(|_| quote!(.idempotent()));
    let no_side_effects = method.no_side_effects.as_ref().map(|_| quote!(.no_side_effects()));
    let deprecated = method.deprecated.as_ref().map(|note| quote!(.deprecated(#note)));
    let extensions = extensions(&method.extensions);
    quote! {
        #micro::MethodDesc::of::<#spec>(#wire, #path)
            #docs #timeout #idempotent #no_side_effects #deprecated #extensions
    }
}

fn extensions(extensions: &[Extension]) -> Option<TokenStream> {
    let pairs = extensions.iter().map(|Extension { name, json }| quote!((#name, #json)));
    (!extensions.is_empty()).then(|| quote!(.extensions(&[#(#pairs),*])))
}

fn docs(text: &str) -> Option<TokenStream> {
    (!text.is_empty()).then(|| quote!(.docs(#text)))
}

/// Emits the types of each method and its index in the table.
pub(super) fn specs(service: &Service) -> TokenStream {
    let micro = service.home.private();
    let this = name();
    let specs = service.methods.iter().enumerate().map(|(index, method)| {
        let (spec, output) = (&method.spec, method.function.output());
        let input = match method.message() {
            Some(message) => {
                let ty = &message.ty;
                quote!(#ty)
            }
            None => quote!(()),
        };
        quote! {
            struct #spec;
            impl #micro::MethodSpec for #spec {
                type In = #input;
                type Out = #output;
                const INDEX: ::core::primitive::usize = #index;
                const SERVICE: &'static #micro::ServiceDesc = &#this;
            }
        }
    });
    quote!(#(#specs)*)
}

/// Emits the table of entries for an implementation `this`, in the order of the description.
pub(super) fn entries(service: &Service) -> TokenStream {
    let micro = service.home.private();
    let specs = service.methods.iter().map(|method| &method.spec);
    quote!(const { &[#(#micro::MethodVTable::of::<#specs>()),*] })
}
