//! The condition of a waiter.

use std::future::Future;
use std::time::Duration;

use super::wait_token::WaitToken;
use crate::error::Error;
use crate::transport::CallOptions;

/// The progress towards a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitState {
    /// The condition is not met yet.
    Pending,
    /// The condition is met.
    Succeeded,
    /// The condition can no longer be met.
    Failed,
}

/// A condition that a [`Waiter`](crate::Waiter) polls for: the request for the object, and its evaluation.
///
/// This crate has conditions for tasks, builds, virtual machines, disks, volumes, object storage and trash objects.
/// Implement it for anything else:
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::types::{VirtualMachine, VirtualMachineLookup};
/// use katapult_core::{CallOptions, Client, Error, WaitCondition, WaitState, Waiter};
///
/// /// A virtual machine that has its first address.
/// struct HasAddress(Client, VirtualMachineLookup);
///
/// impl WaitCondition for HasAddress {
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
/// let machine = Waiter::new(&katapult, HasAddress(katapult.clone(), web)).await?;
/// println!("{} has an address", machine.id);
/// # Ok(()) }
/// ```
pub trait WaitCondition: Send + 'static {
    /// The state of the object, as returned by a poll.
    type State: Clone + Send + 'static;

    /// Requests the state once. The options are for the call: they limit its time, and permit one attempt.
    fn poll(
        &mut self,
        options: CallOptions,
    ) -> impl Future<Output = Result<Self::State, Error>> + Send;

    /// Returns the progress towards the condition in this state.
    fn evaluate(&mut self, state: &Self::State) -> WaitState;

    /// Returns a short description of the state for messages, such as `task task_1: running`.
    fn describe(&self, state: &Self::State) -> String;

    /// Returns `true` for an error that passes, although [`Error::is_retryable`] does not say so, such as one that
    /// the API returns until the object exists. Default: `false`.
    fn is_transient(&self, error: &Error) -> bool {
        let _ = error;
        false
    }

    /// Returns the timeout, unless the caller sets one. Default: 10 min.
    fn timeout(&self) -> Duration {
        Duration::from_secs(600)
    }
}

/// A condition whose wait can be [saved as text](crate::Waiter::resume_token), and continued by another process.
pub trait ResumableCondition: WaitCondition {
    /// Returns the wait as a token.
    fn token(&self) -> WaitToken;
}
