//! An HTTP/2 server that does as it is told, frame by frame.

use std::time::Duration;

use micro::transport::http::{HttpClient, HttpClientOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const ACK: u8 = 1;

/// A port nobody has connected to yet.
pub(crate) struct Port(TcpListener);

pub(crate) struct Raw(pub(crate) TcpStream);

#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Port {
    pub(crate) async fn new() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        (Port(listener), address)
    }

    /// The next connection, greeted.
    pub(crate) async fn accept(&self) -> Raw {
        let (mut stream, _) = self.0.accept().await.unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).await.unwrap();
        let mut raw = Raw(stream);
        raw.send(SETTINGS, 0, 0, &[]).await;
        raw
    }
}

impl Raw {
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        let _ = self.0.write_all(&frame).await;
    }

    /// The next frame that is of interest: settings and pings are answered on the way.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.ok()?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let mut payload = vec![0; length as usize];
            self.0.read_exact(&mut payload).await.ok()?;
            let frame = Frame { kind: head[3], flags: head[4], stream, payload };
            match (frame.kind, frame.flags & ACK) {
                (SETTINGS, 0) => self.send(SETTINGS, ACK, 0, &[]).await,
                (PING, 0) => self.send(PING, ACK, 0, &frame.payload).await,
                (SETTINGS | PING | WINDOW_UPDATE, _) => {}
                _ => return Some(frame),
            }
        }
    }

    /// Reads until so many requests have begun, and says their streams.
    pub(crate) async fn requests(&mut self, count: usize) -> Vec<u32> {
        let mut streams = Vec::new();
        while streams.len() < count {
            let frame = self.next().await.expect("a request");
            if frame.kind == HEADERS {
                streams.push(frame.stream);
            }
        }
        streams
    }

    pub(crate) async fn go_away(&mut self, last: u32, reason: u32) {
        self.send(GOAWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat()).await;
    }

    pub(crate) async fn reset(&mut self, stream: u32, reason: u32) {
        self.send(RESET, 0, stream, &reason.to_be_bytes()).await;
    }

    /// The head of an answer: 200, and a content type in plain letters.
    pub(crate) async fn head(&mut self, stream: u32) {
        let mut block = vec![0x88, 0x0f, 0x10, 16];
        block.extend(b"application/grpc");
        self.send(HEADERS, END_HEADERS, stream, &block).await;
    }

    /// Closes the connection so that all that was said is read.
    pub(crate) async fn close(mut self) {
        let _ = self.0.shutdown().await;
        while self.next().await.is_some() {}
    }

    /// An answer that is all there is: a message of one byte, and the status.
    pub(crate) async fn answer(&mut self, stream: u32) {
        self.head(stream).await;
        self.send(DATA, 0, stream, b"\0\0\0\0\x01x").await;
        let mut block = vec![0, 11];
        block.extend(b"grpc-status");
        block.extend(b"\x010");
        self.send(HEADERS, END_HEADERS | END_STREAM, stream, &block).await;
    }
}

/// A client that keeps to one connection.
pub(crate) fn single() -> HttpClient {
    HttpClient::new(HttpClientOptions { connections: 1, most_connections: 1, ..HttpClientOptions::default() })
}

/// Ends a hang, and nothing else: on a busy machine everything takes long.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(300), future).await.expect("in time")
}
