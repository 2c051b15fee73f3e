use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use katapult_gen::{Api, Operation, RawRequest};

use super::call_script::{CallScript, Expectation, Fit};
use super::{
    IntoScriptedResponse, RecordedRequest, Respond, ScriptedClient, ScriptedResponse, Times,
};
use crate::{Client, ClientBuilder, ConfigError};

/// The expected calls of a test, each with its response, by operation.
///
/// A test sets the calls with [`on`](Self::on), runs its code with the [`client`](Self::client), and drops this
/// value, which panics if a call was not made or was not expected. [`verify`](Self::verify) does so at once. While
/// a thread panics already, nothing is verified.
///
#[cfg_attr(feature = "virtual-machines", doc = "```")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::test_util::{ScriptedApi, ScriptedResponse};
/// use katapult_core::types::{VirtualMachine, VirtualMachineLookup};
/// use katapult_core::virtual_machines::{Get, GetResponse, Shutdown};
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let scripted = ScriptedApi::new();
/// let web = VirtualMachineLookup::id("vm_1");
///
/// // A typed response, JSON, or an error. The operation has the arguments of the call.
/// scripted.on::<Get>(|_| {
///     let mut response = GetResponse::default();
///     response.virtual_machine.id = "vm_1".into();
///     response.virtual_machine.name = Some("web-1".into());
///     Ok(response)
/// });
/// scripted.on::<Get>(|get| json!({"virtual_machine": {"id": get.virtual_machine.to_string()}}));
/// scripted
///     .on::<Shutdown>(|_| ScriptedResponse::api_error(406, "object_in_trash"))
///     .when({
///         let web = web.clone();
///         move |shutdown| shutdown.virtual_machine == web
///     })
///     .times(1..);
///
/// let katapult = scripted.client()?;
/// assert_eq!(katapult.virtual_machines().get(&web).send().await?.name.as_deref(), Some("web-1"));
/// assert_eq!(katapult.virtual_machines().get(&web).send().await?.name, None);
/// let error = katapult.virtual_machines().shutdown(&web).send().await.unwrap_err();
/// assert!(error.is_in_trash());
/// scripted.verify();
/// # Ok(()) }
/// ```
///
/// Each attempt counts: a call that is sent twice, because the first response permits a retry, is two calls of the
/// script. So does each page of a list, and each poll of a waiter.
///
/// A call that is not expected fails without a retry. [`on_request`](Self::on_request) expects one that the SDK has
/// no operation for.
pub struct ScriptedApi {
    client: ScriptedClient,
    script: Arc<Mutex<CallScript>>,
}

impl ScriptedApi {
    /// Returns a script without calls.
    #[must_use]
    pub fn new() -> Self {
        let script = Arc::new(Mutex::new(CallScript::default()));
        let answers = Arc::clone(&script);
        Self {
            client: ScriptedClient::from_fn(move |request, _| lock(&answers).answer(request)),
            script,
        }
    }

    /// Requires the calls in the order in which they are set. Default: any order, where the first call that is set
    /// and not exhausted answers.
    #[must_use]
    pub fn in_order(self) -> Self {
        lock(&self.script).in_order = true;
        self
    }

