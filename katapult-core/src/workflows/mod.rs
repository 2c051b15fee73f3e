//! What people do with the API, each as one call that can be made again after any failure.
//!
//! A workflow looks first, does only what is left to do, and looks again where a reply was lost: a run that ended in
//! the middle, by an error or because the program did, is repaired by running the same again. Nothing is made twice,
//! and where that needs a wait or a name of your choice, the workflow's own page says so.
//!
//! All of them are thin: calls and waits that this crate makes public.
//!
#![cfg_attr(
    all(feature = "virtual-machines", feature = "tasks"),
    doc = "```no_run"
)]
#![cfg_attr(
    not(all(feature = "virtual-machines", feature = "tasks")),
    doc = "```ignore"
)]
//! use std::time::Duration;
//! use katapult_core::{types::VirtualMachineLookup, workflows::StopMachine};
//!
//! # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let web = VirtualMachineLookup::fqdn("web-1.acme.example");
//! let machine = StopMachine::new(&katapult, web).limit(Duration::from_secs(60)).run().await?;
//! println!("{} is off", machine.id);
//! # Ok(()) }
//! ```
//!
//! # Ensure
//!
//! Those whose name begins with `Ensure` bring a set of things to what is asked for: `plan()` looks, and says what
//! `apply()` would do, as a value that can be shown; `apply()` does it, and gives what it did; a second `apply()` does
//! nothing.
//!
//! # Features
//!
//! Each workflow is there when the features of the resources that it uses are; `workflows` turns on all of them.

#[cfg(feature = "ip-addresses")]
mod addresses;
#[cfg(all(feature = "virtual-machines", feature = "virtual-machine-builds"))]
mod build_machine;
#[cfg(all(
    feature = "virtual-machines",
    feature = "tasks",
    feature = "trash-objects"
))]
mod delete_machine;
#[cfg(all(feature = "disks", feature = "tasks"))]
mod disks;
mod ensure;
#[cfg(feature = "dns-records")]
mod ensure_records;
#[cfg(feature = "security-group-rules")]
mod ensure_rules;
mod error;
#[cfg(all(feature = "load-balancers", feature = "load-balancer-rules"))]
mod load_balancer;
#[cfg(all(feature = "object-storage", feature = "access-keys"))]
mod object_storage;
mod plan;
#[cfg(all(feature = "virtual-machines", feature = "tasks"))]
mod power;
#[cfg(feature = "dns-records")]
mod record;
#[cfg(all(
    feature = "virtual-machines",
    feature = "tasks",
    feature = "virtual-machine-packages"
))]
mod resize_machine;
mod rounds;

#[cfg(all(
    feature = "ip-addresses",
    feature = "virtual-machines",
    feature = "virtual-machine-network-interfaces"
))]
pub use addresses::GiveAddress;
#[cfg(feature = "ip-addresses")]
pub use addresses::TakeAddress;
#[cfg(all(feature = "virtual-machines", feature = "virtual-machine-builds"))]
pub use build_machine::{BuildMachine, BuildStage};
#[cfg(all(
    feature = "virtual-machines",
    feature = "tasks",
    feature = "trash-objects"
))]
pub use delete_machine::DeleteMachine;
#[cfg(all(feature = "disks", feature = "tasks"))]
pub use disks::{AttachDisk, DetachDisk};
#[cfg(feature = "dns-records")]
pub use ensure_records::EnsureRecords;
#[cfg(feature = "security-group-rules")]
pub use ensure_rules::{EnsureRules, Rule};
pub use error::WorkflowError;
#[cfg(all(feature = "load-balancers", feature = "load-balancer-rules"))]
pub use load_balancer::{BalancedPart, EnsureBalanced};
#[cfg(all(feature = "object-storage", feature = "access-keys"))]
pub use object_storage::{Credentials, EnableObjectStorage, MakeCredentials};
pub use plan::{Change, Plan};
#[cfg(all(feature = "virtual-machines", feature = "tasks"))]
pub use power::{RestartMachine, StopMachine};
#[cfg(feature = "dns-records")]
pub use record::{Record, RecordContent};
#[cfg(all(
    feature = "virtual-machines",
    feature = "tasks",
    feature = "virtual-machine-packages"
))]
pub use resize_machine::ResizeMachine;

// What ensures can be spawned, too.
#[cfg(all(feature = "dns-records", feature = "security-group-rules"))]
const _: fn(&EnsureRecords, &EnsureRules) = |records, rules| {
    fn sendable(_: impl Send) {}
    sendable(records.apply());
    sendable(rules.apply());
};
