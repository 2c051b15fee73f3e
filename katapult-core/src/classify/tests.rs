use bytes::Bytes;
use http::HeaderMap;
use http::header::HeaderValue;
use katapult_gen::Operation;
use katapult_gen::virtual_machines::{Get, Shutdown};

use super::*;
use crate::sender::HttpClientError;
use tokio::time::Instant;

const GET: &OperationInfo = Get::INFO;
const POST: &OperationInfo = Shutdown::INFO;

fn delete() -> OperationInfo {
    let mut info = GET.clone();
    info.method = Method::DELETE;
    info
}

fn response(status: u16, body: &str, end: End) -> Attempt {
    let mut headers = HeaderMap::new();
    headers.insert("x-request-id", HeaderValue::from_static("r"));
    Attempt {
        at: Instant::now(),
        head: Some((StatusCode::from_u16(status).unwrap(), headers)),
        body: Bytes::copy_from_slice(body.as_bytes()),
        end,
    }
}

fn code(code: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","description":"d","detail":{{}}}}}}"#)
}

fn broken(sent: bool) -> End {
    End::Broken(if sent {
        HttpClientError::lost("reset")
    } else {
        HttpClientError::not_sent("refused")
    })
}

fn seen(attempt: &Attempt) -> (Outcome, ErrorKind, ErrorKind, bool) {
    let failed = attempt
        .head
        .as_ref()
        .is_some_and(|(status, _)| !status.is_success());
    let api = failed.then(|| ApiError::from_body(&attempt.body)).flatten();
    let outcome = outcome(attempt, api.as_ref());
    assert!(
        !may_have_happened(GET, attempt, outcome),
        "reading changes nothing"
    );
    let happened = may_have_happened(POST, attempt, outcome);
    assert_eq!(may_have_happened(&delete(), attempt, outcome), happened);
    (
        outcome,
        kind(GET, attempt, api.as_ref(), outcome),
        kind(POST, attempt, api.as_ref(), outcome),
        happened,
    )
}

#[test]
fn every_kind_of_response_has_its_class() {
    use ErrorKind::{
        Api, Auth, Conflict, Forbidden, InTrash, NotFound, RateLimited, Unavailable, Unconfirmed,
        Validation,
    };
    use Outcome::{BadToken, Failed, Lost, Provisioning, Refused};
    let gateway = Lost(Loss::Gateway);
    // status, body, outcome, kind for GET, kind for POST, may have happened
    let table = [
        (400, code("missing_api_token"), Failed, Auth, Auth, false),
        (400, code("parameter_missing"), Failed, Api, Api, false),
        (401, String::new(), Failed, Auth, Auth, false),
        (403, code("invalid_api_token"), BadToken, Auth, Auth, false),
        (
            403,
            code("invalid_capabilities_token"),
            Failed,
            Auth,
            Auth,
            false,
        ),
        (
            403,
            code("unauthorized_network_for_api_token"),
            Failed,
            Auth,
            Auth,
            false,
        ),
        (
            403,
            code("scope_not_granted"),
            Failed,
            Forbidden,
            Forbidden,
            false,
        ),
        (
            403,
            code("permission_denied"),
            Failed,
            Forbidden,
            Forbidden,
            false,
        ),
        (
            403,
            "<html>no</html>".into(),
            Failed,
            Forbidden,
            Forbidden,
            false,
        ),
        (
            404,
            code("virtual_machine_not_found"),
            Failed,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            "<html>no</html>".into(),
            Failed,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            r#"{"error":{"description":"no code"}}"#.into(),
            Failed,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            r#"{"error":{"code":7}}"#.into(),
            Failed,
            NotFound,
            NotFound,
            false,
        ),
        (
            404,
            r#"{"error":"text"}"#.into(),
            Failed,
            NotFound,
            NotFound,
            false,
        ),
        (404, "[]".into(), Failed, NotFound, NotFound, false),
        (
            404,
            r#"{"error":{"code":"virtual_mach"#.into(),
            Failed,
            NotFound,
            NotFound,
            false,
        ),
        (
            406,
            code("object_in_trash"),
            Failed,
            InTrash,
            InTrash,
            false,
        ),
        (
            406,
            code("task_queueing_error"),
            Failed,
            Conflict,
            Conflict,
            false,
        ),
        (
            409,
            code("resource_locked"),
            Failed,
            Conflict,
            Conflict,
            false,
        ),
        (
            422,
            code("validation_error"),
            Failed,
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
            Outcome::RateLimited,
            RateLimited,
            RateLimited,
            false,
        ),
        (
            429,
            String::new(),
            Outcome::RateLimited,
            RateLimited,
            RateLimited,
            false,
        ),
        (500, code("internal_error"), Failed, Api, Api, true),
        (500, String::new(), Failed, Api, Api, true),
        (
            503,
            code("service_unavailable"),
            Refused,
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
        (302, String::new(), Failed, Api, Api, false),
        (418, code("teapot"), Failed, Api, Api, false),
    ];
    for (status, body, outcome, get, post, happened) in table {
        // How the body of a failure ended changes nothing.
        for end in [End::Whole, broken(true), End::TimedOut, End::TooLarge] {
            let attempt = response(status, &body, end);
            assert_eq!(
                seen(&attempt),
                (outcome, get, post, happened),
                "{attempt:?}"
            );
        }
    }
}

#[test]
fn every_way_to_lose_a_response_has_its_class() {
    use ErrorKind::{Connect, Decode, Timeout, Unconfirmed};
    let none = |end| Attempt {
        at: Instant::now(),
        head: None,
        body: Bytes::new(),
        end,
    };
    let table = [
        (
            none(broken(false)),
            Outcome::NotSent,
            Connect,
            Connect,
            false,
        ),
        (
            none(broken(true)),
            Outcome::Lost(Loss::Reset),
            Connect,
            Unconfirmed,
            true,
        ),
        (
            none(End::TimedOut),
            Outcome::Lost(Loss::TimedOut),
            Timeout,
            Unconfirmed,
            true,
        ),
        (
            response(200, "{}", broken(true)),
            Outcome::Lost(Loss::CutOff),
            Decode,
            Unconfirmed,
            true,
        ),
        (
            response(201, "{}", End::TimedOut),
            Outcome::Lost(Loss::TimedOut),
            Timeout,
            Unconfirmed,
            true,
        ),
        (
            response(200, "{}", End::TooLarge),
            Outcome::Failed,
            Decode,
            Decode,
            true,
        ),
        (
            response(200, "{}", End::Whole),
            Outcome::Done,
            Decode,
            Decode,
            true,
        ),
        (
            response(204, "", End::Whole),
            Outcome::Done,
            Decode,
            Decode,
            true,
        ),
    ];
    for (attempt, outcome, get, post, happened) in table {
        assert_eq!(
            seen(&attempt),
            (outcome, get, post, happened),
            "{attempt:?}"
        );
    }
}
