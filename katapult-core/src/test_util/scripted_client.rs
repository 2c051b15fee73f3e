use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::Request;
use tokio::time::Instant;

use super::{FixedRng, RecordedRequest, ScriptedResponse, SimulatedClock};
use crate::{Client, ClientBuilder, Clock, ConfigError, HttpClient, HttpFuture};

/// 2025-11-24 16:00:42 UTC: 18 s before the quota's next window, which begins on the minute.
const SERVER_TIME: Duration = Duration::from_secs(1_764_000_042);

/// An [`HttpClient`] that answers from a script and records the requests.
///
/// Clones share the script and the records. It has to be made within a tokio runtime, whose clock
/// it uses.
///
/// Its server has a clock of its own: at the start it is 16:00:42 UTC there, so that a spent quota
/// is renewed after 18 s; [`server_time`](Self::server_time) changes that.
#[derive(Clone)]
pub struct ScriptedClient {
    script: Arc<Script>,
    requests: Arc<Mutex<Vec<RecordedRequest>>>,
    clock: SimulatedClock,
}

type Respond = dyn Fn(&RecordedRequest, &[RecordedRequest]) -> ScriptedResponse + Send + Sync;

/// The source of responses.
enum Script {
    Queue(Vec<ScriptedResponse>),
    Respond(Box<Respond>),
}

impl ScriptedClient {
    /// Returns a client that gives these responses in turn; the last one repeats.
    pub fn new(responses: impl IntoIterator<Item = ScriptedResponse>) -> Self {
        Self::of(Script::Queue(responses.into_iter().collect()))
    }

    /// Returns a client that computes each response from the request and the requests before it.
    ///
    /// Requests are answered one at a time: the function must not call methods of this client.
    pub fn from_fn(
        respond: impl Fn(&RecordedRequest, &[RecordedRequest]) -> ScriptedResponse
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self::of(Script::Respond(Box::new(respond)))
    }

    fn of(script: Script) -> Self {
        Self {
            script: Arc::new(script),
            requests: Arc::default(),
            clock: SimulatedClock::starting_at(UNIX_EPOCH + SERVER_TIME),
        }
    }

    /// Sets the time of day on the server, from now on.
    #[must_use]
    pub fn server_time(mut self, now: SystemTime) -> Self {
        self.clock = SimulatedClock::starting_at(now);
        self
    }

    /// Returns the builder of an SDK client over this one: with a token, the server's clock, and
    /// jitter in the middle of its range. All other settings are the defaults.
    pub fn client_builder(&self) -> ClientBuilder {
        Client::builder()
            .token("scripted-token")
            .http_client(self.clone())
            .clock(self.clock)
            .rng(FixedRng(0.5))
    }

    /// Returns an SDK client over this one.
    ///
    /// # Errors
    ///
    /// Never with the settings of [`client_builder`](Self::client_builder).
    pub fn client(&self) -> Result<Client, ConfigError> {
        self.client_builder().build()
    }

    /// Returns the requests so far, in the order in which they were sent.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.lock().clone()
    }

    /// Returns the pauses between each request's end and the next request; zero where the next one
    /// was sent before the end.
    pub fn pauses(&self) -> Vec<Duration> {
        let requests = self.lock();
        let pairs = requests.windows(2);
        pairs
            .map(|pair| {
                let end = pair[0].finished_at.unwrap_or(pair[1].sent_at);
                pair[1].sent_at.saturating_duration_since(end)
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RecordedRequest>> {
        // A panic in a test's function leaves the records complete.
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records the request and chooses its response.
    fn receive(&self, request: &Request<Bytes>) -> (InFlight, ScriptedResponse) {
        let request = RecordedRequest::new(request);
        let mut requests = self.lock();
        let number = requests.len();
        let response = match &*self.script {
            Script::Queue(queue) => queue.get(number).or(queue.last()).cloned(),
            Script::Respond(respond) => Some(respond(&request, &requests)),
        };
        requests.push(request);
        drop(requests);
        let client = self.clone();
        let response = response.unwrap_or_else(ScriptedResponse::connection_refused);
        (InFlight { client, number }, response)
    }
}

impl HttpClient for ScriptedClient {
    fn send(&self, request: Request<Bytes>) -> HttpFuture<'_> {
        let (in_flight, response) = self.receive(&request);
        let clock = self.clock;
        Box::pin(async move {
            // Moved in whole: its drop, with that of this future, is the end of the request.
            let _in_flight = in_flight;
            response.deliver(|| clock.now()).await
        })
    }
}

/// Records the end of a request, which may also be that its future is dropped.
struct InFlight {
    client: ScriptedClient,
    number: usize,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(request) = self.client.lock().get_mut(self.number) {
            request.finished_at = Some(Instant::now());
        }
    }
}

impl fmt::Debug for ScriptedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedClient")
            .field("requests", &self.lock().len())
            .finish_non_exhaustive()
    }
}
