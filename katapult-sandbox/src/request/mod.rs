//! The request side: token, quota, arguments and their validation.

pub(crate) mod arguments;
pub(crate) mod auth;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod quota;
pub(crate) mod resolve_lookups;
pub(crate) mod token;
pub(crate) mod validate;
