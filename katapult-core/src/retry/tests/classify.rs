use bytes::Bytes;
use http::header::HeaderValue;
use http::{HeaderMap, Method, StatusCode};
use katapult_gen::virtual_machines::{Get, Shutdown};
use katapult_gen::{ApiError, Operation, OperationInfo};
use tokio::time::Instant;

use crate::error::{ErrorKind, HttpClientError};
use crate::retry::classify::{
    AmbiguousCause, Attempt, AttemptEnd, AttemptOutcome, error_kind, may_have_happened, outcome,
};

const GET: &OperationInfo = Get::INFO;
const POST: &OperationInfo = Shutdown::INFO;

fn delete() -> OperationInfo {
    let mut info = GET.clone();
    info.method = Method::DELETE;
    info
}

fn response(status: u16, body: &str, end: AttemptEnd) -> Attempt {
    let mut headers = HeaderMap::new();
    headers.insert("x-request-id", HeaderValue::from_static("r"));
    Attempt {
        received_at: Instant::now(),
        head: Some((StatusCode::from_u16(status).unwrap(), headers)),
        body: Bytes::copy_from_slice(body.as_bytes()),
        end,
    }
}

fn code(code: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","description":"d","detail":{{}}}}}}"#)
}

fn connection_error(sent: bool) -> AttemptEnd {
    AttemptEnd::ConnectionError(if sent {
        HttpClientError::lost("reset")
    } else {
        HttpClientError::not_sent("refused")
    })
}

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
        error_kind(GET, attempt, api.as_ref(), outcome),
        error_kind(POST, attempt, api.as_ref(), outcome),
        happened,
    )
}

#[test]
fn every_response_has_its_outcome() {
    use AttemptOutcome::{Ambiguous, InvalidToken, Permanent, Provisioning};
    use ErrorKind::{
        Auth, Conflict, Forbidden, InTrash, NotFound, RateLimited, Status, Unavailable,
        Unconfirmed, Validation,
    };
    let gateway = Ambiguous(AmbiguousCause::Gateway);
    // status, body, outcome, kind for GET, kind for POST, may have happened
    let table = [
        (400, code("missing_api_token"), Permanent, Auth, Auth, false),
        (
            400,
            code("parameter_missing"),
            Permanent,
            Status,
            Status,
            false,
        ),
        (401, String::new(), Permanent, Auth, Auth, false),
        (
            403,
            code("invalid_api_token"),
            InvalidToken,
            Auth,
            Auth,
            false,
        ),
        (
            403,
            code("invalid_capabilities_token"),
            Permanent,
            Auth,
            Auth,
            false,
        ),
        (
            403,
            code("unauthorized_network_for_api_token"),
            Permanent,
            Auth,
            Auth,
            false,
        ),
        (
            403,
            code("scope_not_granted"),
            Permanent,
            Forbidden,
            Forbidden,
            false,
        ),
        (
            403,
            code("permission_denied"),
            Permanent,
            Forbidden,
            Forbidden,
            false,
        ),
        (
            403,
            "<html>no</html>".into(),
            Permanent,
            Forbidden,
            Forbidden,
            false,
        ),
        (
            404,
            code("virtual_machine_not_found"),
            Permanent,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            "<html>no</html>".into(),
            Permanent,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            r#"{"error":{"description":"no code"}}"#.into(),
            Permanent,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            r#"{"error":{"code":7}}"#.into(),
            Permanent,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            r#"{"error":"text"}"#.into(),
            Permanent,
            NotFound,
            NotFound,
            false,
        ),
        (404, "[]".into(), Permanent, NotFound, NotFound, false),
        (
            404,
            r#"{"error":{"code":"virtual_mach"#.into(),
            Permanent,
            NotFound,
            NotFound,
            false,
        ),
        (
            406,
            code("object_in_trash"),
            Permanent,
            InTrash,
            InTrash,
            false,
        ),
        (
            406,
            code("task_queueing_error"),
            Permanent,
            Conflict,
            Conflict,
            false,
        ),
        (
            409,
            code("resource_locked"),
            Permanent,
            Conflict,
            Conflict,
            false,
        ),
        (
            422,
            code("validation_error"),
            Permanent,
            Validation,
            Validation,
            false,
        ),
        (
            422,
            code("object_storage_provisioning_error"),
            Provisioning,
            Validation,
            Validation,
            false,
        ),
        (
            429,
            code("rate_limit_reached"),
            AttemptOutcome::RateLimited,
            RateLimited,
            RateLimited,
            false,
        ),
        (
            429,
            String::new(),
            AttemptOutcome::RateLimited,
            RateLimited,
            RateLimited,
            false,
        ),
        (500, code("internal_error"), Permanent, Status, Status, true),
        (500, String::new(), Permanent, Status, Status, true),
        (
            503,
            code("service_unavailable"),
            AttemptOutcome::Unavailable,
            Unavailable,
            Unavailable,
            false,
        ),
        (
            502,
            "<html>bad gateway</html>".into(),
            gateway,
            Unavailable,
            Unconfirmed,
            true,
        ),
        (503, String::new(), gateway, Unavailable, Unconfirmed, true),
        (
            503,
            code("something_else"),
            gateway,
            Unavailable,
            Unconfirmed,
            true,
        ),
        (
            503,
            r#"{"error":{"code":"service_unav"#.into(),
            gateway,
            Unavailable,
            Unconfirmed,
            true,
        ),
        (504, String::new(), gateway, Unavailable, Unconfirmed, true),
        (302, String::new(), Permanent, Status, Status, false),
        (418, code("teapot"), Permanent, Status, Status, false),
    ];
    for (status, body, outcome, get, post, happened) in table {
        // The end of an error body changes nothing.
        for end in [
            AttemptEnd::Complete,
            connection_error(true),
            AttemptEnd::TimedOut,
            AttemptEnd::BodyTooLarge,
        ] {
            let attempt = response(status, &body, end);
            assert_eq!(
                classified(&attempt),
                (outcome, get, post, happened),
                "{attempt:?}"
            );
        }
    }
}

