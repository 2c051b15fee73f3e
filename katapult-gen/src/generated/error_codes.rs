//! The error catalogue.
use serde_json::Value;
open_enum! {
    /// A code.
    pub enum ErrorCode {
        RateLimitReached = "rate_limit_reached",
        ScopeNotGranted = "scope_not_granted",
        VirtualMachineNotFound = "virtual_machine_not_found",
    }
}
/// Detail of `scope_not_granted`.
#[derive(Clone, Debug, serde::Deserialize)]
#[non_exhaustive]
pub struct ScopeNotGrantedDetail {
    /// `scopes`.
    pub scopes: Option<Vec<String>>,
}
/// What a code brings with it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorDetail {
    /// `scope_not_granted`.
    ScopeNotGranted(ScopeNotGrantedDetail),
    /// Another code, or a detail of another form, as it came.
    Other(Value),
}
impl ErrorDetail {
    /// Reads it.
    pub fn from_parts(code: &ErrorCode, detail: &Value) -> Self {
        let typed = match code {
            ErrorCode::ScopeNotGranted => serde_json::from_value(detail.clone()).map(Self::ScopeNotGranted).ok(),
            _ => None,
        };
        typed.unwrap_or_else(|| Self::Other(detail.clone()))
    }
}
