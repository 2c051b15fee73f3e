//! A server in the process that answers a short story as the Katapult API does: an organization with
//! a few virtual machines, which can be listed page by page, looked up, and shut down by a task.
//!
//! On the way it refuses two requests, once each, as the real API now and then does: the first
//! look at a virtual machine with a 429, the first look at a task with a 503.
//!
//! ```
//! # async fn run() -> std::io::Result<()> {
//! let api = katapult_stand_in::StandIn::start().await?;
//! println!("{} takes the token {}", api.url(), api.token());
//! # Ok(()) }
//! ```

mod answer;
mod request;
mod story;
mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue, Request};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::answer::Answer;
use crate::story::Story;

pub use world::{World, WorldServer};

/// The one token that the server takes.
const TOKEN: &str = "a-token-of-the-stand-in";
/// The sub-domain of the one organization.
const SUB_DOMAIN: &str = "acme";
/// More than this no request of the story has.
const MOST_BYTES: usize = 1 << 20;

/// The server; it stops when this is dropped.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    story: Arc<Mutex<Story>>,
    task: JoinHandle<()>,
}

impl StandIn {
    /// Starts the server on a free port of loopback.
    ///
    /// # Errors
    ///
    /// When loopback gives no port.
    pub async fn start() -> io::Result<Self> {
        Self::serve(Story::new()).await
    }

    /// Starts it without the two refusals.
    ///
    /// # Errors
    ///
    /// When loopback gives no port.
    pub async fn start_calm() -> io::Result<Self> {
        Self::serve(Story::calm()).await
    }

    async fn serve(story: Story) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let story = Arc::new(Mutex::new(story));
        let app = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&story));
        let task = tokio::spawn(async move {
            // It serves until it is aborted, and never gives an error.
            let _ = axum::serve(listener, app).await;
        });
        Ok(Self {
            address,
            story,
            task,
        })
    }

    /// The server's address, as a client's base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token that it takes.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The sub-domain of the organization whose machines it has.
    pub fn organization(&self) -> &'static str {
        SUB_DOMAIN
    }

    /// The statuses of the requests that it refused on purpose since this was last asked.
    pub fn take_refusals(&self) -> Vec<u16> {
        lock(&self.story).take_refusals()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(State(story): State<Arc<Mutex<Story>>>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.unwrap_or_default();
    let request = request::Request::read(&head, &body);
    let answer = lock(&story).answer(&request);
    respond(&answer, SystemTime::now())
}

fn lock(story: &Mutex<Story>) -> MutexGuard<'_, Story> {
    story.lock().unwrap_or_else(PoisonError::into_inner)
}

fn respond(answer: &Answer, now: SystemTime) -> Response {
    let mut response = Response::new(Body::from(answer.body.to_string()));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if let Ok(date) = HeaderValue::try_from(httpdate::fmt_http_date(now)) {
        headers.insert("date", date);
    }
    for (name, value) in &answer.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
