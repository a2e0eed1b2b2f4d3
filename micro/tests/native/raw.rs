//! A peer that says whatever a test wants.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const PREFACE: &[u8] = b"\0micro/1";
pub(crate) const HELLO: u8 = 0;
pub(crate) const CALL: u8 = 1;
pub(crate) const ITEMS: u8 = 2;
pub(crate) const REPLY: u8 = 3;
pub(crate) const BEGIN: u8 = 4;
pub(crate) const END: u8 = 5;
pub(crate) const CANCEL: u8 = 6;
pub(crate) const CREDIT: u8 = 7;
pub(crate) const PING: u8 = 8;
pub(crate) const PONG: u8 = 9;
pub(crate) const DRAIN: u8 = 10;
pub(crate) const DONE: u8 = 11;
pub(crate) const BYE: u8 = 12;
pub(crate) const REFUSED: u8 = 13;
/// Flags of CALL.
pub(crate) const MESSAGE: u8 = 1;
pub(crate) const DEFINE: u8 = 2;

pub(crate) fn frame(kind: u8, flags: u8, id: u32, body: &[u8]) -> Vec<u8> {
    let mut frame = (body.len() as u32).to_be_bytes().to_vec();
    frame.extend([kind, flags]);
    frame.extend(id.to_be_bytes());
    frame.extend(body);
    frame
}

/// What opens a connection.
pub(crate) fn opening() -> Vec<u8> {
    [PREFACE, &frame(HELLO, 0, 0, &[])].concat()
}

/// The head of a call that agrees on `/test.Echo/{name}` as method `number`, which is below 128.
pub(crate) fn define(number: u8, name: &str) -> Vec<u8> {
    let mut body = vec![number];
    for text in [&*format!("/test.Echo/{name}"), "test", "", "proto"] {
        body.push(text.len() as u8);
        body.extend(text.as_bytes());
    }
    // No deadline, no metadata.
    body.extend([0, 0]);
    body
}

/// The first call of a connection: one message for `name`.
pub(crate) fn first(name: &str, message: &str) -> Vec<u8> {
    frame(CALL, MESSAGE | DEFINE, 1, &[&define(0, name), message.as_bytes()].concat())
}

/// A later one of the same method.
pub(crate) fn later(id: u32, message: &str) -> Vec<u8> {
    frame(CALL, MESSAGE, id, &[&[0, 0, 0], message.as_bytes()].concat())
}

#[derive(Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) id: u32,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Raw(pub(crate) TcpStream);

impl Raw {
    /// A client whose connection is open.
    pub(crate) async fn open(address: &str) -> Self {
        let mut raw = Raw(TcpStream::connect(address).await.unwrap());
        raw.say(&opening()).await;
        raw.welcome().await;
        raw
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads what opens the other side.
    pub(crate) async fn welcome(&mut self) {
        let mut preface = [0; 8];
        self.0.read_exact(&mut preface).await.unwrap();
        assert_eq!(preface, PREFACE);
        assert_eq!(self.frame().await.unwrap().kind, HELLO);
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        let read = async {
            let mut head = [0; 10];
            self.0.read_exact(&mut head).await.ok()?;
            let mut body = vec![0; u32::from_be_bytes(head[..4].try_into().unwrap()) as usize];
            self.0.read_exact(&mut body).await.ok()?;
            let id = u32::from_be_bytes(head[6..].try_into().unwrap());
            Some(Frame { kind: head[4], flags: head[5], id, body })
        };
        tokio::time::timeout(Duration::from_secs(60), read).await.expect("in time")
    }

    /// The next frame of a kind; others are passed over.
    pub(crate) async fn until(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().await.unwrap_or_else(|| panic!("no frame of kind {kind}"));
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// The reason the connection ends with.
    pub(crate) async fn reason(&mut self) -> u8 {
        let reason = self.until(BYE).await.body[0];
        assert_eq!(self.frame().await, None, "BYE is the last frame");
        reason
    }
}
