use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use katapult_gen::virtual_machines::{Get, Shutdown};
use katapult_gen::{ApiError, Operation, OperationInfo};
use tokio::time::Instant;

use crate::error::ErrorKind::{self, *};
use crate::error::HttpClientError;
use crate::retry::classify::AttemptOutcome::{
    self, Ambiguous, InvalidToken, NotSent, Permanent, Provisioning, Success,
};
use crate::retry::classify::{
    AmbiguousCause, Attempt, AttemptEnd, error_kind, may_have_happened, outcome,
};

const GET: &OperationInfo = Get::INFO;
const POST: &OperationInfo = Shutdown::INFO;

fn delete() -> OperationInfo {
    let mut info = GET.clone();
    info.method = Method::DELETE;
    info
}

fn response(status: u16, body: &str, end: AttemptEnd) -> Attempt {
    Attempt {
        received_at: Instant::now(),
        head: Some((StatusCode::from_u16(status).unwrap(), HeaderMap::new())),
        body: Bytes::copy_from_slice(body.as_bytes()),
        end,
    }
}

fn no_response(end: AttemptEnd) -> Attempt {
    Attempt {
        received_at: Instant::now(),
        head: None,
        body: Bytes::new(),
        end,
    }
}

fn connection_error(sent: bool) -> AttemptEnd {
    AttemptEnd::ConnectionError(if sent {
        HttpClientError::lost("reset")
    } else {
        HttpClientError::not_sent("refused")
    })
}

/// Returns the outcome, the kind of error for GET and for POST, and whether a write may have happened.
fn classified(attempt: &Attempt) -> (AttemptOutcome, ErrorKind, ErrorKind, bool) {
    let failed = attempt
        .head
        .as_ref()
        .is_some_and(|(status, _)| !status.is_success());
    let api = failed.then(|| ApiError::from_body(&attempt.body)).flatten();
    let outcome = outcome(attempt, api.as_ref());
    assert!(
        !may_have_happened(GET, attempt, outcome),
        "a read never changes anything"
    );
    let happened = may_have_happened(POST, attempt, outcome);
    assert_eq!(may_have_happened(&delete(), attempt, outcome), happened);
    (
        outcome,
        error_kind(GET, false, attempt, api.as_ref(), outcome),
        error_kind(POST, false, attempt, api.as_ref(), outcome),
        happened,
    )
}

/// Checks a response whose body is the API's error with this code, or the text itself if it is not a code.
fn check(status: u16, text: &str, expected: (AttemptOutcome, ErrorKind, ErrorKind, bool)) {
    let is_code = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let body = if is_code {
        format!(r#"{{"error":{{"code":"{text}","description":"d","detail":{{}}}}}}"#)
    } else {
        text.to_owned()
    };
    // The end of an error body changes nothing.
    let ends = [
        AttemptEnd::Complete,
        connection_error(true),
        AttemptEnd::TimedOut,
        AttemptEnd::BodyTooLarge,
    ];
    for end in ends {
        let attempt = response(status, &body, end);
        assert_eq!(classified(&attempt), expected, "{attempt:?}");
    }
}

#[test]
fn refused_request_has_not_happened() {
    use AttemptOutcome::RateLimited as Limited;
    let table = [
        (400, "missing_api_token", Permanent, Auth),
        (400, "parameter_missing", Permanent, Status),
        (401, "", Permanent, Auth),
        (403, "invalid_api_token", InvalidToken, Auth),
        (403, "invalid_capabilities_token", Permanent, Auth),
        (403, "unauthorized_network_for_api_token", Permanent, Auth),
        (403, "scope_not_granted", Permanent, Forbidden),
        (403, "permission_denied", Permanent, Forbidden),
        (403, "<html>no</html>", Permanent, Forbidden),
        (404, "virtual_machine_not_found", Permanent, NotFound),
        (404, "<html>no</html>", Permanent, NotFound),
        (
            404,
            r#"{"error":{"description":"no code"}}"#,
            Permanent,
            NotFound,
        ),
        (404, r#"{"error":{"code":7}}"#, Permanent, NotFound),
        (404, r#"{"error":"text"}"#, Permanent, NotFound),
        (404, "[]", Permanent, NotFound),
        (
            404,
            r#"{"error":{"code":"virtual_mach"#,
            Permanent,
            NotFound,
        ),
        (406, "object_in_trash", Permanent, InTrash),
        (406, "task_queueing_error", Permanent, Conflict),
        (409, "resource_locked", Permanent, Conflict),
        (418, "teapot", Permanent, Status),
        (422, "validation_error", Permanent, Validation),
        (
            422,
            "object_storage_provisioning_error",
            Provisioning,
            Validation,
        ),
        (429, "rate_limit_reached", Limited, RateLimited),
        (429, "", Limited, RateLimited),
        (
            503,
            "service_unavailable",
            AttemptOutcome::Unavailable,
            Unavailable,
        ),
    ];
    for (status, text, outcome, kind) in table {
        check(status, text, (outcome, kind, kind, false));
    }
}

#[test]
fn server_error_may_have_happened() {
    let internal = (Permanent, Status, Status, true);
    check(500, "internal_error", internal);
    check(500, "", internal);
    // Redirects and statuses that HTTP does not define are no refusals.
    check(302, "", internal);
    check(799, "", internal);
    let gateway = Ambiguous(AmbiguousCause::Gateway);
    let gateway = (gateway, Unavailable, Unconfirmed, true);
    check(502, "<html>bad gateway</html>", gateway);
    check(503, "", gateway);
    check(503, "something_else", gateway);
    check(503, r#"{"error":{"code":"service_unav"#, gateway);
    check(504, "", gateway);
}

#[test]
fn lost_response_is_ambiguous_unless_nothing_was_sent() {
    use AttemptEnd::{BodyTooLarge, Complete, TimedOut};
    let lost = Ambiguous(AmbiguousCause::ConnectionLost);
    let timed_out = Ambiguous(AmbiguousCause::TimedOut);
    let truncated = Ambiguous(AmbiguousCause::BodyTruncated);
    let not_sent = no_response(connection_error(false));
    let refused_for_ever = no_response(AttemptEnd::ConnectionError(HttpClientError::permanent(
        "untrusted",
    )));
    let redirected = no_response(AttemptEnd::ConnectionError(HttpClientError::redirected(
        "elsewhere",
    )));
    let idempotent = delete();
    let elsewhere = Ambiguous(AmbiguousCause::Redirected);
    assert_eq!(
        error_kind(&idempotent, false, &redirected, None, elsewhere),
        Unconfirmed
    );
    let reset = no_response(connection_error(true));
    let cut = response(200, "{}", connection_error(true));
    let table = [
        (not_sent, NotSent, Connect, Connect, false),
        (refused_for_ever, Permanent, Connect, Connect, false),
        (reset, lost, Connect, Unconfirmed, true),
        (redirected, elsewhere, Status, Unconfirmed, true),
        (no_response(TimedOut), timed_out, Timeout, Unconfirmed, true),
        (cut, truncated, Decode, Unconfirmed, true),
        (
            response(201, "{}", TimedOut),
            timed_out,
            Timeout,
            Unconfirmed,
            true,
        ),
        (
            response(200, "{}", BodyTooLarge),
            Permanent,
            Decode,
            Decode,
            true,
        ),
        (response(200, "{}", Complete), Success, Decode, Decode, true),
        (response(204, "", Complete), Success, Decode, Decode, true),
    ];
    for (attempt, outcome, get, post, happened) in table {
        let expected = (outcome, get, post, happened);
        assert_eq!(classified(&attempt), expected, "{attempt:?}");
    }
}
