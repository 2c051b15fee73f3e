#![doc = include_str!("../README.md")]

mod document;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod error_code;
mod operation;
mod router;
mod schema;
mod spec;
mod wait_states;

pub use document::Document;
pub use error::ParseError;
pub use error_code::ErrorCode;
pub use operation::{Api, ListFields, Operation, Parameter};
pub use router::Route;
pub use schema::{Lookup, Schema, SchemaType};
pub use spec::Spec;
pub use wait_states::WaitStates;
