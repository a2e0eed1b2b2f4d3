//! Model: a service with a name, and methods with one request and one response message.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt as _;
use syn::{Attribute, FnArg, Generics, Ident, LitStr, Pat, Type, TypeParamBound, Visibility};

use crate::options::{Extension, Given, Options};
use crate::report::Report;
use crate::service::input::{Input, Trait};
use crate::subscriber::Subscriber;
use crate::syntax::{
    CratePath, Function, Implementation, Member, by_mutable_reference, by_reference, docs, is_context, is_helper,
    kebab_case, members, upper_camel_case, without_helpers,
};

/// Content of the attribute and its item.
pub(super) struct Service {
    pub(super) home: CratePath,
    /// The trait of a contract, or the type of an `impl` block.
    pub(super) ident: Ident,
    pub(super) source: Source,
    /// Name in the registry.
    pub(super) name: Given<String>,
    pub(super) package: Given<String>,
    pub(super) version: Option<LitStr>,
    pub(super) extensions: Vec<Extension>,
    pub(super) docs: String,
    pub(super) methods: Vec<Method>,
}

/// Place of the methods' declaration.
#[expect(clippy::large_enum_variant, reason = "there is one of them in an expansion")]
pub(super) enum Source {
    Contract(Contract),
    Inherent(Inherent),
}

/// A trait without its methods.
pub(super) struct Contract {
    pub(super) written: Trait,
    /// Constants and types, which are refused.
    pub(super) others: Vec<(&'static str, TokenStream)>,
    /// `#[subscriber]` attributes, which are refused too.
    pub(super) subscribers: Vec<Span>,
}

/// An `impl` block with all of its members in order, without helper attributes.
pub(super) struct Inherent {
    pub(super) written: Implementation,
    pub(super) members: Vec<Member>,
    pub(super) inits: Vec<Function>,
    pub(super) subscribers: Vec<Subscriber>,
    /// `#[method(..)]` on methods that are not endpoints.
    pub(super) stray: Vec<Span>,
    /// Methods with two of `#[handler]`, `#[init]`, `#[subscriber]`.
    pub(super) torn: Vec<Ident>,
}

/// One endpoint.
pub(super) struct Method {
    /// The function as written, without helper attributes.
    pub(super) function: Function,
    /// Name of the method's description among the generated items.
    pub(super) spec: Ident,
    /// Name on the wire.
    pub(super) wire: Given<String>,
    pub(super) docs: String,
    pub(super) timeout: Option<Given<Duration>>,
    pub(super) idempotent: Option<Ident>,
    pub(super) no_side_effects: Option<Ident>,
    pub(super) deprecated: Option<LitStr>,
    pub(super) extensions: Vec<Extension>,
    /// Parameters without the receiver.
    pub(super) parameters: Vec<Parameter>,
}

/// One parameter of an endpoint.
pub(super) struct Parameter {
    pub(super) pattern: Pat,
    pub(super) ty: Type,
    pub(super) role: Role,
    /// Type behind the reference, for a parameter that is extracted from the context.
    pub(super) extracted: Option<Type>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// `ctx: &Context`, passed by the framework.
    Context,
    /// `config: &GreeterConfig`, extracted from the context by the framework.
    Extracted,
    /// The request.
    Message,
}

const HELPERS: [&str; 4] = ["method", "handler", "init", "subscriber"];
const OTHER_HELPERS: [&str; 3] = ["method", "handler", "init"];

impl Service {
    pub(super) fn from_input(input: Input, options: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(options, report);
        let name = options.text("name");
        let package = options.text("package");
        let version = options.text("version");
        let extensions = options.extensions();
        let home = CratePath::new(options.path("crate"));
        options.finish();

        let (ident, docs) = match &input {
            Input::Trait(written) => (written.ident.clone(), docs(&written.attributes)),
            Input::Impl(written) => (type_name(&written.ty), docs(&written.attributes)),
        };
        let (source, methods) = match input {
            Input::Trait(written) => contract(written, &home, report),
            Input::Impl(written) => inherent(written, &home, report),
        };
        let name = given(name, &ident, || kebab_case(&ident.unraw().to_string()));
        let package = given(package, &ident, || name.value.replace('-', "_"));
        Self { home, ident, source, name, package, version, extensions, docs, methods }
    }

    /// Returns the trait's or type's name on the wire.
    pub(super) fn contract_name(&self) -> String {
        self.ident.unraw().to_string()
    }

    pub(super) fn client(&self) -> Ident {
        format_ident!("{}Client", self.ident.unraw(), span = self.ident.span())
    }

    pub(super) fn server(&self) -> Ident {
        format_ident!("{}Server", self.ident.unraw(), span = self.ident.span())
    }

    pub(super) fn path_of(&self, method: &Method) -> String {
        format!("/{}.{}/{}", self.package.value, self.contract_name(), method.wire.value)
    }

    /// Returns the functions that build the type of an `impl` block. There should be at most one.
    pub(super) fn inits(&self) -> &[Function] {
        match &self.source {
            Source::Contract(_) => &[],
            Source::Inherent(inherent) => &inherent.inits,
        }
    }

    /// Returns the methods of an `impl` block that handle events.
    pub(super) fn subscribers(&self) -> &[Subscriber] {
        match &self.source {
            Source::Contract(_) => &[],
            Source::Inherent(inherent) => &inherent.subscribers,
        }
    }

    pub(super) fn generics(&self) -> &Generics {
        match &self.source {
            Source::Contract(contract) => &contract.written.generics,
            Source::Inherent(inherent) => &inherent.written.generics,
        }
    }
}

impl Contract {
    pub(super) fn visibility(&self) -> &Visibility {
        &self.written.visibility
    }

