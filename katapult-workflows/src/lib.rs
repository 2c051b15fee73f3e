//! What people do with the API, each as one call that can be made again after any failure.
//!
//! A workflow looks first, does only what is left to do, and looks again where a reply was lost: a run that ended in
//! the middle, by an error or because the program did, is repaired by running the same again. Nothing is made twice,
//! and where that needs a wait or a name of your choice, the workflow's own page says so.
//!
//! All of them are thin: calls and waits that `katapult-core` makes public.
//!
#![cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#![cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
//! use std::time::Duration;
//! use katapult_core::types::VirtualMachineLookup;
//! use katapult_workflows::StopMachine;
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
//! One feature for each group of workflows: `disks`, `dns`, `firewall`, `ip-addresses`, `load-balancers`, `object-storage`,
//! `virtual-machines`. All are on by default.

#[cfg(feature = "ip-addresses")]
mod addresses;
#[cfg(feature = "virtual-machines")]
mod build_machine;
#[cfg(feature = "virtual-machines")]
mod delete_machine;
#[cfg(feature = "disks")]
mod disks;
mod ensure;
#[cfg(feature = "dns")]
mod ensure_records;
#[cfg(feature = "firewall")]
mod ensure_rules;
mod error;
#[cfg(feature = "load-balancers")]
mod load_balancer;
#[cfg(feature = "object-storage")]
mod object_storage;
mod plan;
#[cfg(feature = "virtual-machines")]
mod power;
#[cfg(feature = "dns")]
mod record;
#[cfg(feature = "virtual-machines")]
mod resize_machine;
mod rounds;

#[cfg(feature = "ip-addresses")]
pub use addresses::GiveAddress;
#[cfg(feature = "ip-addresses")]
pub use addresses::TakeAddress;
#[cfg(feature = "virtual-machines")]
pub use build_machine::{BuildMachine, BuildStage};
#[cfg(feature = "virtual-machines")]
pub use delete_machine::DeleteMachine;
#[cfg(feature = "disks")]
pub use disks::{AttachDisk, DetachDisk};
#[cfg(feature = "dns")]
pub use ensure_records::EnsureRecords;
#[cfg(feature = "firewall")]
pub use ensure_rules::{EnsureRules, Rule};
pub use error::WorkflowError;
#[cfg(feature = "load-balancers")]
pub use load_balancer::{BalancedPart, EnsureBalanced};
#[cfg(feature = "object-storage")]
pub use object_storage::{Credentials, EnableObjectStorage, MakeCredentials};
pub use plan::{Change, Plan};
#[cfg(feature = "virtual-machines")]
pub use power::{RestartMachine, StopMachine};
#[cfg(feature = "dns")]
pub use record::{Record, RecordContent};
#[cfg(feature = "virtual-machines")]
pub use resize_machine::ResizeMachine;

pub use katapult_build_spec;

/// Guides: the build specification, from writing one to a running machine.
#[cfg(feature = "virtual-machines")]
pub mod guide {
    #[doc = include_str!("guide/build_spec.md")]
    pub mod build_spec {}
}

// What ensures can be spawned, too.
#[cfg(all(feature = "dns", feature = "firewall"))]
const _: fn(&EnsureRecords, &EnsureRules) = |records, rules| {
    fn sendable(_: impl Send) {}
    sendable(records.apply());
    sendable(rules.apply());
};
