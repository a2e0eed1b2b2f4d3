//! Calls what two other crates declare and implement; it compiles, links and ends well.
#![no_implicit_prelude]

extern crate fancy as micro;
extern crate std;

use ::hygiene_contract::shadowed::ShadowedClient;
use ::hygiene_contract::{Plain, PlainClient, PlainServer};
use ::hygiene_implementation::{Alone, AloneClient, both};
use ::micro::Result;
use ::micro::client::ServiceClient;

async fn twice(plain: impl Plain) -> Result<()> {
    plain.twice(()).await
}

#[::std::prelude::v1::test]
fn it_ends_well() -> ::std::process::ExitCode {
    main()
}

#[::micro::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let plain = PlainClient::of(both());
    twice(::std::clone::Clone::clone(&plain)).await?;
    let _ = plain.echo(::micro::Streaming::new(::futures_util::stream::empty())).await?;

    // The contract has the names of what every client has, and its own come first.
    let shadowed = <ShadowedClient as ServiceClient>::of(both());
    shadowed.this(()).await?;
    shadowed.r#type(()).await?;
    shadowed.of(()).await?;
    shadowed.named(()).await?;
    shadowed.at(()).await?;
    shadowed.with(()).await?;
    shadowed.as_client().await?;
    shadowed.from_client(()).await?;
    shadowed.service(()).await?;
    shadowed.new(()).await?;
    shadowed.clone().await?;
    let elsewhere = ServiceClient::at(&ServiceClient::named(&shadowed, "other"), "127.0.0.1:1");
    let error = elsewhere.named(()).await.unwrap_err();
    ::std::assert_eq!(error.code(), ::micro::Code::Unavailable);

    AloneClient::of(Alone).go(()).await?;

    let settings: ::hygiene_contract::Settings = ::std::default::Default::default();
    ::std::assert_eq!((settings.text.as_str(), *settings.number.expose()), ("text", 2));
    ::std::assert!(::std::format!("{settings:?}").contains("number: ***"));

    ::std::assert_eq!(PlainServer::new(both()).desc().name(), "plain");
    let app = ::hygiene_implementation::subscribed().registry(::micro::registry::Registry::memory()).start().await?;
    let noted: ::micro::broker::Publisher<::hygiene_contract::Noted> = app.get()?;
    noted.publish(&::std::default::Default::default()).await?;
    app.stop().await?;

    ::std::println!("three crates, no prelude, another name: fine");
    ::std::result::Result::Ok(())
}
