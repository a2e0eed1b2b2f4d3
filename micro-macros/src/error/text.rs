//! The words of a variant: a format string that names its fields.

use proc_macro2::Ident;
use syn::LitStr;

/// A format string, and the fields it names.
pub(super) struct Text {
    /// With `{0}` as `{_0}`: all arguments are captured by name.
    pub(super) literal: LitStr,
    /// Names in the text, as the author wrote them: `id`, or `0`.
    pub(super) names: Vec<String>,
    /// `true` if the text has a `{}`, which names nothing.
    pub(super) nameless: bool,
}

impl Text {
    pub(super) fn read(literal: &LitStr) -> Self {
        let written = literal.value();
        let (mut text, mut names, mut nameless) = (String::new(), vec![], false);
        let mut rest = written.as_str();
        while let Some(at) = rest.find(['{', '}']) {
            let (before, after) = rest.split_at(at);
            text.push_str(before);
            // An escaped brace, or a lone one, about which the compiler has something to say.
            if let Some(escaped) = ["{{", "}}", "}"].into_iter().find(|escaped| after.starts_with(escaped)) {
                text.push_str(escaped);
                rest = &after[escaped.len()..];
                continue;
            }
            let end = after.find('}').unwrap_or(after.len());
            let placeholder = &after[1..end];
            nameless |= argument(placeholder).0.is_empty();
            text.push('{');
            text.push_str(&captured(placeholder, &mut names));
            rest = &after[end..];
            if let Some(closed) = rest.strip_prefix('}') {
                text.push('}');
                rest = closed;
            }
        }
        text.push_str(rest);
        Text { literal: LitStr::new(&text, literal.span()), names, nameless }
    }

    /// The variable for the field `name`, where the string captures it from.
    pub(super) fn variable(&self, name: &Ident) -> Ident {
        let mut variable = name.clone();
        variable.set_span(self.literal.span());
        variable
    }
}

/// A placeholder without its braces, its arguments renamed to variables and noted.
fn captured(placeholder: &str, names: &mut Vec<String>) -> String {
    let (argument, format) = argument(placeholder);
    let mut text = variable(argument, names);
    // In the format, `0$` and `width$` are arguments too; what precedes them is a flag or a point.
    let mut pieces = format.split('$').peekable();
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            text.push_str(piece);
            break;
        }
        let start = piece.rfind(|letter: char| !(letter.is_alphanumeric() || letter == '_')).map_or(0, |at| at + 1);
        // A `0` before a width is a flag, unless it is all of the width.
        let flag = !piece[..start].ends_with('.') && piece.len() > start + 1 && piece[start..].starts_with('0');
        let start = start + usize::from(flag);
        text.push_str(&piece[..start]);
        text.push_str(&variable(&piece[start..], names));
        text.push('$');
    }
    text
}

/// Returns the argument, and the format after it, its colon included.
fn argument(placeholder: &str) -> (&str, &str) {
    let at = placeholder.find(':').unwrap_or(placeholder.len());
    let (argument, format) = placeholder.split_at(at);
    (argument.trim(), format)
}

fn variable(argument: &str, names: &mut Vec<String>) -> String {
    if !argument.is_empty() && !names.iter().any(|name| name == argument) {
        names.push(argument.to_owned());
    }
    let is_position = argument.starts_with(|first: char| first.is_ascii_digit());
    if is_position { format!("_{argument}") } else { argument.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::Span;

    #[test]
    fn arguments_become_variables() {
        for (written, text, names) in [
            ("no user `{id}`", "no user `{id}`", &["id"][..]),
            ("{0} of {1:?}, {0:>5}", "{_0} of {_1:?}, {_0:>5}", &["0", "1"]),
            ("{{id}} {id:width$.2$}", "{{id}} {id:width$._2$}", &["id", "width", "2"]),
            ("{0:01$} {a:0b$}", "{_0:0_1$} {a:0b$}", &["0", "1", "a", "b"]),
            ("nothing", "nothing", &[]),
        ] {
            let read = Text::read(&LitStr::new(written, Span::call_site()));
            assert_eq!((read.literal.value().as_str(), read.nameless), (text, false), "{written}");
            assert_eq!(read.names, names, "{written}");
        }
        for broken in ["{", "a }", "{}", "{:?}"] {
            let read = Text::read(&LitStr::new(broken, Span::call_site()));
            assert_eq!(read.literal.value(), broken);
            assert!(read.names.is_empty());
        }
    }
}
