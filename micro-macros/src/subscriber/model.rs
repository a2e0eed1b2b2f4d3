//! Model: an event, the other parameters, and the options of its delivery.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::{FnArg, Ident, PatType, Type};

use super::input::Written;
use crate::options::Given;
use crate::report::Report;
use crate::syntax::{CratePath, Function, by_mutable_reference, by_reference, is_context, kebab_case, without_helpers};

/// A function or method that handles events.
pub(crate) struct Subscriber {
    pub(super) home: CratePath,
    pub(super) place: Place,
    /// The function as written, without our attribute.
    pub(super) function: Function,
    /// Span of each occurrence of our attribute, except the one being expanded.
    pub(super) attributes: Vec<Span>,
    pub(super) written: Written,
    /// Name of the subscriber within its app, and its span.
    pub(super) name: Given<String>,
    /// Parameters without the receiver.
    pub(super) parameters: Vec<Parameter>,
}

/// Place of the function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Place {
    /// A free function.
    Free,
    /// A method of an `impl` block.
    Method,
}

/// A parameter.
pub(super) struct Parameter {
    pub(super) typed: PatType,
    pub(super) role: Role,
}

pub(super) enum Role {
    /// The first parameter that is not a context and is taken by value.
    Event,
    /// `ctx: &Context`.
    Context,
    /// `config: &AuditConfig`, and the type behind the reference.
    Extracted(Box<Type>),
    /// Taken by `&mut`, which is refused.
    ExtractedMutably,
    /// Any other value.
    Injected,
}

const HELPER: &str = "subscriber";

impl Subscriber {
    /// Creates a subscriber from a free function, with the options of its attribute.
    pub(super) fn of_function(function: Function, written: Written, home: &CratePath) -> Self {
        Self::from_input(Place::Free, function, written, home)
    }

    /// Creates a subscriber from a method with `#[subscriber(..)]`.
    pub(crate) fn of_method(function: Function, home: &CratePath, report: &mut Report) -> Self {
        let written = Written::of_method(&function, home, report);
        Self::from_input(Place::Method, function, written, home)
    }

    fn from_input(place: Place, mut function: Function, written: Written, home: &CratePath) -> Self {
        let name = |attribute: &syn::Attribute| attribute.path().segments.last().map(|last| last.ident.span());
        let attributes = function.helpers(HELPER, home).filter_map(name).collect();
        function.attributes = without_helpers(&function.attributes, &[HELPER], home);
        let ident = &function.signature.ident;
        let name = match &written.name {
            Some(literal) => Given { value: literal.value(), span: literal.span() },
            None => Given { value: kebab_case(&ident.unraw().to_string()), span: ident.span() },
        };
        let parameters = parameters(&function);
        Self { home: home.clone(), place, function, attributes, written, name, parameters }
    }

    pub(super) fn ident(&self) -> &Ident {
        &self.function.signature.ident
    }

    pub(super) fn event(&self) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| matches!(parameter.role, Role::Event))
    }

    /// Returns the types injected from the app, in the order of the parameters.
    pub(super) fn injected(&self) -> impl Iterator<Item = &Type> {
        let injected = |parameter: &&Parameter| matches!(parameter.role, Role::Injected);
        self.parameters.iter().filter(injected).map(|parameter| &*parameter.typed.ty)
    }

    /// Returns the types that are extracted from contexts, in the order of the parameters.
    pub(super) fn extracted(&self) -> impl Iterator<Item = &Type> {
        self.parameters.iter().filter_map(|parameter| match &parameter.role {
            Role::Extracted(ty) => Some(&**ty),
            _ => None,
        })
    }

    pub(super) fn acknowledges(&self) -> Option<Span> {
        self.written.ack.filter(|ack| ack.value == "manual").map(|ack| ack.span)
    }
}

fn parameters(function: &Function) -> Vec<Parameter> {
    let mut parameters = vec![];
    let mut event = Some(Role::Event);
    for input in &function.signature.inputs {
        let FnArg::Typed(typed) = input else { continue };
        let role = match by_reference(input) {
            _ if is_context(input) => Role::Context,
            Some(ty) => Role::Extracted(Box::new(ty.clone())),
            None if by_mutable_reference(input).is_some() => Role::ExtractedMutably,
            None => event.take().unwrap_or(Role::Injected),
        };
        parameters.push(Parameter { typed: typed.clone(), role });
    }
    parameters
}
