//! What a program that uses the API wants in scope: `use katapult_core::prelude::*;`.

pub use crate::call_ext::CallExt;
pub use crate::safe_create::SafeCreate;
