//! The testee of protobuf's conformance runner: reads a message as bytes or JSON and writes it as either.
//!
//! `tests/conformance/run.sh` fetches the runner and starts it with this program.

#![allow(unreachable_pub, reason = "messages are declared as a library would declare them")]

mod types;

use std::io::{self, Read, Write};

use micro::message::{Message, ReadOptions, Result, json};

use types::{ConformanceRequest, ConformanceResponse, Outcome, Payload, TestAllTypesProto3, TestCategory, WireFormat};

fn main() -> io::Result<()> {
    let (mut requests, mut responses) = (io::stdin().lock(), io::stdout().lock());
    while let Some(request) = next(&mut requests)? {
        let request = ConformanceRequest::decode(&request).map_err(|error| io::Error::other(error.to_string()))?;
        let response = ConformanceResponse { result: outcome(request) }.encode_to_vec();
        responses.write_all(&(response.len() as u32).to_le_bytes())?;
        responses.write_all(&response)?;
        responses.flush()?;
    }
    Ok(())
}

/// The next request: its length in four bytes, the lowest first, and as many bytes.
fn next(requests: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match requests.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut request = vec![0; u32::from_le_bytes(length) as usize];
    requests.read_exact(&mut request)?;
    Ok(Some(request))
}

fn outcome(request: ConformanceRequest) -> Outcome {
    match &*request.message_type {
        "protobuf_test_messages.proto3.TestAllTypesProto3" => {}
        // Asks which failures are expected: none.
        "conformance.FailureSet" => return Outcome::ProtobufPayload(Vec::new()),
        _ => return Outcome::Skipped("only proto3".into()),
    }
    let message = match read(&request) {
        None => return Outcome::Skipped("only bytes and JSON".into()),
        Some(Ok(message)) => message,
        Some(Err(error)) => return Outcome::ParseError(error.to_string()),
    };
    match request.requested_output_format {
        WireFormat::Protobuf => Outcome::ProtobufPayload(message.encode_to_vec()),
        WireFormat::Json => match json::to_vec(&message) {
            Ok(text) => Outcome::JsonPayload(String::from_utf8(text).expect("JSON is UTF-8")),
            Err(error) => Outcome::SerializeError(error.to_string()),
        },
        _ => Outcome::Skipped("only bytes and JSON".into()),
    }
}

fn read(request: &ConformanceRequest) -> Option<Result<TestAllTypesProto3>> {
    let options = match request.test_category {
        TestCategory::JsonIgnoreUnknownParsing => ReadOptions::LENIENT,
        _ => ReadOptions::STRICT,
    };
    match request.payload.as_ref()? {
        Payload::Protobuf(bytes) => Some(TestAllTypesProto3::decode(bytes)),
        Payload::Json(text) => Some(json::from_slice_with(text.as_bytes(), options)),
        Payload::Jspb(_) | Payload::Text(_) => None,
    }
}
