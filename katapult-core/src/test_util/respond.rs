use katapult_gen::Operation;
use serde::Serialize;
use serde_json::Value;

use super::ScriptedResponse;

/// A function that answers the calls of an operation: any `FnMut(&O) -> R` whose result is an
/// [`IntoScriptedResponse`].
// A bound on the closure alone, `impl FnMut(&O) -> R`, would make callers write `on::<Get, _>`.
pub trait Respond<O>: FnMut(&O) -> <Self as Respond<O>>::Returned + Send + 'static {
    /// The result of the function.
    type Returned: IntoScriptedResponse<O>;
}

impl<O, R, F> Respond<O> for F
where
    F: FnMut(&O) -> R + Send + 'static,
    R: IntoScriptedResponse<O>,
{
    type Returned = R;
}

/// A response to a call of an operation.
///
/// It is implemented by
///
/// - `Result<O::Response, ScriptedResponse>`: the typed response of the operation, or an error;
/// - [`serde_json::Value`]: the JSON body of a success;
/// - [`ScriptedResponse`]: anything else, such as an error of the API or a lost connection.
///
/// The response of another operation does not compile:
///
#[cfg_attr(feature = "virtual-machines", doc = "```compile_fail,E0271")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::test_util::ScriptedApi;
/// use katapult_core::virtual_machines::{Get, ListResponse};
///
/// let scripted = ScriptedApi::new();
/// scripted.on::<Get>(|_| Ok(ListResponse::default())).times(0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a response of the operation `{O}`",
    label = "expected `Ok` with the operation's response, JSON, or a `ScriptedResponse`"
)]
pub trait IntoScriptedResponse<O> {
    /// Returns the response to deliver.
    fn into_scripted_response(self) -> ScriptedResponse;
}

impl<O> IntoScriptedResponse<O> for ScriptedResponse {
    fn into_scripted_response(self) -> ScriptedResponse {
        self
    }
}

impl<O> IntoScriptedResponse<O> for Value {
    fn into_scripted_response(self) -> ScriptedResponse {
        ScriptedResponse::json(&self)
    }
}

impl<O> IntoScriptedResponse<O> for Result<O::Response, ScriptedResponse>
where
    O: Operation<Response: Serialize>,
{
    fn into_scripted_response(self) -> ScriptedResponse {
        self.map_or_else(|error| error, |value| ScriptedResponse::value(&value))
    }
}
