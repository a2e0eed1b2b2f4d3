//! A codec of one's own: protobuf bytes as hexadecimal digits, which can be read in a log. `cargo run --example custom-codec`
//!
//! It is known by its name in content types, so `curl` can speak it too: `content-type: application/hex`.

use bytes::Bytes;
use micro::codec::{Backend, Codec, CodecRegistration};
use micro::message::{Decode, Encode};
use micro::prelude::*;

#[derive(Debug)]
struct Hex;

static HEX: Hex = Hex;

micro::inventory::submit! { CodecRegistration::new(&HEX) }

impl Backend for Hex {
    fn name(&self) -> &'static str {
        "hex"
    }

    fn encode(&self, message: &dyn Encode, out: &mut Vec<u8>) -> Result<()> {
        let mut bytes = Vec::new();
        message.encode_proto(&mut bytes);
        out.extend(bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
        Ok(())
    }

    fn decode(&self, bytes: &Bytes, message: &mut dyn Decode) -> Result<()> {
        let digit = |digit: u8| (digit as char).to_digit(16);
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some((digit(*high)? * 16 + digit(*low)?) as u8),
            _ => None,
        };
        let decoded: Option<Vec<u8>> = bytes.trim_ascii().chunks(2).map(pair).collect();
        let decoded = decoded.ok_or_else(|| Error::invalid_argument("expected pairs of hexadecimal digits"))?;
        message.decode_proto(&decoded.into())?;
        Ok(())
    }
}

#[micro::message(package = "echo")]
#[derive(Clone, Debug)]
pub struct Text {
    pub text: String,
}

#[micro::service(name = "echo")]
pub trait Echo {
    async fn say(&self, text: Text) -> Result<Text>;
}

#[derive(Default)]
struct Mirror;

#[micro::handler]
impl Echo for Mirror {
    async fn say(&self, text: Text) -> Result<Text> {
        Ok(text)
    }
}

#[micro::main]
async fn main() -> Result<()> {
    let app = micro::app().mount::<Mirror>().start().await?;
    let hex = Codec::named("hex").expect("it was submitted above");

    // As bytes, to see them; a generated client would not show the difference.
    let echo = app.client().at(app.address().expect("it listens").to_string()).dynamic("echo");
    let request = hex.encode(&Text { text: "hi".into() })?;
    let reply = echo.unary("/echo.Echo/Say", hex, request).await?;
    println!("{}", String::from_utf8_lossy(&reply));

    let client = app.get::<EchoClient>()?.at(app.address().expect("it listens").to_string());
    println!("{}", client.with(CallOptions::new().with_codec(hex)).say(Text { text: "hi".into() }).await?.text);
    app.stop().await
}
