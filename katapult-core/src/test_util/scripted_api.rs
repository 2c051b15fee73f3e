use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use katapult_gen::Operation;

use super::call_script::{CallScript, Expectation, Fit};
use super::{IntoScriptedResponse, RecordedRequest, Respond, ScriptedClient, Times};
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
///         move |shutdown| shutdown.body.virtual_machine == web
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
/// A call that is not expected fails without a retry. [Raw requests](katapult_gen::Client::request) have no
/// operation, so that none is expected; use [`ScriptedClient::from_fn`] for them.
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
        let respond = move |request: &RecordedRequest| {
            let operation = request.operation::<O>()?;
            Some(respond(operation).into_scripted_response())
        };
        let mut script = lock(&self.script);
        let index = script.expectations.len();
        script.expectations.push(Expectation {
            operation: O::INFO,
            set_at: Location::caller(),
            times: Times::from(1),
            calls: 0,
            fit: Box::new(|request| fit::<O>(request, |_| true)),
            respond: Box::new(respond),
        });
        ExpectedCalls {
            script: &self.script,
            index,
            operation: PhantomData,
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

/// Calls that a [`ScriptedApi`] expects, for further settings.
pub struct ExpectedCalls<'a, O> {
    script: &'a Mutex<CallScript>,
    index: usize,
    operation: PhantomData<fn(&O)>,
}

impl<O: Operation> ExpectedCalls<'_, O> {
    /// Sets the number of calls: `2`, or a range such as `1..`; `0` forbids the call. Default: 1.
    pub fn times(self, times: impl Into<Times>) -> Self {
        let times = times.into();
        self.change(|expectation| expectation.times = times);
        self
    }

    /// Sets a condition for the arguments. Default: none.
    pub fn when(self, condition: impl Fn(&O) -> bool + Send + 'static) -> Self {
        self.change(|expectation| {
            expectation.fit = Box::new(move |request| fit(request, &condition));
        });
        self
    }

    fn change(&self, change: impl FnOnce(&mut Expectation)) {
        if let Some(expectation) = lock(self.script).expectations.get_mut(self.index) {
            change(expectation);
        }
    }
}

impl<O: Operation> fmt::Debug for ExpectedCalls<'_, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExpectedCalls")
            .field("operation", &O::ID)
            .finish_non_exhaustive()
    }
}

fn fit<O: Operation>(request: &RecordedRequest, condition: impl Fn(&O) -> bool) -> Fit {
    match request.operation::<O>() {
        None => Fit::OtherOperation,
        Some(operation) if condition(operation) => Fit::Full,
        Some(_) => Fit::OtherArguments,
    }
}

fn lock(script: &Mutex<CallScript>) -> MutexGuard<'_, CallScript> {
    // A panic in a function of the test leaves the script complete.
    script.lock().unwrap_or_else(PoisonError::into_inner)
}
