//! Stub until the first generation.
pub mod error_codes;
pub mod types;
#[cfg(feature = "virtual-machines")]
pub mod virtual_machines;
#[cfg(feature = "tasks")]
pub mod tasks;