    /// Expects a call of an operation, once unless [`times`](ExpectedCalls::times) is called, with any arguments
    /// unless [`when`](ExpectedCalls::when) is called.
    ///
    /// Calls are answered one at a time: the function must not call methods of this value. Its panics reach the
    /// caller of the operation.
    #[track_caller]
    pub fn on<O: Operation>(&self, mut respond: impl Respond<O>) -> ExpectedCalls<'_, O> {
        self.expect(Cow::Borrowed(O::ID), RecordedRequest::operation, {
            move |request| {
                let operation = request.operation::<O>()?;
                Some(respond(operation).into_scripted_response())
            }
        })
    }

    /// Expects a [raw request](katapult_gen::Client::request) by its method and its path without the API's prefix,
    /// once unless [`times`](ExpectedCalls::times) is called.
    ///
    /// ```
    /// use katapult_core::{http::Method, test_util::ScriptedApi};
    /// use serde_json::{Value, json};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scripted = ScriptedApi::new();
    /// let path = "/virtual_machines/virtual_machine/hibernate";
    /// scripted
    ///     .on_request(Method::POST, path, |_| json!({"task": {"id": "task_1"}}))
    ///     .when(|request| request.json()["keep_addresses"] == true);
    ///
    /// let hibernate = scripted.client()?.request(Method::POST, path);
    /// let hibernate = hibernate.json(&json!({"keep_addresses": true}));
    /// assert_eq!(hibernate.send::<Value>().await?["task"]["id"], "task_1");
    /// # Ok(()) }
    /// ```
    #[track_caller]
    pub fn on_request<R: IntoScriptedResponse<RawRequest>>(
        &self,
        method: Method,
        path: &str,
        mut respond: impl FnMut(&RecordedRequest) -> R + Send + 'static,
    ) -> ExpectedCalls<'_, RecordedRequest> {
        let name = format!("{method} {path}");
        let paths = [Api::Core, Api::Public].map(|api| [api.prefix(), path].concat());
        let expected = self.expect(Cow::Owned(name), |request| Some(request), {
            move |request| Some(respond(request).into_scripted_response())
        });
        expected.change(|expectation| {
            expectation.fit = Box::new(move |request| {
                // The base URL may have a path of its own.
                let is_path = paths.iter().any(|path| request.path().ends_with(path));
                match is_path && request.method == method {
                    true => Fit::Full,
                    false => Fit::OtherOperation,
                }
            });
        });
        expected
    }

    #[track_caller]
    fn expect<A>(
        &self,
        name: Cow<'static, str>,
        arguments: ArgumentsFn<A>,
        respond: impl FnMut(&RecordedRequest) -> Option<ScriptedResponse> + Send + 'static,
    ) -> ExpectedCalls<'_, A>
    where
        A: 'static,
    {
        let mut script = lock(&self.script);
        let index = script.expectations.len();
        script.expectations.push(Expectation {
            name,
            set_at: Location::caller(),
            times: Times::from(1),
            calls: 0,
            fit: Box::new(move |request| match arguments(request) {
                Some(_) => Fit::Full,
                None => Fit::OtherOperation,
            }),
            respond: Box::new(respond),
        });
        ExpectedCalls {
            script: &self.script,
            index,
            arguments,
        }
    }

    /// Checks that all expected calls and no others were made so far.
    ///
    /// # Panics
    ///
    /// If that is not so. The message lists the differences, with the places where the calls were set.
    #[track_caller]
    pub fn verify(&self) {
        // Without the lock, which a panic would poison.
        let differences = lock(&self.script).differences();
        if let Some(differences) = differences {
            panic!("{differences}");
        }
    }

    /// Returns the builder of a client whose calls are answered by this script; see
    /// [`ScriptedClient::client_builder`].
    pub fn client_builder(&self) -> ClientBuilder {
        self.client.client_builder()
    }

    /// Returns a client whose calls are answered by this script.
    ///
    /// # Errors
    ///
    /// Never with the settings of [`client_builder`](Self::client_builder).
    pub fn client(&self) -> Result<Client, ConfigError> {
        self.client.client()
    }

    /// Returns the requests so far, in the order in which they were sent.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.client.requests()
    }
}

impl Default for ScriptedApi {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ScriptedApi {
    fn drop(&mut self) {
        // A second panic would abort the process, and hide the first.
        if !std::thread::panicking() {
            self.verify();
        }
    }
}

impl fmt::Debug for ScriptedApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedApi")
            .field("differences", &lock(&self.script).differences())
            .finish_non_exhaustive()
    }
}

/// Calls that a [`ScriptedApi`] expects, for further settings. `A` is the operation, or a raw request.
pub struct ExpectedCalls<'a, A> {
    script: &'a Mutex<CallScript>,
    index: usize,
    arguments: ArgumentsFn<A>,
}

/// Returns what a condition is about, if a request has it.
type ArgumentsFn<A> = fn(&RecordedRequest) -> Option<&A>;

impl<A: 'static> ExpectedCalls<'_, A> {
    /// Sets the number of calls: `2`, or a range such as `1..`; `0` forbids the call. Default: 1.
    pub fn times(self, times: impl Into<Times>) -> Self {
        let times = times.into();
        self.change(|expectation| expectation.times = times);
        self
    }

    /// Adds a condition for the arguments. Default: none.
    pub fn when(self, condition: impl Fn(&A) -> bool + Send + 'static) -> Self {
        let arguments = self.arguments;
        self.change(|expectation| {
            let any = Box::new(|_: &RecordedRequest| Fit::Full);
            let before = std::mem::replace(&mut expectation.fit, any);
            expectation.fit = Box::new(move |request| match before(request) {
                Fit::Full if !arguments(request).is_some_and(&condition) => Fit::OtherArguments,
                fit => fit,
            });
        });
        self
    }

    fn change(&self, change: impl FnOnce(&mut Expectation)) {
        if let Some(expectation) = lock(self.script).expectations.get_mut(self.index) {
            change(expectation);
        }
    }
}

impl<A> fmt::Debug for ExpectedCalls<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpectedCalls").finish_non_exhaustive()
    }
}

fn lock(script: &Mutex<CallScript>) -> MutexGuard<'_, CallScript> {
    // A panic in a function of the test leaves the script complete.
    script.lock().unwrap_or_else(PoisonError::into_inner)
}
