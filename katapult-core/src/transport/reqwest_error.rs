//! Classification of reqwest's errors: what was sent, and whether another attempt can help.

use std::error::Error;
use std::iter::successors;

use crate::error::HttpClientError;

/// The beginnings of the texts of causes that no further attempt changes, with the advice for each.
// Texts, since the types are those of rustls, OpenSSL and hyper-util, of which this crate has no direct dependency.
const PERMANENT_CAUSES: [(&str, &str); 8] = [
    (
        "invalid peer certificate",
        "add the certificate of its authority with root_certificates(…)",
    ),
    // OpenSSL, behind native-tls; its texts begin with a code.
    (
        "certificate verify failed",
        "add the certificate of its authority with root_certificates(…)",
    ),
    // The server refuses the client's certificate. With TLS 1.3 that arrives after the request was written; the server
    // has not read it, because it has not completed the handshake.
    (
        "received fatal alert: CertificateRequired",
        "set one with client_certificate(…)",
    ),
    (
        "received fatal alert: UnknownCA",
        "check client_certificate(…)",
    ),
    (
        "received fatal alert: BadCertificate",
        "check client_certificate(…)",
    ),
    (
        "received fatal alert: ProtocolVersion",
        "the server has no common TLS version",
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
        if error.is_connect() {
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

/// Returns the text of the first cause that no further attempt changes, and the advice for it.
fn permanent_cause(error: &(dyn Error + 'static)) -> Option<(String, &'static str)> {
    causes(error).find_map(|cause| {
        let text = cause.to_string();
        let known = PERMANENT_CAUSES
            .iter()
            .find(|(beginning, _)| text.starts_with(beginning) || openssl(&text, beginning));
        known.map(|(_, advice)| (text, *advice))
    })
}

/// Returns `true` if an error of OpenSSL has this reason: `error:0A000086:SSL routines:…:certificate verify failed:…`.
fn openssl(text: &str, reason: &str) -> bool {
    text.starts_with("error:") && text.split(':').any(|part| part.trim() == reason)
}
