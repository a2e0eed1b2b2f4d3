//! Connections that have made one call and then do nothing. They are opened with bytes written here rather than with the
//! peer's client: ten thousand clients would cost more than what is to be measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process::say;
use crate::words::Words;
use crate::{Result, process};

/// How many are being opened at a time.
const AT_ONCE: usize = 32;
/// A server that has not answered by then does not speak the protocol.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is spoken on the connections.
#[derive(Clone, Copy)]
enum Protocol {
    /// gRPC over HTTP/2 without TLS.
    Grpc,
    /// `micro/1`.
    Native,
}

pub(crate) async fn run(words: &Words) -> Result<String> {
    let address: SocketAddr = words.get("address")?;
    let wanted: usize = words.get("connections")?;
    let protocol = match words.text("protocol")? {
        "native" if opened(address, Protocol::Native).await.is_ok() => Protocol::Native,
        "native" | "grpc" => Protocol::Grpc,
        other => return Err(format!("nothing here speaks `{other}`").into()),
    };
    say("begin");
    let gate = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    for _ in 0..wanted {
        let turn = gate.clone().acquire_owned().await?;
        opening.spawn(async move {
            let stream = opened(address, protocol).await;
            drop(turn);
            stream
        });
    }
    let mut open = Vec::with_capacity(wanted);
    while let Some(stream) = opening.join_next().await {
        open.push(stream??);
    }
    let name = match protocol {
        Protocol::Grpc => "gRPC",
        Protocol::Native => "micro/1",
    };
    let figures =
        format!("{{\"connections\": {}, \"protocol\": \"{name}\", \"peak\": {}}}", open.len(), process::peak());
    say(&figures);
    process::until_input_ends();
    std::process::exit(0);
}

async fn opened(address: SocketAddr, protocol: Protocol) -> Result<TcpStream> {
    let opening = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        match protocol {
            Protocol::Grpc => grpc(&mut stream, address).await?,
            Protocol::Native => native(&mut stream).await?,
        }
        Ok(stream)
    };
    tokio::time::timeout(PATIENCE, opening).await.map_err(|_| "no answer")?
}

/// `Text { text: "idle" }` in protobuf.
const MESSAGE: &[u8] = b"\x0a\x04idle";

/// The preface, a call, and everything up to the frame that ends it.
async fn grpc(stream: &mut TcpStream, address: SocketAddr) -> Result<()> {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    const ACKNOWLEDGED: u8 = 1;

    // `:method: POST` and `:scheme: http` from the static table; the others are literals that enter no table.
    let mut headers = vec![0x83, 0x86, 0x04];
    text(&mut headers, "/bench.Bench/Say");
    headers.push(0x01);
    text(&mut headers, &address.to_string());
    headers.extend([0x0f, 0x10]);
    text(&mut headers, "application/grpc");
    headers.push(0x00);
    text(&mut headers, "te");
    text(&mut headers, "trailers");
    let mut body = vec![0];
    body.extend(u32::try_from(MESSAGE.len())?.to_be_bytes());
    body.extend(MESSAGE);

    let frame = |kind: u8, flags: u8, id: u32, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
        [&length[1..], &[kind, flags], &id.to_be_bytes(), body].concat()
    };
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    bytes.extend(frame(SETTINGS, ACKNOWLEDGED, 0, &[]));
    bytes.extend(frame(HEADERS, END_HEADERS, 1, &headers));
    bytes.extend(frame(DATA, END_STREAM, 1, &body));
    stream.write_all(&bytes).await?;
    let mut answered = false;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let (kind, flags) = (head[3], head[4]);
        let mut body = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut body).await?;
        answered |= kind == DATA && body.ends_with(MESSAGE);
        if kind == HEADERS && flags & END_STREAM != 0 {
            return if answered { Ok(()) } else { Err("the call failed".into()) };
        }
    }
}

/// The preface and HELLO, a call, and everything up to its answer.
async fn native(stream: &mut TcpStream) -> Result<()> {
    const PREFACE: &[u8; 8] = b"\0micro/1";
    const CALL: u8 = 1;
    const REPLY: u8 = 3;
    const END: u8 = 5;
    const REFUSED: u8 = 13;
    const MESSAGE_AND_DEFINE: u8 = 3;

    let frame = |kind: u8, flags: u8, id: u32, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
        [&length[..], &[kind, flags], &id.to_be_bytes(), body].concat()
    };
    stream.write_all(&[&PREFACE[..], &frame(0, 0, 0, &[])].concat()).await?;
    let mut theirs = [0; 8];
    stream.read_exact(&mut theirs).await?;
    if theirs != *PREFACE {
        return Err("the server speaks something else".into());
    }
    let mut call = vec![0];
    ["/bench.Bench/Say", "", "", "proto"].into_iter().for_each(|part| text(&mut call, part));
    // No deadline and no metadata.
    call.extend([0, 0]);
    call.extend(MESSAGE);
    let call = frame(CALL, MESSAGE_AND_DEFINE, 1, &call);
    let mut called = false;
    loop {
        let mut head = [0; 10];
        stream.read_exact(&mut head).await?;
        let mut body = vec![0; u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize];
        stream.read_exact(&mut body).await?;
        match head[4] {
            REPLY if body.ends_with(MESSAGE) => return Ok(()),
            REPLY | END | REFUSED => return Err("the call failed".into()),
            // The server has said HELLO, and takes calls.
            _ if !called => stream.write_all(&call).await?,
            _ => {}
        }
        called = true;
    }
}

/// A length and so many bytes, as HPACK and `micro/1` write a short text.
fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend(text.as_bytes());
}