    /// Returns the author's own supertraits, in addition to those of every contract.
    pub(super) fn own_supertraits(&self) -> impl Iterator<Item = &TypeParamBound> {
        self.written.supertraits.iter()
    }
}

impl Method {
    pub(super) fn ident(&self) -> &Ident {
        &self.function.signature.ident
    }

    /// Returns the types that are extracted from the context of each call.
    pub(super) fn extracted(&self) -> impl Iterator<Item = &Type> {
        self.parameters.iter().filter_map(|parameter| parameter.extracted.as_ref())
    }

    /// Returns the request; `None` for a method without a message.
    pub(super) fn message(&self) -> Option<&Parameter> {
        self.messages().next()
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.role == Role::Message)
    }

    fn from_input(mut function: Function, home: &CratePath, report: &mut Report) -> Self {
        let ours = function.attributes.iter().filter(|attribute| is_helper(attribute, "method", home));
        let mut options = Options::of_helpers(ours, "method", report);
        let name = options.text("name");
        let timeout = options.duration("timeout");
        let idempotent = options.flag("idempotent");
        let no_side_effects = options.flag("no_side_effects");
        let deprecated = options.text("deprecated");
        let extensions = options.extensions();
        options.finish();

        function.attributes = without_helpers(&function.attributes, &HELPERS, home);
        let ident = &function.signature.ident;
        let plain = ident.unraw().to_string();
        Self {
            spec: format_ident!("__micro_{plain}", span = ident.span()),
            wire: given(name, ident, || upper_camel_case(&plain)),
            docs: docs(&function.attributes),
            timeout,
            idempotent,
            no_side_effects,
            deprecated,
            extensions,
            parameters: function.signature.inputs.iter().filter_map(Parameter::from_input).collect(),
            function,
        }
    }
}

impl Parameter {
    fn from_input(argument: &FnArg) -> Option<Self> {
        let FnArg::Typed(typed) = argument else { return None };
        let extracted =
            by_reference(argument).or(by_mutable_reference(argument)).filter(|_| !is_context(argument)).cloned();
        let role = match extracted {
            _ if is_context(argument) => Role::Context,
            Some(_) => Role::Extracted,
            None => Role::Message,
        };
        Some(Self { pattern: (*typed.pat).clone(), ty: (*typed.ty).clone(), role, extracted })
    }

    /// Returns the name, if the pattern is a plain name.
    pub(super) fn name(&self) -> Option<&Ident> {
        match &self.pattern {
            Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => Some(&pattern.ident),
            _ => None,
        }
    }
}

fn contract(written: Trait, home: &CratePath, report: &mut Report) -> (Source, Vec<Method>) {
    let (mut methods, mut others, mut subscribers) = (vec![], vec![], vec![]);
    for member in members(&written.block, report) {
        match member {
            Member::Function(function) => {
                subscribers.extend(function.helpers("subscriber", home).map(span));
                methods.push(Method::from_input(*function, home, report));
            }
            Member::Other { what, tokens } => others.push((what, tokens)),
        }
    }
    (Source::Contract(Contract { written, others, subscribers }), methods)
}

fn inherent(written: Implementation, home: &CratePath, report: &mut Report) -> (Source, Vec<Method>) {
    let mut methods = vec![];
    let members = members(&written.block, report);
    let mut inherent =
        Inherent { written, members: vec![], inits: vec![], subscribers: vec![], stray: vec![], torn: vec![] };
    for member in members {
        let Member::Function(function) = member else {
            inherent.members.push(member);
            continue;
        };
        let mut plain = function.clone();
        plain.attributes = without_helpers(&function.attributes, &HELPERS, home);
        inherent.note(&function, home);
        if function.has_helper("init", home) {
            inherent.inits.push((*plain).clone());
        }
        if function.has_helper("subscriber", home) {
            let mut method = (*plain).clone();
            method.attributes = without_helpers(&function.attributes, &OTHER_HELPERS, home);
            inherent.subscribers.push(Subscriber::of_method(method, home, report));
        }
        if function.has_helper("handler", home) {
            methods.push(Method::from_input(*function, home, report));
        }
        inherent.members.push(Member::Function(plain));
    }
    (Source::Inherent(inherent), methods)
}

impl Inherent {
    // Records errors for `check`, before the helper attributes are removed.
    fn note(&mut self, function: &Function, home: &CratePath) {
        let roles = ["handler", "init", "subscriber"].iter().filter(|role| function.has_helper(role, home)).count();
        if roles > 1 {
            self.torn.push(function.signature.ident.clone());
        }
        let is_endpoint = function.has_helper("handler", home);
        for attribute in &function.attributes {
            if is_helper(attribute, "method", home) && !is_endpoint {
                self.stray.push(span(attribute));
            }
        }
    }
}

fn span(attribute: &Attribute) -> Span {
    attribute.path().segments.last().map_or_else(Span::call_site, |last| last.ident.span())
}

// The author's value, or a default whose errors point at `ident`.
fn given(written: Option<LitStr>, ident: &Ident, default: impl FnOnce() -> String) -> Given<String> {
    match written {
        Some(literal) => Given { value: literal.value(), span: literal.span() },
        None => Given { value: default(), span: ident.span() },
    }
}

// `check` refuses an `impl` of a type without a name; until then a placeholder is needed.
fn type_name(ty: &Type) -> Ident {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.clone()),
        _ => None,
    }
    .unwrap_or_else(|| Ident::new("Service", Span::call_site()))
}
