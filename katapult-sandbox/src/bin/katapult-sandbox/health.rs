//! The health of a running sandbox, for containers: their images have no curl.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest time to wait for a connection, and for each part of a response.
// Shorter than the timeout of a container's health check, so that the cause is printed.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The longest response to read.
// A few times the real one; another server at the address could send without an end.
const MAX_RESPONSE: u64 = 4096;

/// Asks the sandbox at an address for its health.
///
/// # Errors
///
/// If nothing answers at the address, or something other than a running sandbox.
pub(crate) fn check(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "GET /sandbox/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )?;
    let mut response = Vec::new();
    stream.take(MAX_RESPONSE).read_to_end(&mut response)?;
    let response = String::from_utf8_lossy(&response);
    if is_healthy(&response) {
        return Ok(());
    }
    let status = response.lines().next().unwrap_or_default();
    let message = format!("not a running sandbox, its response is {status:?}");
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

/// Returns `true` if a response is that of a running sandbox.
fn is_healthy(response: &str) -> bool {
    response.starts_with("HTTP/1.1 200 ") && response.contains(r#""status":"ok""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_is_status_200_with_ok() {
        let cases = [
            ("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}", true),
            ("HTTP/1.1 200 OK\r\n\r\n<html>ok</html>", false),
            (
                "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"status\":\"ok\"}",
                false,
            ),
            ("", false),
        ];
        for (response, expected) in cases {
            assert_eq!(is_healthy(response), expected, "{response}");
        }
    }
}
