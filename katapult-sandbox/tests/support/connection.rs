//! Requests as bytes, on connections without an HTTP client.
#![allow(dead_code, missing_docs)]

use std::time::Duration;

use katapult_sandbox::Sandbox;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A time within which every connection ends: longer than the timeout of a request in these tests, and shorter than
/// its default.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// Opens a connection to a sandbox.
pub(crate) async fn connect(sandbox: &Sandbox) -> TcpStream {
    let address = sandbox.url().trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// Sends bytes, and returns what comes back until the connection ends; `None` if it does not end.
pub(crate) async fn exchange(sandbox: &Sandbox, bytes: &[u8]) -> Option<String> {
    let stream = connect(sandbox).await;
    let (mut reader, mut writer) = stream.into_split();
    let mut received = Vec::new();
    let read = tokio::time::timeout(TIMEOUT, reader.read_to_end(&mut received));
    // The sandbox may close before it has read everything: an error then, which is no failure.
    let (read, _) = tokio::join!(read, writer.write_all(bytes));
    read.ok()
        .map(|_| String::from_utf8_lossy(&received).into_owned())
}
