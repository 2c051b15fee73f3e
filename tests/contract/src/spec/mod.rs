//! Recorded URLs and corrections, by the canonical documents of [`katapult_openapi`].

pub(crate) mod corrections;
pub mod router;

use katapult_gen::Api;

/// Returns the API as the document calls it.
pub fn spec_api(api: Api) -> katapult_openapi::Api {
    match api {
        Api::Public => katapult_openapi::Api::Public,
        _ => katapult_openapi::Api::Core,
    }
}
