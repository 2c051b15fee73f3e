//! The world on a port of loopback, for programs.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use http::Request;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{TOKEN, World};
use crate::{MOST_BYTES, request, respond};

/// A world that is served; it stops when this is dropped.
#[derive(Debug)]
pub struct WorldServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl World {
    /// The token that it takes.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// Serves it on a free port of loopback.
    ///
    /// # Errors
    ///
    /// When loopback gives no port.
    pub async fn serve(&self) -> io::Result<WorldServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let app = Router::new().fallback(handle).with_state(self.clone());
        let task = tokio::spawn(async move {
            // It serves until it is aborted, and never gives an error.
            let _ = axum::serve(listener, app).await;
        });
        Ok(WorldServer { address, task })
    }
}

impl WorldServer {
    /// The server's address, as a client's base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for WorldServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(world): State<World>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.unwrap_or_default();
    let answer = world.reply(&request::Request::read(&head, &body));
    respond(&answer, SystemTime::now())
}
