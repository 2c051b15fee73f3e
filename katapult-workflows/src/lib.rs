//! Operations of several steps on the [Katapult](https://katapult.io) cloud, each one safe to run again after any failure.
//!
//! ```console
//! $ cargo add katapult-core katapult-workflows
//! ```
//!
//! A workflow reads the current state, executes the next step that remains, and reads the state again where a response
//! was lost. A run that ended early, by an error or because the program ended, is completed by running the same workflow
//! again. No object is created twice; where that requires a delay or a name of your choice, the documentation of the
//! workflow states it. All of them use the public calls and waiters of [`katapult_core`] only.
//!
#![cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#![cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
//! use std::time::Duration;
//! use katapult_core::types::VirtualMachineLookup;
//! use katapult_workflows::StopMachine;
//!
//! # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let web = VirtualMachineLookup::fqdn("web-1.acme.example");
//! let machine = StopMachine::new(&katapult, web)
//!     .shutdown_timeout(Duration::from_secs(60))
//!     .run()
//!     .await?;
//! println!("{} is stopped", machine.id);
//! # Ok(()) }
//! ```
//!
//! # Workflows
//!
//! | Workflow | Result | Feature |
//! | --- | --- | --- |
//! | [`BuildMachine`] | a virtual machine of this host name runs | `virtual-machines` |
//! | [`StopMachine`] | the machine is stopped: by its guest, or after a timeout by force | `virtual-machines` |
//! | [`RestartMachine`] | the machine was stopped in the same way, and runs | `virtual-machines` |
//! | [`ResizeMachine`] | the machine has another package | `virtual-machines` |
//! | [`DeleteMachine`] | the machine is deleted and purged from the trash | `virtual-machines` |
//! | [`EphemeralMachine`] | a job ran on a new machine, which is deleted | `ephemeral-machines` |
//! | [`Sweep`] | the machines whose leases have ended are deleted | `ephemeral-machines` |
//! | [`AttachDisk`] | the disk is assigned and attached to the machine | `disks` |
//! | [`DetachDisk`] | the disk is detached and free | `disks` |
//! | [`AllocateAddress`] | the machine has an IP address, new or existing | `ip-addresses` |
//! | [`ReleaseAddress`] | the address is unallocated and deleted | `ip-addresses` |
//! | [`EnsureRecords`] | the zone has the wanted DNS records | `dns` |
//! | [`AcmeChallenge`] | the TXT record of a DNS-01 challenge exists, or is gone | `dns` |
//! | [`EnsureRules`] | the security group has the wanted rules | `firewall` |
//! | [`EnsureLoadBalancer`] | the load balancer exists with the wanted members and rules, or is gone | `load-balancers` |
//! | [`EnableObjectStorage`] | object storage is provisioned in a region | `object-storage` |
//! | [`CreateCredentials`] | new credentials for object storage exist | `object-storage` |
//! | [`EstimatePrice`] | the price of machines is known before they are built | `prices` |
//!
//! All features are enabled by default. The [guide](mod@guide) has pages on build specifications, desired state, DNS,
//! machines for one job, and prices.
//!
//! # Plan and apply
//!
//! A workflow whose name begins with `Ensure` brings a set of objects to the wanted state; so does [`Sweep`]. `plan()`
//! returns the [changes](Change) as a value that can be displayed; `apply()` executes them and returns the changes that it made. A
//! second `apply()` changes nothing. Objects that the workflow does not name stay as they are, unless `prune(true)` is
//! set. [`DesiredState`] is the trait of all of them; the [guide](guide::desired_state) has more.
//!
//! All other workflows have `steps()`, which reads the current state and returns the [steps](Step) that remain, in order,
//! with the operations that they send. It changes nothing.
//!
#![cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#![cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
//! use katapult_core::types::{VirtualMachineLookup, VirtualMachinePackageLookup};
//! use katapult_workflows::ResizeMachine;
//!
//! # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let web = VirtualMachineLookup::fqdn("web-1.acme.example");
//! let package = VirtualMachinePackageLookup::permalink("rock-3");
//! let resize = ResizeMachine::new(&katapult, web, package).allow_stop();
//! for step in resize.steps().await? {
//!     println!("{step}"); // such as "stop the machine by force"
//! }
//! resize.run().await?;
//! # Ok(()) }
//! ```
//!
//! # Lost responses and concurrent runs
//!
//! The API may execute a request after its response was lost. After such a loss, a workflow reads the state for a time
//! before it sends a creation again, which `reconcile_for` sets:
//!
//! | Creation | Default | Reason |
//! | --- | --- | --- |
//! | virtual machine | 75 s | executed up to 45 s after the loss, and visible up to 30 s later |
//! | address, DNS record, rule, load balancer, access key, credentials | 45 s | executed up to 45 s after the loss |
//!
//! A machine is started after a stop only when no lost stop can be executed any more: 45 s after its response was lost.
//!
//! An object that was named by a host name, an address or a label is changed by the id that it has at the first step, so
//! that no later owner of the name is changed. An organization and a region are named as the caller names them. A lookup
//! that is empty, or has the id of another kind of object, is refused before anything is sent.
//!
//! The API has no locks. A duplicate is deleted only if this run created it and nothing can use it yet; otherwise it is
//! the error [`WorkflowError::Duplicate`]. Two runs of the same workflow at the same time, for example in two processes,
//! have these outcomes:
//!
//! | Workflow | Two concurrent runs |
//! | --- | --- |
//! | [`StopMachine`], [`DeleteMachine`], [`Sweep`], [`DetachDisk`], [`ReleaseAddress`], [`EnableObjectStorage`] | as one run |
//! | [`EphemeralMachine`] | two machines, one for each lease |
//! | [`AttachDisk`] | as one run; of two machines, one gets the disk and the other run fails |
//! | [`ResizeMachine`] | as one run; of two packages, the machine has the last one |
//! | [`RestartMachine`] | the machine runs; it may be restarted twice |
//! | [`EnsureRecords`], [`EnsureRules`] | both may create the same object; the next run deletes the surplus one, as its plan shows |
//! | [`AcmeChallenge`] | both may create the record; it is cleared with all its copies |
//! | [`EnsureLoadBalancer`] | as one run; if both create it: `Duplicate`, in at least one run, and neither is deleted. With different members, one may remove those of the other, and the next run adds them |
//! | [`AllocateAddress`] of an existing address | as one run |
//! | [`AllocateAddress`] of a new address | both may allocate one: `Duplicate`, in at least one run; neither is released |
//! | [`CreateCredentials`] | one key: a run deletes its own, if another one precedes it and it has no credentials yet. The credentials of the last run are valid |
//! | [`BuildMachine`] | as one run, since the API refuses the second build of a host name; if both are built: `Duplicate`, and neither is deleted |

