//! What is waited for.

use std::future::Future;
use std::time::Duration;

use crate::call_ext::CallOptions;
use crate::error::Error;

/// How things stand with what is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitState {
    /// Not yet.
    Pending,
    /// As it was hoped for.
    Succeeded,
    /// It ended badly, and no waiting will help.
    Failed,
}

/// What is waited for: how to look at it, and how to judge what was seen.
///
/// This crate has one for tasks, builds, machines, disks, volumes, object storage and trash objects; anything else that
/// takes its time can have one too:
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::types::{VirtualMachine, VirtualMachineLookup};
/// use katapult_core::{CallOptions, Client, Error, WaitState, Waiter, WaitCondition};
///
/// /// A machine that has its first address.
/// struct Address(Client, VirtualMachineLookup);
///
/// impl WaitCondition for Address {
///     type State = VirtualMachine;
///
///     async fn poll(&mut self, options: CallOptions) -> Result<VirtualMachine, Error> {
///         let mut get = self.0.virtual_machines().get(&self.1);
///         *get.options_mut() = options;
///         Ok(get.send().await?.into_inner().virtual_machine)
///     }
///
///     fn evaluate(&mut self, machine: &VirtualMachine) -> WaitState {
///         match machine.ip_addresses.as_deref() {
///             Some([_, ..]) => WaitState::Succeeded,
///             _ => WaitState::Pending,
///         }
///     }
///
///     fn describe(&self, machine: &VirtualMachine) -> String {
///         format!("virtual machine {}", machine.id)
///     }
/// }
///
/// # async fn run(katapult: Client) -> Result<(), Box<dyn std::error::Error>> {
/// let web = VirtualMachineLookup::fqdn("web-1.acme.example");
/// let machine = Waiter::new(&katapult, Address(katapult.clone(), web)).await?;
/// # drop(machine); Ok(()) }
/// ```
pub trait WaitCondition: Send + 'static {
    /// What a look sees.
    type State: Clone + Send + 'static;

    /// Looks once. The options are for the call that does it: its time is limited, and it is sent once.
    fn poll(
        &mut self,
        options: CallOptions,
    ) -> impl Future<Output = Result<Self::State, Error>> + Send;

    /// Judges what was seen.
    fn evaluate(&mut self, state: &Self::State) -> WaitState;

    /// What was seen in a few words, for messages: `task task_1: running`.
    fn describe(&self, state: &Self::State) -> String;

    /// Whether an error may pass that does not look like it, such as one that is given until the object is there.
    /// Default: none.
    fn is_transient(&self, error: &Error) -> bool {
        let _ = error;
        false
    }

    /// How long is waited unless the caller says otherwise. Default 10 min.
    fn timeout(&self) -> Duration {
        Duration::from_secs(600)
    }
}