#[test]
fn every_lost_response_has_its_outcome() {
    use ErrorKind::{Connect, Decode, Timeout, Unconfirmed};
    let none = |end| Attempt {
        received_at: Instant::now(),
        head: None,
        body: Bytes::new(),
        end,
    };
    let table = [
        (
            none(connection_error(false)),
            AttemptOutcome::NotSent,
            Connect,
            Connect,
            false,
        ),
        (
            none(connection_error(true)),
            AttemptOutcome::Ambiguous(AmbiguousCause::ConnectionLost),
            Connect,
            Unconfirmed,
            true,
        ),
        (
            none(AttemptEnd::TimedOut),
            AttemptOutcome::Ambiguous(AmbiguousCause::TimedOut),
            Timeout,
            Unconfirmed,
            true,
        ),
        (
            response(200, "{}", connection_error(true)),
            AttemptOutcome::Ambiguous(AmbiguousCause::BodyTruncated),
            Decode,
            Unconfirmed,
            true,
        ),
        (
            response(201, "{}", AttemptEnd::TimedOut),
            AttemptOutcome::Ambiguous(AmbiguousCause::TimedOut),
            Timeout,
            Unconfirmed,
            true,
        ),
        (
            response(200, "{}", AttemptEnd::BodyTooLarge),
            AttemptOutcome::Permanent,
            Decode,
            Decode,
            true,
        ),
        (
            response(200, "{}", AttemptEnd::Complete),
            AttemptOutcome::Success,
            Decode,
            Decode,
            true,
        ),
        (
            response(204, "", AttemptEnd::Complete),
            AttemptOutcome::Success,
            Decode,
            Decode,
            true,
        ),
    ];
    for (attempt, outcome, get, post, happened) in table {
        assert_eq!(
            classified(&attempt),
            (outcome, get, post, happened),
            "{attempt:?}"
        );
    }
}
