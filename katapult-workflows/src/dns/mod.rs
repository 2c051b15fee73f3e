//! DNS records: a model of them, and the workflow that ensures them.

mod ensure;
mod record;

pub use ensure::EnsureRecords;
pub use record::{Record, RecordContent};
