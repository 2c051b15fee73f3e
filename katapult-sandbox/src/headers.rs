//! The headers of a reply.

use crate::clock::date;
use crate::quota::Told;
use crate::random::hash;

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Text,
    Json,
    Refusal,
}

/// The headers of a reply with this body, at a time in milliseconds.
pub(crate) fn of(
    content: Content,
    body: &str,
    told: &Told,
    request_id: &str,
    now: u64,
) -> Vec<(&'static str, String)> {
    let kind = match content {
        Content::Text => "text/plain",
        Content::Json | Content::Refusal => "application/json",
    };
    let mut headers = vec![
        ("content-type", kind.to_owned()),
        ("date", date(now)),
        ("x-ratelimit-permitted", told.permitted.to_string()),
        ("x-ratelimit-remaining", told.remaining.to_string()),
        ("x-request-id", request_id.to_owned()),
    ];
    headers.push(match content {
        Content::Refusal => ("x-api-schema", "json-error".to_owned()),
        Content::Text | Content::Json => ("etag", etag(body)),
    });
    headers
}

/// A weak tag of a body.
fn etag(body: &str) -> String {
    let hash = |start| hash(start, body.bytes());
    format!(
        "W/\"{:016x}{:016x}\"",
        hash(0xcbf2_9ce4_8422_2325),
        hash(0x9ae1_6a3b_2f90_404f)
    )
}
