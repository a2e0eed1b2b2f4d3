use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the text of the doc comments among `attributes`.
///
/// Documentation that a macro computes (`#[doc = include_str!(..)]`) is not known here and omitted.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes.iter().filter_map(line).collect();
    lines.join("\n").trim().to_owned()
}

fn line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
    if !pair.path.is_ident("doc") {
        return None;
    }
    let text = text.value();
    Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn comments_become_text() {
        let attributes: Vec<Attribute> = parse_quote! {
            /// Greets.
            #[must_use]
            ///
            ///     indented
            #[doc = include_str!("more.md")]
        };
        assert_eq!(docs(&attributes), "Greets.\n\n    indented");
        assert_eq!(docs(&[]), "");
    }
}
