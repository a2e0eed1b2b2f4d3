//! Model: methods, some with the context or settings as parameters, and a flag for their registration. In a block without a
//! contract: event handlers.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use syn::{FnArg, Ident, Pat, PatType, Type};

use crate::options::Options;
use crate::report::Report;
use crate::subscriber::Subscriber;
use crate::syntax::{
    CratePath, Function, Implementation, Member, by_mutable_reference, by_reference, is_context, is_helper, members,
    without_helpers,
};

/// Content of the attribute and its block.
pub(super) struct Handler {
    pub(super) home: CratePath,
    pub(super) manual: Option<Ident>,
    pub(super) written: Implementation,
    pub(super) members: Vec<Part>,
    /// Subscribers of a block without a contract.
    pub(super) subscribers: Vec<Subscriber>,
    /// `#[init]` functions of a block without a contract.
    pub(super) inits: Vec<Function>,
    /// Functions with both `#[subscriber]` and `#[init]`, which are refused.
    pub(super) torn: Vec<Ident>,
    /// Parameters taken by `&mut`.
    pub(super) mutable: Vec<PatType>,
    /// Attributes of ours which belong elsewhere, with their spans.
    pub(super) strays: Vec<(&'static str, Span)>,
}

/// A member of the block.
pub(super) enum Part {
    /// A method whose context and extracted parameters were removed from its signature.
    Method { function: Box<Function>, contexts: Vec<PatType>, extracted: Vec<Extracted> },
    /// Anything else, unchanged.
    Other(TokenStream),
}

/// A parameter that is extracted from the context of a call: `config: &GreeterConfig`.
pub(super) struct Extracted {
    pub(super) pattern: Pat,
    pub(super) ty: Type,
}

const HELPERS: [&str; 4] = ["method", "handler", "init", "subscriber"];

impl Handler {
    pub(super) fn from_input(written: Implementation, options: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(options, report);
        let manual = options.flag("manual");
        let home = CratePath::new(options.path("crate"));
        options.finish();

        let mut handler = Self {
            home,
            manual,
            members: vec![],
            subscribers: vec![],
            inits: vec![],
            torn: vec![],
            mutable: vec![],
            strays: vec![],
            written: written.clone(),
        };
        for member in members(&written.block, report) {
            let part = handler.part(member, report);
            handler.members.push(part);
        }
        handler
    }

    /// Returns `true` if `micro::run()` finds the handler: there is a single type to build.
    pub(super) fn is_registered(&self) -> bool {
        self.manual.is_none() && self.written.generics.params.is_empty()
    }

    fn part(&mut self, member: Member, report: &mut Report) -> Part {
        let mut function = match member {
            Member::Function(function) => function,
            Member::Other { tokens, .. } => return Part::Other(tokens),
        };
        if self.written.contract.is_none() {
            return self.alone(*function, report);
        }
        self.note_strays(&function, &HELPERS);
        function.attributes = without_helpers(&function.attributes, &HELPERS, &self.home);
        let (mut contexts, mut extracted) = (vec![], vec![]);
        for input in std::mem::take(&mut function.signature.inputs) {
            let asked = by_reference(&input).cloned();
            let (is_context, is_mutable) = (is_context(&input), by_mutable_reference(&input).is_some());
            match (input, asked) {
                (FnArg::Typed(typed), Some(ty)) => extracted.push(Extracted { pattern: *typed.pat, ty }),
                (FnArg::Typed(typed), None) if is_context => contexts.push(typed),
                (FnArg::Typed(typed), None) if is_mutable => self.mutable.push(typed),
                (other, _) => function.signature.inputs.push(other),
            }
        }
        Part::Method { function, contexts, extracted }
    }

    /// Returns the types that methods extract, each once.
    pub(super) fn extracted(&self) -> Vec<&Type> {
        let mut types: Vec<&Type> = vec![];
        for member in &self.members {
            let Part::Method { extracted, .. } = member else { continue };
            for parameter in extracted {
                if !types.contains(&&parameter.ty) {
                    types.push(&parameter.ty);
                }
            }
        }
        types
    }

    /// Reads a method of a block without a contract. The method stays unchanged: there is no signature to match.
    fn alone(&mut self, mut function: Function, report: &mut Report) -> Part {
        self.note_strays(&function, &["method", "handler"]);
        let written = function.clone();
        function.attributes = without_helpers(&function.attributes, &HELPERS, &self.home);
        let tokens = function.to_token_stream();
        match (written.has_helper("init", &self.home), written.has_helper("subscriber", &self.home)) {
            (false, false) => {}
            (false, true) => self.subscribers.push(Subscriber::of_method(written, &self.home, report)),
            (true, false) => self.inits.push(function),
            (true, true) => self.torn.push(function.signature.ident),
        }
        Part::Other(tokens)
    }

    fn note_strays(&mut self, function: &Function, names: &[&'static str]) {
        for attribute in &function.attributes {
            for name in names.iter().filter(|name| is_helper(attribute, name, &self.home)) {
                let span = attribute.path().segments.last().map_or_else(Span::call_site, |last| last.ident.span());
                self.strays.push((name, span));
            }
        }
    }
}
