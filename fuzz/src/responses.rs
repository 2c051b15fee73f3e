//! Responses of all operations. The first two bytes of an input choose the operation.

use std::sync::LazyLock;

use katapult_contract::generators::{Coverage, arbitrary, minimal};
use katapult_contract::sdk::registry::{self, AnyOperation};
use katapult_contract::spec::spec_api;
use katapult_core::ApiError;
use katapult_openapi::Spec;
use serde_json::Value;

static OPERATIONS: LazyLock<Vec<Box<dyn AnyOperation>>> = LazyLock::new(registry::all);

/// Panics if a response that is decoded is not the same after it is encoded and decoded again, or cannot be stored.
pub fn check(input: &[u8]) {
    let Some(([high, low], body)) = input.split_first_chunk() else {
        return;
    };
    let chosen = usize::from(u16::from_be_bytes([*high, *low])) % OPERATIONS.len();
    let operation = &OPERATIONS[chosen];
    let id = operation.info().id;
    match operation.read(body) {
        // Text is encoded as a JSON string, which is other text.
        Ok(Value::String(_)) => {}
        Ok(value) => {
            let again = operation.read(value.to_string().as_bytes());
            assert_eq!(again.as_ref().ok(), Some(&value), "{id}");
            assert_eq!(operation.store_response(body), Ok(()), "{id}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if let Some(error) = ApiError::from_body(body) {
        assert!(!format!("{error:?}").is_empty());
    }
}

/// Returns a minimal response of each operation, an arbitrary one, and an error.
pub fn seeds() -> Vec<Vec<u8>> {
    let spec = Spec::embedded().expect("the documents are canonical");
    let mut arbitrary = arbitrary::responses(Coverage::Unknown, 1);
    let mut seeds = Vec::new();
    for (index, operation) in OPERATIONS.iter().enumerate() {
        let info = operation.info();
        let described = spec.operation(spec_api(info.api), info.id);
        let Some(described) = described else {
            continue;
        };
        let mut seed = |body: String| {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            seeds.push([index.to_be_bytes().as_slice(), body.as_bytes()].concat());
        };
        seed(minimal::response(described).to_string());
        if let Some(schema) = described.response() {
            seed(arbitrary.value(schema).to_string());
        }
    }
    seeds.push(
        b"\0\0{\"error\":{\"code\":\"task_not_found\",\"description\":\"none\",\"detail\":{}}}"
            .to_vec(),
    );
    seeds
}
