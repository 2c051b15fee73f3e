//! Classification of reqwest's errors: what was sent, and whether another attempt can help.

use std::error::Error;
use std::iter::successors;

use crate::error::HttpClientError;

/// The beginnings of the texts of causes that no further attempt changes, with the advice for each.
// Texts, since the types are those of rustls, OpenSSL and hyper-util, of which this crate has no direct dependency.
const PERMANENT_CAUSES: [(&str, &str); 7] = [
    (
        "invalid peer certificate",
        "check the certificate, or add its authority with root_certificates(…)",
    ),
    // OpenSSL, behind native-tls.
    (
        "certificate verify failed",
        "check the certificate, or add its authority with root_certificates(…)",
    ),
    (
        "peer is incompatible",
        "there is no common version or cipher of TLS",
    ),
    (
        "received corrupt message of type InvalidContentType",
        "the server does not use TLS on this port",
    ),
    // The same of OpenSSL, which reads the text of a server as the version.
    (
        "wrong version number",
        "the server does not use TLS on this port",
    ),
    (
        "tunnel error: proxy authorization required",
        "check the user name and password of the proxy",
    ),
    // hyper-rustls has it of the proxy's URL, since the base URL was checked.
    (
        "unsupported scheme",
        "the URL of a proxy begins with http:// or https://",
    ),
];

/// The alerts by which a server ends the handshake because of the client's certificate or configuration.
// With TLS 1.3 they arrive after the request was written. The server has not read it, because it has not completed the
// handshake.
const HANDSHAKE_ALERTS: [&str; 14] = [
    "access denied",
    "bad certificate",
    "certificate expired",
    "certificate required",
    "certificate revoked",
    "certificate unknown",
    "decrypt error",
    "handshake failure",
    "insufficient security",
    "no application protocol",
    "no certificate",
    "protocol version",
    "unknown ca",
    "unsupported certificate",
];

/// The beginnings of the texts of causes by which the server or hyper guarantees that the request was not processed.
// Those of hyper-util come with the request that it could not write; those of h2 are defined so by RFC 9113, section 8.7.
const UNPROCESSED_CAUSES: [&str; 4] = [
    "client error (Canceled)",
    "client error (ChannelClosed)",
    "stream error received: refused stream",
    "connection error received: not a result of an error",
];

impl From<reqwest::Error> for HttpClientError {
    fn from(error: reqwest::Error) -> Self {
        let host = error.url().and_then(|url| url.host_str());
        let host = host.unwrap_or_default().to_owned();
        // The error names the operation already, and the query may hold data that does not belong in a log.
        let error = error.without_url();
        if error.is_builder() {
            return Self::permanent(error);
        }
        if let Some((reason, advice)) = permanent_cause(&error) {
            return Self::permanent(format!("{host}: {reason}; {advice}"));
        }
        // reqwest counts name lookup, TCP and TLS as "connect". Any other failure may come after the server
        // has read the request.
        if error.is_connect() || is_unprocessed(&error) {
            Self::not_sent(error)
        } else {
            Self::lost(error)
        }
    }
}

/// Returns an error and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

/// Returns `true` if the request was not processed although the connection was made.
fn is_unprocessed(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        let text = cause.to_string();
        let mut known = UNPROCESSED_CAUSES.iter();
        known.any(|beginning| text.starts_with(beginning))
    })
}

/// Returns the text of the first cause that no further attempt changes, and the advice for it.
fn permanent_cause(error: &(dyn Error + 'static)) -> Option<(String, &'static str)> {
    causes(error).find_map(|cause| {
        let text = cause.to_string();
        if HANDSHAKE_ALERTS.iter().any(|alert| is_alert(&text, alert)) {
            return Some((concise(&text), "check client_certificate(…)"));
        }
        let known = PERMANENT_CAUSES.iter().find(|(beginning, _)| {
            text.starts_with(beginning) || openssl_reasons(&text).any(|reason| reason == *beginning)
        });
        known.map(|(_, advice)| (concise(&text), *advice))
    })
}

/// Returns the text without OpenSSL's code, function and file: `certificate verify failed (self-signed certificate)`.
fn concise(text: &str) -> String {
    match openssl_reasons(text).nth(4) {
        Some(reason) => {
            let detail = text.rfind(" (").map_or("", |at| &text[at..]);
            format!("{reason}{detail}")
        }
        None => text.to_owned(),
    }
}

/// Returns `true` if the text reports this alert of the server: `received fatal alert: UnknownCA` of rustls, or
/// `tlsv1 alert unknown ca` of OpenSSL.
fn is_alert(text: &str, alert: &str) -> bool {
    if let Some(received) = text.strip_prefix("received fatal alert: ") {
        return received.eq_ignore_ascii_case(&alert.replace(' ', ""));
    }
    openssl_reasons(text).any(|reason| reason.contains(" alert ") && reason.ends_with(alert))
}

/// Returns the parts of OpenSSL's texts, among them the reasons:
/// `error:0A000086:SSL routines:tls_process:certificate verify failed:statem_clnt.c:1889:, error:…`.
fn openssl_reasons(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.starts_with("error:").then(|| text.split(':'));
    parts.into_iter().flatten().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_of_the_configuration_are_permanent_and_others_are_not() {
        for (text, permanent) in [
            ("invalid peer certificate: UnknownIssuer", true),
            (
                "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:ssl/statem/statem_clnt.c:1889:",
                true,
            ),
            ("received fatal alert: UnknownCA", true),
            (
                "error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:rec_layer_s3.c:1605:SSL alert number 48",
                true,
            ),
            (
                "error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl3_record.c:350:",
                true,
            ),
            (
                "error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:rec_layer_s3.c:1605:",
                false,
            ),
            ("received fatal alert: InternalError", false),
            ("received corrupt message of type InvalidContentType", true),
            ("tunnel error: proxy authorization required", true),
            ("tunnel error: unsuccessful", false),
            ("tcp connect error", false),
            // The text of a server, in an error about something else.
            (
                "connection error received: x (b\"invalid peer certificate\")",
                false,
            ),
        ] {
            let found = permanent_cause(&std::io::Error::other(text));
            assert_eq!(found.is_some(), permanent, "{text}");
        }
    }

    #[test]
    fn request_that_reqwest_cannot_build_is_a_permanent_error() {
        let request = reqwest::Client::new().get("no URL").build();
        let error = HttpClientError::from(request.unwrap_err());
        assert_eq!(error.failure, crate::error::HttpFailure::Permanent);
    }

    #[test]
    fn text_of_openssl_is_reduced_to_its_reason() {
        let text = "error:0A000086:SSL routines:tls_process:certificate verify failed:a.c:1: (self-signed certificate)";
        assert_eq!(
            concise(text),
            "certificate verify failed (self-signed certificate)"
        );
        assert_eq!(
            concise("invalid peer certificate: Expired"),
            "invalid peer certificate: Expired"
        );
    }
}
