//! The HTTP server. It uses hyper without a framework: none of them can close a connection in place of a
//! response, and the routes come from the document.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::http::limits::{MAX_CONNECTIONS, MAX_HEAD_BYTES};
use crate::http::service::serve_request;
use crate::http::shared::Shared;
use crate::http::stall::StallTimeout;
#[cfg(feature = "tls")]
use crate::http::tls::Accepted;

/// The delay after a connection could not be accepted.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Serves connections until it is dropped.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let free = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // Before a connection is accepted: those that are not wait in the system.
        let permit = Arc::clone(&free).acquire_owned().await;
        let accepted = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else {
            // Without a free file descriptor, the next attempt would fail at once too.
            tokio::time::sleep(ACCEPT_BACKOFF).await;
            continue;
        };
        // Nagle's algorithm would delay responses; without this option they are still correct.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            accept(stream, &shared).await;
            drop(permit);
        });
    }
}

/// Serves an accepted connection, after its handshake if the sandbox has TLS.
async fn accept(stream: TcpStream, shared: &Arc<Shared>) {
    #[cfg(feature = "tls")]
    if let Some(tls) = &shared.tls {
        match tls.accept(stream, shared.config.request_timeout).await {
            Some(Accepted::Tls(stream)) => serve_connection(stream, shared, true).await,
            Some(Accepted::Plain(stream)) => serve_connection(stream, shared, false).await,
            None => {}
        }
        return;
    }
    serve_connection(stream, shared, false).await;
}

/// Serves the requests of a connection until it ends.
async fn serve_connection<S>(stream: S, shared: &Arc<Shared>, encrypted: bool)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let timeout = shared.config.request_timeout;
    let stream = StallTimeout::new(stream, timeout);
    let service = service_fn(|request| serve_request(shared, encrypted, request));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new());
    http.header_read_timeout(timeout)
        .max_buf_size(MAX_HEAD_BYTES);
    // A connection that a client, a fault or a timeout closes is not an error of the sandbox.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}
