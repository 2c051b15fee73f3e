//! DNS records: a model of them, and the workflows that ensure them.

mod acme;
mod api;
mod content;
mod ensure;
mod name;
mod record;
mod wire;

pub use acme::AcmeChallenge;
pub use content::RecordContent;
pub use ensure::EnsureRecords;
pub use record::Record;
