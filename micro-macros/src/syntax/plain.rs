//! Requirements on a function that micro calls.

use syn::{Safety, Signature};

use super::printed;
use crate::report::Report;

/// Refuses everything but a plain `async fn` without parameters in angle brackets. `what` names the function in messages,
/// and `why` is the reason against such parameters.
pub(crate) fn plain_async(signature: &Signature, what: &str, why: &str, report: &mut Report) {
    let plain = |word: &str| format!("{what} is a plain `async fn`: remove `{word}`");
    if let Some(constness) = &signature.constness {
        report.error(constness, plain("const"));
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        report.error(unsafety, plain("unsafe"));
    }
    if let Some(abi) = &signature.abi {
        report.error(abi, plain(&printed(abi)));
    }
    if signature.asyncness.is_none() {
        report.error(signature.fn_token, format!("{what} is `async`: write `async fn {}`", signature.ident));
    }
    if !signature.generics.params.is_empty() {
        report.error(&signature.generics, format!("{what} has no parameters in angle brackets: {why}"));
    } else if let Some(clause) = &signature.generics.where_clause {
        report.error(clause, format!("{what} has no `where` clause"));
    }
}
