//! Virtual machines: build, power, resize, delete.

mod build;
mod delete;
mod power;
mod resize;

pub use build::{BuildMachine, BuildStage};
pub use delete::DeleteMachine;
pub use power::{RestartMachine, StopMachine};
pub use resize::ResizeMachine;
