//! TLS on every wire, with certificates made for the test.

mod certificates;
mod port;
mod protocols;
mod renewal;
mod trust;

use bytes::Bytes;
use micro::app::{Running, Settings};
use micro::prelude::*;
use micro::registry::{LeaseOptions, Registry};
use micro::transport::Wire;
use micro::transport::tls::{ClientTls, Pem, ServerTls, TlsIdentity};

use crate::calls::all_shapes;
use crate::contract::{EchoClient, EchoServer, Mirror, Text};
pub use certificates::Files;

/// The settings of a program that shows the certificate `server`.
pub fn encrypt(files: &Files) -> impl FnOnce(&mut Settings) + use<> {
    show(files, "server")
}

/// The settings of a program that shows a certificate.
fn show(files: &Files, file: &str) -> impl FnOnce(&mut Settings) + use<> {
    let (certificate, key) = files.identity(file);
    move |settings| (settings.tls.certificate, settings.tls.key) = (Some(certificate), Some(key))
}

/// The settings of a program that believes the authority.
pub fn believe(files: &Files) -> impl FnOnce(&mut Settings) + use<> {
    let authority = files.authority();
    move |settings| settings.tls.authorities = Some(authority)
}

async fn serving(registry: &Registry, mirror: &Mirror, set: impl FnOnce(&mut Settings)) -> Running {
    micro::app().registry(registry.clone()).settings(set).serve(EchoServer::new(mirror.clone())).start().await.unwrap()
}

async fn calling(registry: &Registry, set: impl FnOnce(&mut Settings)) -> EchoClient {
    micro::app().registry(registry.clone()).settings(set).start().await.unwrap().get().unwrap()
}

/// The same with one wire.
fn over(wire: Wire, set: impl FnOnce(&mut Settings)) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.wire = wire;
        set(settings);
    }
}

#[tokio::test]
async fn all_shapes_go_through_tls_over_either_wire() {
    let files = Files::new();
    for (server, client, expected) in [
        (Wire::Auto, Wire::Auto, "micro/1"),
        (Wire::Auto, Wire::Http, "http"),
        (Wire::Http, Wire::Auto, "http"),
        (Wire::Native, Wire::Native, "micro/1"),
    ] {
        let (registry, mirror) = (Registry::memory(), Mirror::default());
        let app = serving(&registry, &mirror, over(server, encrypt(&files))).await;
        assert_eq!(registry.nodes("echo").await.unwrap()[0].metadata.get("tls").map(String::as_str), Some("yes"));
        let echo = calling(&registry, over(client, believe(&files))).await;
        echo.say(Text::new("a")).await.unwrap();
        assert_eq!(mirror.seen.lock().unwrap()[0].wire(), Some(expected));
        all_shapes(&echo).await;
        all_shapes(&echo.at(format!("https://{}", app.address().unwrap()))).await;
        app.stop().await.unwrap();
    }
}

/// More than sockets and records hold, both ways at once, and beside it calls that are small.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_at_a_time_goes_through_and_nothing_stands_still() {
    let files = Files::new();
    for wire in [Wire::Native, Wire::Http] {
        let (registry, mirror) = (Registry::memory(), Mirror::default());
        let app = serving(&registry, &mirror, over(wire, encrypt(&files))).await;
        let echo = calling(&registry, over(wire, believe(&files))).await;
        let long = Text::new("x".repeat(3 << 20));
        let streams = (0..4).map(|_| {
            let texts = Streaming::iter((0..200).map(|n| Text::new(n.to_string().repeat(16 << 10))));
            let echo = echo.clone();
            async move { echo.shout(texts).await.unwrap().try_collect().await.unwrap().len() }
        });
        let small = async {
            for n in 0..500 {
                assert_eq!(echo.say(Text::new(n.to_string())).await.unwrap().text, n.to_string());
            }
        };
        let (lengths, long_again, ()) =
            tokio::join!(futures_util::future::join_all(streams), echo.say(long.clone()), small);
        assert_eq!((lengths, long_again.unwrap() == long), (vec![200; 4], true), "{wire:?}");
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_given_in_code_needs_no_files() {
    let files = Files::new();
    let text = |path: std::path::PathBuf| Pem::text(Bytes::from(std::fs::read(path).unwrap()));
    let (certificate, key) = files.identity("server");
    let tls = ServerTls::new(TlsIdentity { certificate: text(certificate), key: text(key) }).unwrap();
    let believing = ClientTls::new().with_authorities(text(files.authority())).unwrap();
    drop(files);

    let registry = Registry::memory();
    let app = micro::app().registry(registry.clone()).server_tls(tls).serve(EchoServer::new(Mirror::default()));
    let app = app.start().await.unwrap();
    let caller = micro::app().registry(registry.clone()).client_tls(believing).start().await.unwrap();
    all_shapes(&caller.get::<EchoClient>().unwrap()).await;
    app.stop().await.unwrap();
}

/// A node may list `micro/1` and stand behind something that ends TLS and speaks HTTP alone.
#[tokio::test]
async fn who_does_not_agree_on_micro_1_is_called_over_http_inside_tls() {
    let files = Files::new();
    let (registry, mirror) = (Registry::memory(), Mirror::default());
    let app = serving(&Registry::memory(), &mirror, over(Wire::Http, encrypt(&files))).await;
    let node = micro::registry::Node::new("echo", app.address().unwrap().to_string());
    let methods = ["Say", "Letters", "Join", "Shout", "Nothing"].map(|name| format!("/it.Echo/{name}"));
    let mut node = node.with_metadata("wire", "micro/1").with_metadata("tls", "yes");
    node.endpoints.extend(methods);
    let _listed = registry.register(node, LeaseOptions::default()).await.unwrap();

    all_shapes(&calling(&registry, believe(&files)).await).await;
    assert!(mirror.seen.lock().unwrap().iter().all(|context| context.wire() == Some("http")));
    let native = calling(&registry, over(Wire::Native, believe(&files))).await;
    let error = native.say(Text::new("a")).await.unwrap_err();
    assert_eq!(
        (error.code(), error.execution()),
        (Code::Unavailable, micro::errors::Execution::NotStarted),
        "{error:#}"
    );
    app.stop().await.unwrap();
}
