use std::collections::BTreeMap;

/// An authenticated caller.
///
/// What fills it is authentication, a room of its own; the word lives here because every room may want to read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The name of the caller, unique within its issuer.
    pub id: String,
    /// Issuer of the identity.
    pub issuer: String,
    /// Kind of caller: `user`, `service`.
    pub kind: String,
    /// Scopes granted to the caller.
    pub scopes: Vec<String>,
    /// Whatever else the issuer says about it.
    pub claims: BTreeMap<String, String>,
}
