//! Operations on the test doubles of the SDK.

use katapult_core::httpmock::{MockServer, MockServerExt};
use katapult_core::prelude::*;
use katapult_core::test_util::ScriptedApi;
use katapult_core::{Client, RetryPolicy};
use katapult_gen::{ExposeSecrets, Operation};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::sdk::json_form;

/// Calls an operation on a script that returns a body as the typed response, and returns what the call returned.
///
/// # Errors
///
/// If the call fails, or the script receives another operation.
pub(super) async fn scripted<O>(arguments: Value, body: Vec<u8>) -> Result<Value, String>
where
    O: Operation + DeserializeOwned + PartialEq,
    O::Response: Serialize + Default,
{
    let operation = read::<O>(&arguments)?;
    let scripted = ScriptedApi::new();
    let expected = read::<O>(&arguments)?;
    let response = decode::<O>(&body)?;
    let mut response = Some(response);
    scripted
        .on::<O>(move |_| Ok(response.take().unwrap_or_default()))
        .when(move |operation| *operation == expected);
    let client = scripted.client().map_err(|error| error.to_string())?;
    let sent = client.call(operation).send().await;
    let sent = sent.map_err(|error| error.to_string())?;
    write(&*sent)
}

/// Calls an operation on a mock of the call that returns a body as the typed response, and returns what the call
/// returned.
///
/// # Errors
///
/// If the call fails, or a call with a further parameter does not.
pub(super) async fn mocked<O>(
    server: &MockServer,
    client: &Client,
    arguments: Value,
    body: Vec<u8>,
) -> Result<Value, String>
where
    O: Operation + DeserializeOwned,
    O::Response: Serialize,
{
    let response = decode::<O>(&body)?;
    let call = || {
        Ok::<_, String>(
            client
                .call(read::<O>(&arguments)?)
                .retry(RetryPolicy::none()),
        )
    };
    let mut mock = server.mock_call(&call()?, |then| then.ok(&response));
    let other = call()?.query_param("another", "value").send().await;
    let sent = call()?.send().await;
    let calls = mock.calls();
    mock.delete();
    if other.is_ok() || calls != 1 {
        return Err(format!("{calls} calls were answered"));
    }
    write(&*sent.map_err(|error| error.to_string())?)
}

fn read<O: Operation + DeserializeOwned>(arguments: &Value) -> Result<O, String> {
    json_form::operation(arguments).map_err(|error| error.to_string())
}

fn decode<O: Operation>(body: &[u8]) -> Result<O::Response, String> {
    // As a call does: an empty body is complete where the type requires nothing of it.
    let decoded = match O::decode(body) {
        Err(_) if body.is_empty() => O::decode(b"{}"),
        decoded => decoded,
    };
    decoded.map_err(|error| error.to_string())
}

fn write(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(ExposeSecrets(value)).map_err(|error| error.to_string())
}
