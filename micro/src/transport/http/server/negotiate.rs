//! Content types: connectrpc knows one codec, we have as many as the codec room.

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};

use crate::codec::Codec;
use crate::rpc::Idempotency;
use crate::transport::Route;

/// Prefixes of content types, before the name of a codec.
const SPELLINGS: [&str; 4] = ["application/", "application/connect+", "application/grpc+", "application/grpc-web+"];

/// Header listing accepted content types, sent when one is not known.
pub(super) const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Content types of a request and its response.
#[derive(Debug)]
pub(super) struct Negotiated {
    pub(super) codec: Codec,
    content_type: HeaderValue,
}

/// Finds out what `request` is written in and makes it look like protobuf to connectrpc, which looks no further.
///
/// Leaves unknown types unchanged, so that their protocol refuses them.
pub(super) fn negotiate<B>(request: &mut Request<B>) -> Option<Negotiated> {
    match *request.method() {
        Method::POST => by_header(request.headers_mut()),
        Method::GET => by_query(request.uri_mut()),
        _ => None,
    }
}

/// Every content type that is understood.
pub(super) fn accept_post() -> HeaderValue {
    let spelled = |codec: Codec| SPELLINGS.map(|spelling| format!("{spelling}{}", codec.name()));
    let mut all: Vec<String> = Codec::all().flat_map(spelled).collect();
    all.extend(["application/grpc".to_owned(), "application/grpc-web".to_owned()]);
    HeaderValue::try_from(all.join(", ")).unwrap_or_else(|_| HeaderValue::from_static("application/json"))
}

/// Returns `true` if Connect's GET may call the method: caches and crawlers repeat a GET at will.
pub(super) fn is_readable(route: &Route) -> bool {
    !route.method().has_stream() && route.method().idempotency() == Idempotency::NoSideEffects
}

impl Negotiated {
    /// Writes the real content type over the one connectrpc gave. An error of a Connect call stays JSON in every codec.
    pub(super) fn restore(&self, headers: &mut HeaderMap) {
        let Some(given) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return };
        if given != "application/json" {
            headers.insert(CONTENT_TYPE, self.content_type.clone());
        }
    }
}

fn by_header(headers: &mut HeaderMap) -> Option<Negotiated> {
    let given = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let codec = Codec::of_content_type(given)?;
    let essence = given.split(';').next()?.trim().to_ascii_lowercase();
    let spelling = spelling(&essence)?;
    let content_type = HeaderValue::try_from(essence).ok()?;
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(format!("{spelling}proto")).ok()?);
    Some(Negotiated { codec, content_type })
}

fn spelling(essence: &str) -> Option<&'static str> {
    let bare = |name: &str| SPELLINGS.into_iter().find(|spelling| spelling.strip_suffix('+') == Some(name));
    match essence.split_once('+') {
        Some((front, _)) => bare(front),
        None => bare(essence).filter(|_| essence != "application/connect").or(Some("application/")),
    }
}

// Connect's GET carries everything in the query: `?connect=v1&encoding=json&message=%7B%7D`.
fn by_query(uri: &mut Uri) -> Option<Negotiated> {
    let name = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("encoding="))?.to_owned();
    let codec = Codec::named(&name)?;
    let query: Vec<&str> = uri
        .query()?
        .split('&')
        .map(|pair| if pair.starts_with("encoding=") { "encoding=proto" } else { pair })
        .collect();
    let path_and_query = format!("{}?{}", uri.path(), query.join("&"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    *uri = Uri::from_parts(parts).ok()?;
    Some(Negotiated { codec, content_type: HeaderValue::try_from(format!("application/{}", codec.name())).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(content_type: &str) -> (Option<Negotiated>, String) {
        let mut request = Request::post("/a.B/C").header(CONTENT_TYPE, content_type).body(()).unwrap();
        let negotiated = negotiate(&mut request);
        (negotiated, request.headers()[CONTENT_TYPE].to_str().unwrap().to_owned())
    }

    #[test]
    fn every_spelling_of_every_codec_reaches_connectrpc_as_protobuf() {
        for (given, seen, codec) in [
            ("application/json; charset=utf-8", "application/proto", Codec::JSON),
            ("Application/JSON", "application/proto", Codec::JSON),
            ("application/x-protobuf", "application/proto", Codec::PROTO),
            ("application/connect+json", "application/connect+proto", Codec::JSON),
            ("application/grpc", "application/grpc+proto", Codec::PROTO),
            ("application/grpc+json", "application/grpc+proto", Codec::JSON),
            ("application/grpc-web", "application/grpc-web+proto", Codec::PROTO),
            ("application/grpc-web+json", "application/grpc-web+proto", Codec::JSON),
        ] {
            let (negotiated, header) = posted(given);
            assert_eq!(header, seen, "{given}");
            let negotiated = negotiated.unwrap();
            assert_eq!(negotiated.codec, codec, "{given}");
            let mut answer = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::try_from(header).unwrap())]);
            negotiated.restore(&mut answer);
            assert_eq!(answer[CONTENT_TYPE], given.split(';').next().unwrap().to_ascii_lowercase());
        }
    }

    #[test]
    fn what_nobody_knows_is_left_alone() {
        for given in
            ["text/plain", "application/xml", "application/grpc+thrift", "application/vnd.x+json", "application/"]
        {
            let (negotiated, header) = posted(given);
            assert!(negotiated.is_none(), "{given}");
            assert_eq!(header, given);
        }
    }

    #[test]
    fn a_get_names_its_codec_in_the_query() {
        let mut request = Request::get("/a.B/C?connect=v1&encoding=json&message=%7B%7D").body(()).unwrap();
        assert_eq!(negotiate(&mut request).unwrap().codec, Codec::JSON);
        assert_eq!(request.uri(), "/a.B/C?connect=v1&encoding=proto&message=%7B%7D");
        let mut request = Request::get("/a.B/C?encoding=xml").body(()).unwrap();
        assert!(negotiate(&mut request).is_none());
    }
}
