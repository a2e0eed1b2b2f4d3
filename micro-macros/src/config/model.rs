//! Model: keys, defaults and checks, with omitted parts filled in.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::{Expr, ExprLit, ExprUnary, Ident, Lit, LitStr, Path, Type, UnOp};

use super::input::{Body, Checks, Input, Member, Variant};
use crate::message::{named, without_self};
use crate::options::FlagOrValue;
use crate::report::Report;
use crate::syntax::{CratePath, kebab_case};

/// Settings, as the generated code describes them.
pub(super) struct Model {
    /// Parsed input, whose item is emitted unchanged.
    pub(super) input: Input,
    /// Package that is being compiled.
    pub(super) package: String,
    pub(super) ident: Ident,
    pub(super) docs: String,
    pub(super) home: CratePath,
    pub(super) prefix: Option<LitStr>,
    pub(super) validate: Option<Path>,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    /// A struct.
    Section(Vec<Field>),
    /// An enum: one of several words.
    Choice(Vec<Choice>),
}

/// One setting of a struct.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    pub(super) key: Key,
    pub(super) docs: String,
    pub(super) default: Option<Default>,
    pub(super) env: Vec<LitStr>,
    pub(super) flag: Option<LitStr>,
    /// Place of a `secret` flag on a field that should have a secret type.
    pub(super) secret: Option<Ident>,
    pub(super) checks: Vec<Check>,
    pub(super) deprecated: Option<LitStr>,
    pub(super) restart: bool,
}

/// Key of a field or a variant in a file.
pub(super) struct Key {
    pub(super) text: String,
    pub(super) span: Span,
}

/// Default value of a setting.
pub(super) enum Default {
    /// `Default` of the setting's type.
    OfType,
    /// A literal, as written in a file.
    Literal(Literal, Expr),
    /// An expression of the setting's type.
    Expression(Expr),
}

/// A default that is written like a value in a file.
#[derive(Debug, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Integer(i128),
    Float(f64),
    Switch(bool),
}

/// Constraint on a value in addition to its type.
pub(super) enum Check {
    Range(Expr),
    Length(Expr),
    Regex(LitStr),
    With(Expr),
}

/// One word of a choice.
pub(super) struct Choice {
    pub(super) ident: Ident,
    pub(super) key: Key,
    pub(super) docs: String,
}

impl Model {
    pub(super) fn from_input(input: Input, package: &str, report: &mut Report) -> Self {
        let shape = match &input.body {
            Body::Struct(members) => {
                Shape::Section(members.iter().map(|member| Field::from_input(member, &input.ident, report)).collect())
            }
            Body::Enum(variants) => Shape::Choice(variants.iter().map(Choice::from_input).collect()),
        };
        Model {
            ident: input.ident.clone(),
            docs: input.docs.clone(),
            home: input.options.home.clone(),
            prefix: input.options.prefix.clone(),
            validate: input.options.validate.clone(),
            package: package.to_owned(),
            shape,
            input,
        }
    }

    /// Returns `true` if no setting is required, judged by the spelling of types. Such settings have a `Default`.
    pub(super) fn has_default(&self) -> bool {
        matches!(&self.shape, Shape::Section(fields) if !fields.iter().any(Field::is_required))
    }
}

impl Field {
    fn from_input(member: &Member, this: &Ident, report: &mut Report) -> Self {
        let options = &member.options;
        Field {
            ident: member.ident.clone(),
            ty: without_self(&member.ty, this),
            key: Key::from_input(&options.name, &member.ident, |name| name),
            docs: member.docs.clone(),
            default: options.default.as_ref().map(|default| Default::from_input(default, report)),
            env: options.env.clone(),
            flag: options.flag.clone(),
            secret: options.secret.clone(),
            checks: checks(&options.checks),
            deprecated: options.deprecated.clone(),
            restart: options.reload.is_some_and(|reload| reload.value == "restart"),
        }
    }

    /// Returns `true` if the setting is required. An `Option` under another name, and a struct whose settings all have defaults,
    /// are not recognized here.
    fn is_required(&self) -> bool {
        let optional = named(&self.ty).is_some_and(|(name, inner)| name == "Option" && inner.len() == 1);
        self.default.is_none() && !optional
    }
}

impl Key {
    fn from_input(written: &Option<LitStr>, ident: &Ident, made: impl FnOnce(String) -> String) -> Self {
        match written {
            Some(name) => Key { text: name.value(), span: name.span() },
            None => Key { text: made(ident.unraw().to_string()), span: ident.span() },
        }
    }
}

impl Choice {
    fn from_input(variant: &Variant) -> Self {
        Choice {
            ident: variant.ident.clone(),
            key: Key::from_input(&variant.name, &variant.ident, |name| kebab_case(&name)),
            docs: variant.docs.clone(),
        }
    }
}

impl Default {
    fn from_input(written: &FlagOrValue, report: &mut Report) -> Self {
        match &written.value {
            None => Default::OfType,
            Some(expression) => match literal(expression, report) {
                Some(literal) => Default::Literal(literal, expression.clone()),
                None => Default::Expression(expression.clone()),
            },
        }
    }
}

/// Returns the value that a file would have in place of a literal. A literal with a type suffix, `30u8`, is an expression of
/// that type.
fn literal(expression: &Expr, report: &mut Report) -> Option<Literal> {
    match expression {
        Expr::Group(group) => literal(&group.expr, report),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match literal(expr, report)? {
            Literal::Integer(value) => Some(Literal::Integer(-value)),
            Literal::Float(value) => Some(Literal::Float(-value)),
            Literal::Text(_) | Literal::Switch(_) => None,
        },
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(text) => Some(Literal::Text(text.value())),
            Lit::Char(letter) => Some(Literal::Text(letter.value().to_string())),
            Lit::Bool(switch) => Some(Literal::Switch(switch.value)),
            Lit::Int(number) if number.suffix().is_empty() => {
                Some(Literal::Integer(report.keep(number.base10_parse()).unwrap_or_default()))
            }
            Lit::Float(number) if number.suffix().is_empty() => {
                Some(Literal::Float(report.keep(number.base10_parse()).unwrap_or_default()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn checks(written: &Checks) -> Vec<Check> {
    let range = written.range.iter().cloned().map(Check::Range);
    let length = written.length.iter().cloned().map(Check::Length);
    let regex = written.regex.iter().cloned().map(Check::Regex);
    range.chain(length).chain(regex).chain(written.with.iter().cloned().map(Check::With)).collect()
}
