//! What it means: methods, some of which ask for the context or for settings, and whether to register them.

use proc_macro2::{Span, TokenStream};
use syn::{FnArg, Pat, PatType, Type};

use crate::options::Options;
use crate::report::Report;
use crate::syntax::{Function, Home, Implementation, Member, is_context, is_helper, lent, lent_mutably, members};

/// Everything the attribute stands for.
pub(super) struct Handler {
    pub(super) home: Home,
    pub(super) manual: bool,
    pub(super) written: Implementation,
    pub(super) members: Vec<Part>,
    /// `#[subscriber]` attributes.
    pub(super) subscribers: Vec<Span>,
    /// What methods ask for by `&mut`.
    pub(super) mutable: Vec<PatType>,
    /// Other attributes of ours, which belong elsewhere.
    pub(super) strays: Vec<(&'static str, Span)>,
}

/// A member of the block.
pub(super) enum Part {
    /// A method, the context and what it is lent taken out of its signature.
    Method { function: Box<Function>, contexts: Vec<PatType>, loans: Vec<Loan> },
    /// Anything else, as it was typed.
    Other(TokenStream),
}

/// A parameter that is lent to the method for its call: `config: &GreeterConfig`.
pub(super) struct Loan {
    pub(super) pattern: Pat,
    pub(super) ty: Type,
}

const HELPERS: [&str; 4] = ["method", "handler", "init", "subscriber"];

impl Handler {
    pub(super) fn understand(written: Implementation, options: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(options, report);
        let manual = options.flag("manual").is_some();
        let home = Home::new(options.path("crate"));
        options.finish();

        let mut handler = Self {
            home,
            manual,
            members: vec![],
            subscribers: vec![],
            mutable: vec![],
            strays: vec![],
            written: written.clone(),
        };
        for member in members(&written.block, report) {
            let part = handler.part(member);
            handler.members.push(part);
        }
        handler
    }

    /// Whether `micro::run()` finds it: there is one type to build.
    pub(super) fn is_registered(&self) -> bool {
        !self.manual && self.written.generics.params.is_empty()
    }

    fn part(&mut self, member: Member) -> Part {
        let mut function = match member {
            Member::Function(function) => function,
            Member::Other { tokens, .. } => return Part::Other(tokens),
        };
        self.take_helpers(&mut function);
        let (mut contexts, mut loans) = (vec![], vec![]);
        for input in std::mem::take(&mut function.signature.inputs) {
            let asked = lent(&input).cloned();
            let (is_context, is_mutable) = (is_context(&input), lent_mutably(&input).is_some());
            match (input, asked) {
                (FnArg::Typed(typed), Some(ty)) => loans.push(Loan { pattern: *typed.pat, ty }),
                (FnArg::Typed(typed), None) if is_context => contexts.push(typed),
                (FnArg::Typed(typed), None) if is_mutable => self.mutable.push(typed),
                (other, _) => function.signature.inputs.push(other),
            }
        }
        Part::Method { function, contexts, loans }
    }

    /// Every type that methods are lent a value of, once.
    pub(super) fn lent(&self) -> Vec<&Type> {
        let mut types: Vec<&Type> = vec![];
        for member in &self.members {
            let Part::Method { loans, .. } = member else { continue };
            for loan in loans {
                if !types.contains(&&loan.ty) {
                    types.push(&loan.ty);
                }
            }
        }
        types
    }

    fn take_helpers(&mut self, function: &mut Function) {
        let home = &self.home;
        for attribute in &function.attributes {
            for name in HELPERS.into_iter().filter(|name| is_helper(attribute, name, home)) {
                let span = attribute.path().segments.last().map_or_else(Span::call_site, |last| last.ident.span());
                match name {
                    "subscriber" => self.subscribers.push(span),
                    _ => self.strays.push((name, span)),
                }
            }
        }
        function.attributes = crate::syntax::without_helpers(&function.attributes, &HELPERS, home);
    }
}
