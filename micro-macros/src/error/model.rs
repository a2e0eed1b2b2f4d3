//! Model: variants that are sent to the peer, and a catch-all variant for all other errors.

use proc_macro2::Span;
use quote::{ToTokens as _, format_ident};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Fields, Ident, Index, LitStr, Member, Path, Type};

use super::input::{Input, Written, is_ours};
use super::text::Text;
use crate::options::expected;
use crate::report::Report;
use crate::syntax::{CratePath, at};

/// The error, as the generated code describes it.
pub(super) struct Model {
    /// Parsed input.
    pub(super) input: Input,
    pub(super) ident: Ident,
    /// Package and name, `greeter.GreetError`: the prefix of the names of the details.
    pub(super) name: String,
    pub(super) home: CratePath,
    pub(super) variants: Vec<Variant>,
    /// The catch-all variants. There should be one.
    pub(super) others: Vec<Other>,
}

/// A variant that is sent to the peer.
pub(super) struct Variant {
    pub(super) ident: Ident,
    /// Name of the message with the variant's fields, among the generated items.
    pub(super) hidden: Ident,
    pub(super) name: Option<LitStr>,
    pub(super) docs: String,
    pub(super) code: Ident,
    pub(super) text: Text,
    pub(super) fields: Vec<Field>,
}

/// A field of a variant.
pub(super) struct Field {
    /// Name or index in the author's variant.
    pub(super) member: Member,
    /// Name in the hidden message.
    pub(super) name: Ident,
    pub(super) ty: Type,
    /// Documentation, and the `#[message(..)]` options.
    pub(super) attributes: Vec<Attribute>,
}

/// The catch-all variant, with a `micro::Error`.
pub(super) struct Other {
    pub(super) ident: Ident,
    pub(super) member: Member,
    /// Name of the held value, with the span of its type, where a type of another kind is reported.
    pub(super) held: Ident,
}

/// The codes, by number.
pub(super) const CODES: [&str; 16] = [
    "Cancelled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
];

impl Model {
    pub(super) fn from_input(input: Input, package: &str, report: &mut Report) -> Self {
        let own = input.options.name.as_ref().map_or_else(|| input.ident.unraw().to_string(), LitStr::value);
        let package = input.options.package.as_ref().map_or_else(|| package.to_owned(), LitStr::value);
        let name = if package.is_empty() { own } else { format!("{package}.{own}") };
        let home = input.options.home.clone();
        let (mut variants, mut others) = (vec![], vec![]);
        for written in &input.variants {
            if written.is_other(&home) {
                others.push(Other::from_input(written, report));
            } else {
                variants.push(Variant::from_input(written, report));
            }
        }
        Model { ident: input.ident.clone(), name, home, variants, others, input }
    }
}

impl Written {
    /// Returns `true` if the variant is marked `#[error(other)]`, or is not marked and holds a `micro::Error`.
    fn is_other(&self, home: &CratePath) -> bool {
        if self.options.any {
            return self.options.other.is_some();
        }
        let Some(Type::Path(path)) = self.only_field() else { return false };
        let segments: Vec<_> = path.path.segments.iter().map(|segment| &segment.ident).collect();
        matches!(segments[..], [krate, error] if home.is_called(krate) && error == "Error")
    }

    /// Returns the type of the field, if there is exactly one.
    pub(super) fn only_field(&self) -> Option<&Type> {
        let mut fields = self.fields.iter();
        let first = fields.next()?;
        fields.next().is_none().then_some(&first.ty)
    }
}

impl Other {
    fn from_input(written: &Written, report: &mut Report) -> Self {
        let ident = &written.ident;
        if written.only_field().is_none() {
            report.error_at(
                written.span(),
                format!("`other` marks the catch-all variant: write `{ident}(micro::Error)`"),
            );
        }
        let options = &written.options;
        if let Some(spare) = options.texts.first().map(LitStr::span).or(options.code.as_ref().map(span_of)) {
            report.error_at(spare, "`other` takes no further options: the error it holds has its own code and message");
        }
        let span = written.only_field().map_or_else(|| written.span(), |ty| ty.span());
        let held = Ident::new("error", at(span));
        Other { ident: ident.clone(), held, member: members(&written.fields).next().unwrap_or_else(|| index(0)) }
    }
}

