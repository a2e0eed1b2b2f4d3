//! The same calls in every codec, also in one that micro has never heard of.

use bytes::Bytes;
use micro::client::CallOptions;
use micro::codec::{Backend, Codec, CodecRegistration};
use micro::message::text::Tape;
use micro::message::{Decode, Dialect, Encode, ReadOptions};
use micro::prelude::*;
use micro::registry::Registry;

use crate::calls::all_shapes;
use crate::contract::{Mirror, Text, calling, serving};

/// TOML: a codec of this crate.
#[derive(Debug)]
struct Toml;

inventory::submit! { CodecRegistration::new(&Toml) }

impl Backend for Toml {
    fn name(&self) -> &'static str {
        "toml"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        let tape = Tape::of(message, &Dialect::PROTO3)?;
        let text = toml::to_string(&tape).map_err(|error| Error::internal(error.to_string()))?;
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        let wrong = |error: &dyn std::fmt::Display| Error::invalid_argument(format!("malformed TOML: {error}"));
        let text = std::str::from_utf8(bytes).map_err(|error| wrong(&error))?;
        let tape: Tape = toml::from_str(text).map_err(|error| wrong(&error))?;
        tape.read(message, ReadOptions::LENIENT).map_err(Into::into)
    }
}

#[tokio::test]
async fn every_codec_carries_every_shape_and_every_error() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    let echo = calling(&registry).await;
    let mut names = Vec::new();
    for codec in Codec::all().filter(|codec| *codec != Codec::BYTES) {
        all_shapes(&echo.with(CallOptions::new().with_codec(codec))).await;
        names.push(codec.name());
    }
    names.sort_unstable();
    assert_eq!(names, ["cbor", "json", "msgpack", "proto", "toml"]);
    // A message of text alone is its text.
    all_shapes(&echo.with(CallOptions::new().with_codec(Codec::BYTES))).await;
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_codec_of_another_crate_is_a_content_type_like_any_other() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let app = serving(&Registry::memory(), Mirror::default()).await;
    let mut socket = tokio::net::TcpStream::connect(app.address().unwrap()).await.unwrap();
    let request = "POST /it.Echo/Say HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                   content-type: application/toml\r\ncontent-length: 10\r\n\r\ntext = \"a\"";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("content-type: application/toml\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\ntext = \"a\"\n"), "{answer}");
    assert_eq!(Codec::of_content_type("application/grpc+toml"), Codec::named("toml"));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_peer_without_the_codec_says_so() {
    let registry = Registry::memory();
    let app = serving(&registry, Mirror::default()).await;
    /// Known to the caller alone.
    #[derive(Debug)]
    struct Secret;
    impl Backend for Secret {
        fn name(&self) -> &'static str {
            "secret"
        }
        fn encode(&self, _: &dyn Encode, _: &mut Vec<u8>) -> Result<()> {
            Ok(())
        }
        fn decode(&self, _: &Bytes, _: &mut dyn Decode) -> Result<()> {
            Ok(())
        }
    }
    let echo = calling(&registry).await.with(CallOptions::new().with_codec(Codec::new(&Secret)));
    let error = echo.say(Text::new("a")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented, "{error}");
    app.stop().await.unwrap();
}
