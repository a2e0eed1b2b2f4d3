//! What it means: methods, some of which ask for the context, and whether to register them.

use proc_macro2::{Span, TokenStream};
use syn::{FnArg, PatType};

use crate::options::Options;
use crate::report::Report;
use crate::syntax::{Function, Home, Implementation, Member, is_context, is_helper, members};

/// Everything the attribute stands for.
pub(super) struct Handler {
    pub(super) home: Home,
    pub(super) manual: bool,
    pub(super) written: Implementation,
    pub(super) members: Vec<Part>,
    /// `#[subscriber]` attributes.
    pub(super) subscribers: Vec<Span>,
    /// Other attributes of ours, which belong elsewhere.
    pub(super) strays: Vec<(&'static str, Span)>,
}

/// A member of the block.
pub(super) enum Part {
    /// A method, the context taken out of its signature.
    Method { function: Box<Function>, contexts: Vec<PatType> },
    /// Anything else, as it was typed.
    Other(TokenStream),
}

const HELPERS: [&str; 4] = ["method", "handler", "init", "subscriber"];

impl Handler {
    pub(super) fn understand(written: Implementation, options: TokenStream, report: &mut Report) -> Self {
        let mut options = Options::of_tokens(options, report);
        let manual = options.flag("manual").is_some();
        let home = Home::new(options.path("crate"));
        options.finish();

        let mut handler =
            Self { home, manual, members: vec![], subscribers: vec![], strays: vec![], written: written.clone() };
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
        let (contexts, inputs) = function.signature.inputs.into_iter().partition::<Vec<_>, _>(is_context);
        function.signature.inputs = inputs.into_iter().collect();
        let typed = |argument| match argument {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        };
        Part::Method { function, contexts: contexts.into_iter().filter_map(typed).collect() }
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