impl Variant {
    fn from_input(written: &Written, report: &mut Report) -> Self {
        let ident = &written.ident;
        let code = code(written, report);
        let text = text(written, report);
        let count = written.fields.len();
        let fields = written.fields.iter().zip(members(&written.fields)).enumerate().map(|(at, (field, member))| {
            for stray in field.attrs.iter().filter(|attribute| is_ours(attribute)) {
                report.error(stray, "`#[error(..)]` goes on variants; `#[message(..)]` sets how a field is encoded");
            }
            let name = match &member {
                Member::Named(name) => name.clone(),
                Member::Unnamed(_) if count == 1 => format_ident!("value"),
                Member::Unnamed(_) => format_ident!("value{at}"),
            };
            let kept = |attribute: &&Attribute| ["doc", "message"].iter().any(|name| attribute.path().is_ident(name));
            Field { member, name, ty: field.ty.clone(), attributes: field.attrs.iter().filter(kept).cloned().collect() }
        });
        Variant {
            ident: ident.clone(),
            hidden: format_ident!("__Micro{}", ident.unraw(), span = ident.span()),
            name: written.options.name.clone(),
            docs: written.docs.clone(),
            fields: fields.collect(),
            code,
            text,
        }
    }

    /// Returns the wire name, without the name of the enum.
    pub(super) fn wire(&self) -> String {
        self.name.as_ref().map_or_else(|| self.ident.unraw().to_string(), LitStr::value)
    }
}

impl Field {
    /// Returns the name used in format strings.
    pub(super) fn called(&self) -> String {
        match &self.member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(index) => index.index.to_string(),
        }
    }

    /// Returns the variable that binds the field.
    pub(super) fn variable(&self) -> Ident {
        match &self.member {
            Member::Named(name) => name.clone(),
            Member::Unnamed(index) => format_ident!("_{}", index.index),
        }
    }
}

fn code(written: &Written, report: &mut Report) -> Ident {
    let ident = &written.ident;
    let stand_in = || Ident::new("Internal", Span::call_site());
    let Some(path) = &written.options.code else {
        let all = expected("", &CODES);
        report.error_at(
            written.span(),
            format!("`{ident}` has no code, which callers act on\nwrite `#[error(code = .., \"..\")]`; {all}"),
        );
        return stand_in();
    };
    let Some(last) = path.segments.last() else { return stand_in() };
    let name = last.ident.to_string();
    if CODES.contains(&name.as_str()) {
        return last.ident.clone();
    }
    report.error(path, format!("unknown code `{}`; {}", path.to_token_stream(), expected(&name, &CODES)));
    stand_in()
}

fn text(written: &Written, report: &mut Report) -> Text {
    let ident = &written.ident;
    for twice in written.options.texts.iter().skip(1) {
        report.error(twice, format!("the message of `{ident}` is written twice"));
    }
    let literal = written.options.texts.first().cloned().unwrap_or_else(|| {
        // The error about a missing code shows the syntax of both.
        if written.options.code.is_some() {
            let message = format!("`{ident}` has no message: write `#[error(code = .., \"..\")]`");
            report.error_at(written.span(), message);
        }
        LitStr::new("", Span::call_site())
    });
    Text::read(&literal)
}

fn members(fields: &Fields) -> impl Iterator<Item = Member> {
    fields.members()
}

fn index(index: u32) -> Member {
    Member::Unnamed(Index { index, span: Span::call_site() })
}

fn span_of(path: &Path) -> Span {
    path.segments.first().map_or_else(Span::call_site, |first| first.ident.span())
}
