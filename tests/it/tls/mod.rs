//! TLS on every wire, with certificates made for the test.

mod certificates;
mod trust;

use micro::app::Running;
use micro::registry::Registry;
use micro::transport::Wire;

use crate::calls::all_shapes;
use crate::contract::{Echo, EchoClient, EchoServer, Mirror, Text};
use certificates::Files;

/// Serves an `Echo` with the certificate of `files`.
async fn serving(registry: &Registry, mirror: &Mirror, files: &Files, wire: Wire) -> Running {
    let (certificate, key) = files.identity("server");
    let app = micro::app().registry(registry.clone()).set(move |settings| {
        settings.wire = wire;
        settings.tls.certificate = Some(certificate);
        settings.tls.key = Some(key);
    });
    app.serve(EchoServer::new(mirror.clone())).start().await.unwrap()
}

/// Calls it and believes the authority of `files`.
async fn calling(registry: &Registry, files: &Files, wire: Wire) -> EchoClient {
    let authorities = files.authority();
    let app = micro::app().registry(registry.clone()).set(move |settings| {
        settings.wire = wire;
        settings.tls.authorities = Some(authorities);
    });
    app.start().await.unwrap().get().unwrap()
}

#[tokio::test]
async fn all_shapes_go_through_tls_over_either_wire() {
    let files = Files::new();
    for (server, client, expected) in [
        (Wire::AsListed, Wire::AsListed, "micro/1"),
        (Wire::AsListed, Wire::Http, "http"),
        (Wire::Http, Wire::AsListed, "http"),
        (Wire::Native, Wire::Native, "micro/1"),
    ] {
        let (registry, mirror) = (Registry::memory(), Mirror::default());
        let app = serving(&registry, &mirror, &files, server).await;
        assert_eq!(registry.nodes("echo").await.unwrap()[0].metadata.get("tls").map(String::as_str), Some("yes"));
        let echo = calling(&registry, &files, client).await;
        echo.say(Text::new("a")).await.unwrap();
        assert_eq!(mirror.seen.lock().unwrap()[0].wire(), Some(expected));
        all_shapes(&echo).await;
        let address = format!("https://{}", app.address().unwrap());
        all_shapes(&echo.at(address)).await;
        app.stop().await.unwrap();
    }
}
