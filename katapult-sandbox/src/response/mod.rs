//! The response side: rendering of objects, errors and headers.

pub(crate) mod context;
pub(crate) mod headers;
pub(crate) mod history;
pub(crate) mod refusal;
pub(crate) mod render;