mod error;

#[cfg(feature = "__converge")]
mod converge;
#[cfg(feature = "disks")]
mod disks;
#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "firewall")]
mod firewall;
#[cfg(feature = "ip-addresses")]
mod ip_addresses;
#[cfg(feature = "load-balancers")]
mod load_balancers;
#[cfg(feature = "object-storage")]
mod object_storage;
#[cfg(feature = "prices")]
mod prices;
#[cfg(feature = "virtual-machines")]
mod progress;
#[cfg(feature = "__plan")]
mod reconcile;
#[cfg(feature = "__steps")]
mod steps;
#[cfg(feature = "virtual-machines")]
mod virtual_machines;

#[cfg(feature = "disks")]
pub use disks::{AttachDisk, DetachDisk};
#[cfg(feature = "dns")]
pub use dns::{AcmeChallenge, EnsureRecords, Record, RecordContent};
pub use error::WorkflowError;
#[cfg(feature = "firewall")]
pub use firewall::{EnsureRules, Rule};
#[cfg(feature = "ip-addresses")]
pub use ip_addresses::{AllocateAddress, ReleaseAddress};
#[cfg(feature = "load-balancers")]
pub use load_balancers::{
    EnsureLoadBalancer, ForwardingRule, LoadBalancerChange, LoadBalancerMembers,
};
#[cfg(feature = "object-storage")]
pub use object_storage::{CreateCredentials, Credentials, EnableObjectStorage};
#[cfg(feature = "prices")]
pub use prices::{Amount, EstimatePrice, PriceEstimate, PriceLine};
#[cfg(feature = "__plan")]
pub use reconcile::DesiredState;
#[cfg(feature = "__plan")]
pub use reconcile::plan::{Change, Plan};
#[cfg(feature = "__steps")]
pub use steps::Step;
#[cfg(feature = "virtual-machines")]
pub use virtual_machines::{
    BuildMachine, BuildStage, DeleteMachine, ResizeMachine, RestartMachine, StopMachine,
};
#[cfg(feature = "ephemeral-machines")]
pub use virtual_machines::{
    EphemeralError, EphemeralMachine, EphemeralStage, Lease, LeasedMachine, Sweep,
};

pub use katapult_build_spec;

/// A guide: build specifications, desired state, DNS, machines for one job, and prices.
pub mod guide {
    #[cfg(feature = "virtual-machines")]
    #[doc = include_str!("guide/build_spec.md")]
    pub mod build_spec {}
    #[cfg(all(feature = "dns", feature = "firewall", feature = "load-balancers"))]
    #[doc = include_str!("guide/desired_state.md")]
    pub mod desired_state {}
    #[cfg(feature = "dns")]
    #[doc = include_str!("guide/dns.md")]
    pub mod dns {}
    #[cfg(feature = "ephemeral-machines")]
    #[doc = include_str!("guide/ephemeral_machines.md")]
    pub mod ephemeral_machines {}
    #[cfg(feature = "prices")]
    #[doc = include_str!("guide/prices.md")]
    pub mod prices {}
}

#[cfg(all(doctest, feature = "virtual-machines"))]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
