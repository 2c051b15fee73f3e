//! Types of single values, and the macros that define enumerations, lookups and tagged unions.

mod into_lookup;
#[cfg(feature = "schemars")]
#[macro_use]
pub(crate) mod json_schema; // before those that use its macro
#[cfg(feature = "__lookup")]
#[macro_use]
mod lookup;
#[cfg(feature = "__lookup")]
mod lookup_error;
#[cfg(feature = "__lookup")]
pub(crate) mod lookup_text;
#[macro_use]
mod open_enum;
mod patch;
mod secret;
mod secret_name;
mod secret_words;
#[cfg(feature = "__tagged-union")]
#[macro_use]
mod tagged_union;
mod timestamp;
mod unknown_value;

pub use into_lookup::IntoLookup;
#[cfg(feature = "__lookup")]
pub use lookup_error::LookupError;
pub use patch::Patch;
pub use secret::{ExposeSecrets, Secret};
pub use secret_name::is_secret_name;
pub use timestamp::Timestamp;
pub use unknown_value::UnknownValueError;
