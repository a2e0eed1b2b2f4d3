//! Who believes whom, and what is said when somebody does not.

use micro::app::Settings;
use micro::errors::Execution;
use micro::prelude::*;
use micro::registry::Registry;
use micro::testing::LogCapture;
use micro::transport::Wire;

use super::{Files, believe, calling, encrypt, over, serving, show};
use crate::contract::{EchoClient, EchoServer, Mirror, Text};

const WIRES: [Wire; 2] = [Wire::Auto, Wire::Http];

/// The call fails and cannot have run; the words say why.
async fn fails(echo: &EchoClient, why: &str) {
    let error = echo.say(Text::new("a")).await.unwrap_err();
    assert_eq!((error.code(), error.execution()), (Code::Unavailable, Execution::NotStarted), "{error:#}");
    assert!(error.message().contains(why), "{error:#}");
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_is_not_called_and_the_error_says_why() {
    let (files, others) = (Files::new(), Files::new());
    files.sign_expired("old", &["127.0.0.1"]);
    files.sign("elsewhere", &["elsewhere.example"]);
    for (shown, believed, why) in [
        ("server", &others, "no authority that is believed here has signed its certificate"),
        ("old", &files, "its certificate has expired"),
        ("elsewhere", &files, "its certificate is not one of `127.0.0.1`, but of"),
    ] {
        for wire in WIRES {
            let (registry, mirror) = (Registry::memory(), Mirror::default());
            let app = serving(&registry, &mirror, show(&files, shown)).await;
            fails(&calling(&registry, over(wire, believe(believed))).await, why).await;
            assert!(mirror.seen.lock().unwrap().is_empty());
            app.stop().await.unwrap();
        }
    }
}

#[tokio::test]
async fn peers_that_do_not_accept_each_other_do_not_try_again_at_once() {
    let logs = LogCapture::capture();
    let (files, others) = (Files::new(), Files::new());
    for (wire, believed, why) in WIRES
        .map(|wire| [(wire, &others, "no authority that is believed"), (wire, &files, "it wants to see a certificate")])
        .concat()
    {
        let registry = Registry::memory();
        let asking = |settings: &mut Settings| {
            encrypt(&files)(settings);
            settings.tls.clients = Some(files.authority());
        };
        let app = serving(&registry, &Mirror::default(), asking).await;
        let echo = calling(&registry, over(wire, believe(believed))).await;
        let before = logs.text().matches("connection closed: no TLS").count();
        for _ in 0..50 {
            fails(&echo, why).await;
        }
        app.stop().await.unwrap();
        let handshakes = logs.text().matches("connection closed: no TLS").count() - before;
        assert!((1..=3).contains(&handshakes), "{handshakes} handshakes for 50 calls over {wire:?}");
    }
}

#[tokio::test]
async fn nodes_of_the_registry_can_share_a_name_and_an_address_that_is_named_cannot() {
    let files = Files::new();
    files.sign("nodes", &["nodes.internal"]);
    for wire in WIRES {
        let registry = Registry::memory();
        let app = serving(&registry, &Mirror::default(), show(&files, "nodes")).await;
        let named = |settings: &mut Settings| {
            believe(&files)(settings);
            settings.tls.name = Some("nodes.internal".into());
        };
        let echo = calling(&registry, over(wire, named)).await;
        echo.say(Text::new("a")).await.unwrap();
        fails(&echo.at(format!("https://{}", app.address().unwrap())), "not one of `127.0.0.1`").await;
        echo.say(Text::new("a")).await.unwrap();
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn where_clients_are_asked_for_certificates_only_those_with_the_right_ones_come_in() {
    let (files, others) = (Files::new(), Files::new());
    files.sign("client", &["client"]);
    others.sign("client", &["client"]);
    for wire in WIRES {
        let (registry, mirror) = (Registry::memory(), Mirror::default());
        let asking = |settings: &mut Settings| {
            encrypt(&files)(settings);
            settings.tls.clients = Some(files.authority());
        };
        let app = serving(&registry, &mirror, asking).await;
        let client = |shown: Option<&Files>| {
            let (believe, show) = (believe(&files), shown.map(|files| show(files, "client")));
            calling(
                &registry,
                over(wire, move |settings| {
                    believe(settings);
                    show.into_iter().for_each(|show| show(settings));
                }),
            )
        };
        client(Some(&files)).await.say(Text::new("a")).await.unwrap();
        fails(&client(None).await, "it wants to see a certificate, and there is none to show").await;
        fails(&client(Some(&others)).await, "it does not accept the certificate it was shown").await;
        assert_eq!(mirror.seen.lock().unwrap().len(), 1);
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_to_be_encrypted_never_goes_in_the_clear() {
    let files = Files::new();
    for wire in WIRES {
        let (registry, mirror) = (Registry::memory(), Mirror::default());
        let app = serving(&Registry::memory(), &mirror, |_| {}).await;
        let node = micro::registry::Node::new("echo", app.address().unwrap().to_string()).with_endpoint("/it.Echo/Say");
        let node = node.with_metadata("wire", "micro/1").with_metadata("tls", "yes");
        let _listed = registry.register(node, micro::registry::LeaseOptions::default()).await.unwrap();
        let echo = calling(&registry, over(wire, believe(&files))).await;
        fails(&echo, "in the handshake of TLS").await;
        assert!(mirror.seen.lock().unwrap().is_empty());
        app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named_at_start() {
    let files = Files::new();
    files.sign("other", &["127.0.0.1"]);
    std::fs::write(files.path("empty.pem"), "nothing").unwrap();
    let (certificate, key) = files.identity("server");
    let secret: Vec<String> = std::fs::read_to_string(&key).unwrap().lines().map(str::to_owned).collect();
    let (_, wrong_key) = files.identity("other");
    let (missing, empty) = (files.path("missing.pem"), files.path("empty.pem"));
    for (certificate, key, code, words) in [
        (&missing, &key, Code::NotFound, "cannot read the certificate of TLS"),
        (&certificate, &missing, Code::NotFound, "cannot read the key of TLS"),
        (&empty, &key, Code::InvalidArgument, "there is no certificate in PEM in it"),
        (&certificate, &empty, Code::InvalidArgument, "there is no private key in PEM in it"),
        (&key, &key, Code::InvalidArgument, "there is no certificate in PEM in it"),
        (&certificate, &wrong_key, Code::InvalidArgument, "it is not the key of the certificate"),
    ] {
        let app =
            micro::app().registry(Registry::memory()).serve(EchoServer::new(Mirror::default())).settings(|settings| {
                (settings.tls.certificate, settings.tls.key) = (Some(certificate.clone()), Some(key.clone()));
            });
        let error = app.start().await.unwrap_err();
        let told = format!("{error:#} {error:?}");
        assert_eq!(error.code(), code, "{told}");
        assert!(error.message().contains(words) && told.contains(".pem`"), "{told}");
        assert!(!secret[1..].iter().any(|line| line.len() > 30 && told.contains(line)), "{told}");
    }
    let starting = |set: fn(&mut Settings)| micro::app().registry(Registry::memory()).settings(set).start();
    let error = starting(|settings| settings.tls.key = Some("x.pem".into())).await.unwrap_err();
    assert!(error.message().contains("`tls.key` is given without `tls.certificate`"), "{error:#}");
    let error = starting(|settings| settings.tls.authorities = Some("nowhere.pem".into())).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert!(error.message().contains("the authorities of TLS, `nowhere.pem`"), "{error:#}");
    let error = starting(|settings| settings.tls.name = Some("a b".into())).await.unwrap_err();
    assert!(error.message().contains("`a b` is neither the name of a host"), "{error:#}");
}
