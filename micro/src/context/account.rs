use std::collections::BTreeMap;

/// Who is calling, once something has proved it.
///
/// What fills it is authentication, a room of its own; the word lives here because every room may want to read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The name of the caller, unique within its issuer.
    pub id: String,
    /// Who vouches for it.
    pub issuer: String,
    /// What kind of caller it is: `user`, `service`.
    pub kind: String,
    /// What it may act as.
    pub scopes: Vec<String>,
    /// Whatever else the issuer says about it.
    pub claims: BTreeMap<String, String>,
}
