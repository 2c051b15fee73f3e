//! Virtual machines: build, power, resize, delete; machines with a lease.

mod build;
mod delete;
#[cfg(feature = "ephemeral-machines")]
mod ephemeral;
mod find;
#[cfg(feature = "ephemeral-machines")]
mod lease;
mod power;
mod power_steps;
mod resize;
#[cfg(feature = "ephemeral-machines")]
mod sweep;

pub use build::{BuildMachine, BuildStage};
pub use delete::DeleteMachine;
#[cfg(feature = "ephemeral-machines")]
pub use ephemeral::{EphemeralError, EphemeralMachine, EphemeralStage};
#[cfg(feature = "ephemeral-machines")]
pub use lease::Lease;
pub use power::{RestartMachine, StopMachine};
pub use resize::ResizeMachine;
#[cfg(feature = "ephemeral-machines")]
pub use sweep::{LeasedMachine, Sweep};
