//! The headers of a response.

use crate::request::quota::QuotaStatus;
use crate::rng::{FNV_OFFSET, hash};
use crate::world::clock::http_date;

/// The start of the second half of an entity tag.
const SECOND_OFFSET: u64 = 0x9ae1_6a3b_2f90_404f;

/// The kind of a response body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Text,
    Json,
    Error,
}

/// Returns the headers of a response at a time in milliseconds.
pub(crate) fn headers(
    kind: BodyKind,
    body: &str,
    quota: &QuotaStatus,
    request_id: &str,
    now: u64,
) -> Vec<(&'static str, String)> {
    let content_type = match kind {
        BodyKind::Text => "text/plain",
        BodyKind::Json | BodyKind::Error => "application/json",
    };
    let mut headers = vec![
        ("content-type", content_type.to_owned()),
        ("date", http_date(now)),
        ("x-ratelimit-permitted", quota.limit.to_string()),
        ("x-ratelimit-remaining", quota.remaining.to_string()),
        ("x-request-id", request_id.to_owned()),
    ];
    headers.push(match kind {
        BodyKind::Error => ("x-api-schema", "json-error".to_owned()),
        BodyKind::Text | BodyKind::Json => ("etag", etag(body)),
    });
    headers
}

/// Returns a weak entity tag of a body.
fn etag(body: &str) -> String {
    let hash = |start| hash(start, body.bytes());
    let (first, second) = (hash(FNV_OFFSET), hash(SECOND_OFFSET));
    format!("W/\"{first:016x}{second:016x}\"")
}
