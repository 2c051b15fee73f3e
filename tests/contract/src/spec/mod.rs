//! Recorded URLs and corrections, by the canonical documents of [`katapult_openapi`].

pub(crate) mod corrections;
pub mod router;
