//! A secret is shown by no derive, wherever it stands.

use micro::config::Secret;

const CANARY: &str = "open sesame";

#[derive(Debug)]
#[micro::config(prefix = "above")]
pub struct Above {
    pub password: Secret<String>,
    pub token: Option<Secret<String>>,
    #[config(default)]
    pub keys: Vec<Secret<String>>,
}

#[micro::config(prefix = "below")]
#[derive(Debug)]
pub struct Below {
    pub password: Secret<String>,
    pub token: Option<Secret<String>>,
    #[config(default)]
    pub keys: Vec<Secret<String>>,
}

fn secret() -> Secret<String> {
    Secret::new(CANARY.to_owned())
}

fn main() {
    let above = Above { password: secret(), token: Some(secret()), keys: vec![secret()] };
    let below = Below { password: secret(), token: Some(secret()), keys: vec![secret()] };
    for shown in [format!("{above:?} {above:#?}"), format!("{below:?} {below:#?}")] {
        assert!(shown.contains("***") && !shown.contains(CANARY), "{shown}");
    }
    assert_eq!(above.password.expose(), below.password.expose());
}
