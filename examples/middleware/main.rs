//! What wraps calls: interceptors, which see every call of every transport, and layers of `tower`, which see HTTP.
//! `cargo run --example middleware`

use std::time::Instant;

use axum::middleware::from_fn;
use micro::codec::Codec;
use micro::prelude::*;
use micro::rpc::{Call, Interceptor, Next};

#[micro::message(package = "vault")]
#[derive(Clone, Debug)]
pub struct Secret {
    pub name: String,
}

#[micro::message(package = "vault")]
#[derive(Clone, Debug)]
pub struct Value {
    pub value: String,
}

#[micro::service(name = "vault")]
pub trait Vault {
    async fn open(&self, secret: Secret) -> Result<Value>;
}

#[derive(Default)]
struct Box;

#[micro::handler]
impl Vault for Box {
    async fn open(&self, secret: Secret) -> Result<Value> {
        Ok(Value { value: format!("what is in {}", secret.name) })
    }
}

/// Around handlers: lets nobody in who does not know the word.
struct Password(&'static str);

impl Interceptor for Password {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        if call.context().metadata().get("password") != Some(self.0) {
            return Err(Error::unauthenticated("say the password"));
        }
        next.run(call).await
    }
}

/// Around calls: says what is asked, how it ended and how long that took.
struct Journal;

impl Interceptor for Journal {
    async fn call(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<()> {
        let begun = Instant::now();
        let request = call.request_bytes(Codec::JSON).unwrap_or_default();
        let result = next.run(call).await;
        let ended = result.as_ref().map_or_else(|error| error.code().as_str(), |()| "ok");
        println!("{} {} {ended}", call.method().path(), String::from_utf8_lossy(&request));
        tracing::debug!("took {:?}", begun.elapsed());
        result
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let app = micro::app()
        .mount::<Box>()
        .server_interceptor(Password("mellon"))
        .client_interceptor(Journal)
        // Any layer of `tower`: limits, compression, headers. Here a header on everything the port answers.
        .layer_http(|router| {
            router.layer(from_fn(async |request, next: axum::middleware::Next| {
                let mut response: axum::response::Response = next.run(request).await;
                response.headers_mut().insert("x-served-by", axum::http::HeaderValue::from_static("vault"));
                response
            }))
        })
        .start()
        .await?;

    let address = app.address().expect("an app that serves listens").to_string();
    let vault = app.get::<VaultClient>()?.at(address);
    let secret = || Secret { name: "the box".into() };

    let refused = vault.open(secret()).await.unwrap_err();
    println!("refused: {}", refused.message());

    let replies = micro::client::ResponseMetadata::new();
    let options = CallOptions::new().with_metadata("password", "mellon")?.with_response_metadata(&replies);
    println!("opened: {}", vault.with(options).open(secret()).await?.value);
    println!("served by: {}", replies.headers().get("x-served-by").unwrap_or("nobody"));
    app.stop().await
}
