//! The handshake: the preface, and the settings of each side.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::frame::{self, FrameKind, HEAD_SIZE, MAX_OVERHEAD};
use super::protocol_error::{ProtocolError, Reason};
use super::wire::{Cursor, put_varint};

/// Preface of both sides. No other protocol on the port begins with a zero.
pub(super) const PREFACE: &[u8; 8] = b"\0micro/1";
/// A stream with less could hardly move.
const MIN_WINDOW: u32 = 1024;
/// Maximum size of a HELLO.
const MAX_HELLO: usize = 1024;

/// Limits that one side sets for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConnectionSettings {
    /// The longest message, in bytes.
    pub(super) message: u32,
    /// The longest block of metadata.
    pub(super) metadata: u32,
    /// The credit each stream begins with.
    pub(super) window: u32,
    /// Maximum number of open calls.
    pub(super) calls: u32,
    /// Maximum number of defined methods.
    pub(super) methods: u32,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        ConnectionSettings {
            message: 4 * 1024 * 1024,
            metadata: 64 * 1024,
            window: 256 * 1024,
            calls: 1024,
            methods: 1024,
        }
    }
}

impl ConnectionSettings {
    /// Returns the maximum length of a frame.
    pub(super) fn frame(&self) -> usize {
        self.message as usize + 2 * self.metadata as usize + MAX_OVERHEAD
    }

    /// Checks the length of a message.
    ///
    /// # Errors
    ///
    /// When it may not.
    pub(super) fn check_message(&self, len: usize) -> Result<(), ProtocolError> {
        if len <= self.message as usize {
            return Ok(());
        }
        Err(ProtocolError::new(Reason::TooLong, format!("a message of {len} bytes, of at most {}", self.message)))
    }

    /// Appends the preface and HELLO.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(PREFACE);
        frame::put(out, FrameKind::Hello, 0, 0, |out| {
            let values = [self.message, self.metadata, self.window, self.calls, self.methods];
            for (setting, value) in (1..).zip(values) {
                put_varint(out, setting);
                put_varint(out, u64::from(value));
            }
        });
    }

    /// Reads a HELLO.
    pub(super) fn read(mut body: Cursor<'_>) -> Result<Self, ProtocolError> {
        let mut settings = ConnectionSettings::default();
        while !body.is_empty() {
            let (setting, value) = (body.varint()?, body.varint()?);
            let value = u32::try_from(value).unwrap_or(u32::MAX);
            match setting {
                1 => settings.message = value,
                2 => settings.metadata = value,
                3 => settings.window = value.max(MIN_WINDOW),
                4 => settings.calls = value,
                5 => settings.methods = value,
                _ => {}
            }
        }
        Ok(settings)
    }
}

/// Failure of a handshake.
#[derive(Debug)]
pub(super) enum HandshakeError {
    /// The peer speaks something else, or another version.
    Foreign,
    /// The connection ended, or was lost.
    Gone(Option<io::Error>),
}

/// Reads the preface. What comes behind it stays in `buffer`.
pub(super) async fn preface(from: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> Result<(), HandshakeError> {
    // Whatever differs is foreign at its first byte: a shorter answer is not waited for.
    loop {
        let seen = buffer.len().min(PREFACE.len());
        if buffer[..seen] != PREFACE[..seen] {
            return Err(HandshakeError::Foreign);
        }
        if seen == PREFACE.len() {
            buffer.advance(seen);
            return Ok(());
        }
        more(from, buffer).await?;
    }
}

/// Reads HELLO. What comes behind it stays in `buffer`.
pub(super) async fn hello(
    from: &mut (impl AsyncRead + Unpin),
    buffer: &mut BytesMut,
) -> Result<ConnectionSettings, HandshakeError> {
    while buffer.len() < HEAD_SIZE {
        more(from, buffer).await?;
    }
    let len = u32::from_be_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]) as usize;
    if buffer[4] != FrameKind::Hello as u8 || len > MAX_HELLO {
        return Err(HandshakeError::Foreign);
    }
    while buffer.len() < HEAD_SIZE + len {
        more(from, buffer).await?;
    }
    let body = Bytes::copy_from_slice(&buffer[HEAD_SIZE..HEAD_SIZE + len]);
    buffer.advance(HEAD_SIZE + len);
    ConnectionSettings::read(Cursor::new(&body)).map_err(|_| HandshakeError::Foreign)
}

async fn more(from: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> Result<(), HandshakeError> {
    match from.read_buf(buffer).await {
        Ok(0) => Err(HandshakeError::Gone(None)),
        Err(error) => Err(HandshakeError::Gone(Some(error))),
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn heard(bytes: &[u8]) -> Result<(ConnectionSettings, usize), HandshakeError> {
        let (mut from, mut buffer) = (bytes, BytesMut::new());
        preface(&mut from, &mut buffer).await?;
        let settings = hello(&mut from, &mut buffer).await?;
        Ok((settings, buffer.len() + from.len()))
    }

    #[tokio::test]
    async fn terms_come_back_and_what_is_unknown_is_passed_over() {
        let settings = ConnectionSettings { message: 1, metadata: 2, window: 3000, calls: 4, methods: u32::MAX };
        let mut out = Vec::new();
        settings.put(&mut out);
        for cut in 0..out.len() {
            assert!(matches!(heard(&out[..cut]).await, Err(HandshakeError::Gone(None))));
        }
        out.extend(b"more");
        assert_eq!(heard(&out).await.unwrap(), (settings, 4));

        let mut out = PREFACE.to_vec();
        frame::put(&mut out, FrameKind::Hello, 0, 0, |out| {
            [99, 5].map(|value| put_varint(out, value)).into_iter().collect()
        });
        assert_eq!(heard(&out).await.unwrap().0, ConnectionSettings::default());
    }

    #[tokio::test]
    async fn whatever_else_speaks_is_foreign() {
        let mut long = PREFACE.to_vec();
        long.extend([0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        for bytes in [&b"HTTP/1.1 400 Bad Request\r\n"[..], b"\0micro/2", b"\0micro/1\0\0\0\0\x01\0\0\0\0\0", &long] {
            assert!(matches!(heard(bytes).await, Err(HandshakeError::Foreign)));
        }
    }
}
