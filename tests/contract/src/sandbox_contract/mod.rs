//! The sandbox against the document: valid and invalid requests to every operation.
//!
//! All requests are [generated](crate::generators) from the document. [`setup`] creates the objects and
//! states that an operation needs, [`oracle`] validates responses, [`invariants`] checks the world after
//! any request, and [`fuzz`] sends random requests.

pub mod fuzz;
pub mod invariants;
pub mod oracle;
pub mod setup;
