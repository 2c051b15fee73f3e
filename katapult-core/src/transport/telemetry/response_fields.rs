//! The facts about a response that are logged and observed.

use katapult_gen::{ApiError, RawResponse};

/// The last response of a call, and the API's error if it is one.
pub(crate) type LastResponse = (RawResponse, Option<ApiError>);

/// The facts about a response that are logged and observed.
#[derive(Default)]
pub(super) struct ResponseFields<'a> {
    pub(super) status: Option<u16>,
    pub(super) error_code: Option<&'a str>,
    pub(super) request_id: Option<&'a str>,
    pub(super) quota_remaining: Option<u32>,
}

impl<'a> ResponseFields<'a> {
    pub(super) fn of((response, api): &'a LastResponse) -> Self {
        Self::new(response, api.as_ref())
    }

    pub(super) fn new(response: &'a RawResponse, api: Option<&'a ApiError>) -> Self {
        Self {
            status: Some(response.status.as_u16()),
            error_code: api.map(|api| api.code.as_str()),
            request_id: response.request_id(),
            quota_remaining: response.rate_limit().map(|quota| quota.remaining),
        }
    }
}
