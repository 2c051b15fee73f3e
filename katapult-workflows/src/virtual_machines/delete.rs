//! Deleting a virtual machine permanently.

use std::time::Duration;

use katapult_core::error_codes::ErrorDetail;
use katapult_core::prelude::*;
use katapult_core::trash_objects::Purge;
#[cfg(feature = "ip-addresses")]
use katapult_core::types::IpAddressLookup;
use katapult_core::types::{TrashObjectLookup, VirtualMachineLookup, VirtualMachineState as State};
use katapult_core::virtual_machines::Delete;
use katapult_core::{Client, Error, IntoLookup, PollPolicy};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
#[cfg(feature = "ip-addresses")]
use crate::ip_addresses::{ReleaseAddress, release_steps};
use crate::steps::Step;
use crate::virtual_machines::power::StopMachine;

/// Deletes a virtual machine permanently: stops it, deletes it, purges it from the trash, and waits until it no longer
/// exists.
///
/// A machine in the trash is purged, and one that does not exist is a success. Use the id of the machine: the API does
/// not find a host name in the trash. A machine that is named by its host name is deleted by the id that it has at the
/// start, so that no successor of that name is deleted. The API decides about its disks. Its IP addresses remain with the
/// organization, unless the workflow is to release them.
#[derive(Clone, Debug)]
pub struct DeleteMachine {
    client: Client,
    machine: VirtualMachineLookup,
    shutdown_timeout: Duration,
    #[cfg(feature = "ip-addresses")]
    release_addresses: bool,
    poll: PollPolicy,
}

/// The progress of a deletion.
enum DeletionState {
    Exists {
        stopped: bool,
        state: Option<State>,
        /// The ids of the IP addresses of the machine.
        addresses: Vec<String>,
    },
    InTrash(TrashObjectLookup),
    Gone,
}

impl DeleteMachine {
    /// Creates a workflow that deletes this machine.
    pub fn new(client: &Client, virtual_machine: impl IntoLookup<VirtualMachineLookup>) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            shutdown_timeout: Duration::ZERO,
            #[cfg(feature = "ip-addresses")]
            release_addresses: false,
            poll: PollPolicy::default(),
        }
    }

    /// Sets the time that the guest has to shut down before the machine is stopped by force. Default: zero, which stops
    /// it by force at once.
    #[must_use]
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }

    /// Also releases the IP addresses of the machine, before the machine itself. Default: they remain with the organization.
    ///
    /// A release has two steps, unallocation and deletion. If a run ends between them, a repeated run does not find the
    /// address: it remains with the organization.
    #[cfg(feature = "ip-addresses")]
    #[must_use]
    pub fn release_addresses(mut self) -> Self {
        self.release_addresses = true;
        self
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Runs the workflow.
    ///
    /// # Errors
    ///
    /// If a call or a task fails, or if a state is not reached within 10 min.
    /// A lookup that is empty, or has the id of another kind of object, is refused before anything is sent.
    pub async fn run(mut self) -> Result<(), WorkflowError> {
        let mut converge = ConvergeLoop::default();
        loop {
            converge.next_step()?;
            match self.state().await? {
                DeletionState::Gone => return Ok(()),
                DeletionState::InTrash(object) => self.purge(&object, &mut converge).await?,
                DeletionState::Exists { stopped: false, .. } => {
                    match self.stop_machine().run().await {
                        // Another run deleted it.
                        Err(WorkflowError::Call(error)) if error.is_gone() => {}
                        other => drop(other?),
                    }
                }
                DeletionState::Exists {
                    stopped: true,
                    addresses,
                    ..
                } => {
                    self.release(addresses).await?;
                    let delete = self.client.virtual_machines().delete(&self.machine);
                    match delete.send().await {
                        Err(error) if error.is_gone() => {}
                        other => drop(converge.or_recheck(other).await?),
                    }
                }
            }
        }
    }

    /// Reads the machine and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If the machine cannot be read.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        Ok(match self.clone().state().await? {
            DeletionState::Gone => Vec::new(),
            DeletionState::InTrash(_) => vec![purge_step()],
            DeletionState::Exists {
                stopped,
                state,
                addresses,
            } => self.remaining(stopped, state.as_ref(), addresses.len()),
        })
    }

    /// Returns the steps that delete a machine with a number of addresses.
    pub(super) fn remaining(
        &self,
        is_stopped: bool,
        state: Option<&State>,
        addresses: usize,
    ) -> Vec<Step> {
        let mut steps = match is_stopped {
            true => Vec::new(),
            false => self.stop_machine().remaining(state),
        };
        steps.extend(self.release_steps(addresses));
        steps.push(Step::request::<Delete>("move the machine to the trash"));
        steps.push(purge_step());
        steps
    }

    fn stop_machine(&self) -> StopMachine {
        StopMachine::new(&self.client, &self.machine)
            .shutdown_timeout(self.shutdown_timeout)
            .poll(self.poll.clone())
    }

    /// Reads the progress of the deletion.
    async fn state(&mut self) -> Result<DeletionState, WorkflowError> {
        let get = self.client.virtual_machines().get(&self.machine);
        match get.send().await {
            // A machine that failed or has no hypervisor cannot be stopped, but it can be deleted.
            Ok(response) => {
                // From now on by id: another machine may get the host name when this one is deleted.
                self.machine = VirtualMachineLookup::id(&response.virtual_machine.id);
                let addresses = response.virtual_machine.ip_addresses.iter().flatten();
                Ok(DeletionState::Exists {
                    addresses: addresses.map(|address| address.id.clone()).collect(),
                    stopped: matches!(
                        response.virtual_machine.state,
                        Some(State::Stopped | State::Failed | State::Orphaned)
                    ),
                    state: response.virtual_machine.state.clone(),
                })
            }
            Err(error) if error.is_not_found() => Ok(DeletionState::Gone),
            Err(error) if error.is_in_trash() => self.in_trash(error),
            Err(error) => Err(error.into()),
        }
    }

    /// Releases the addresses, if requested.
    #[cfg(feature = "ip-addresses")]
    async fn release(&self, addresses: Vec<String>) -> Result<(), WorkflowError> {
        let addresses = addresses.into_iter().filter(|_| self.release_addresses);
        for id in addresses {
            let address = IpAddressLookup::id(id);
            ReleaseAddress::new(&self.client, address).run().await?;
        }
        Ok(())
    }

    #[cfg(feature = "ip-addresses")]
    fn release_steps(&self, addresses: usize) -> Vec<Step> {
        let each = match self.release_addresses {
            true => release_steps(true, false),
            false => &[],
        };
        let steps = std::iter::repeat_n(each, addresses).flatten();
        steps.map(|step| step.describe()).collect()
    }

    #[cfg(not(feature = "ip-addresses"))]
    fn release_steps(&self, _: usize) -> Vec<Step> {
        Vec::new()
    }

    #[cfg(not(feature = "ip-addresses"))]
    async fn release(&self, _: Vec<String>) -> Result<(), WorkflowError> {
        Ok(())
    }

    fn in_trash(&self, error: Error) -> Result<DeletionState, WorkflowError> {
        let object_id = match error.detail() {
            Some(ErrorDetail::ObjectInTrash(detail)) => detail.trash_object.map(|object| object.id),
            _ => None,
        };
        match (object_id, &self.machine) {
            (Some(id), _) if !id.is_empty() => {
                Ok(DeletionState::InTrash(TrashObjectLookup::id(id)))
            }
            // The detail is optional; the trash finds its objects by the id of the deleted object too.
            (_, VirtualMachineLookup::Id(id)) => {
                Ok(DeletionState::InTrash(TrashObjectLookup::object_id(id)))
            }
            _ => Err(error.into()),
        }
    }

    async fn purge(
        &self,
        object: &TrashObjectLookup,
        converge: &mut ConvergeLoop,
    ) -> Result<(), WorkflowError> {
        let objects = self.client.trash_objects();
        let purged = objects.purge(object).wait().poll(self.poll.clone()).await;
        match purged {
            // It is purged already; the waits below confirm it.
            Err(katapult_core::WaitError::Request(error)) if error.is_not_found() => {}
            other => {
                if converge.or_recheck_wait(other).await?.is_none() {
                    return Ok(());
                }
            }
        }
        let gone = objects.wait_until_gone(object).poll(self.poll.clone());
        gone.await?;
        // Callers depend on the machine itself, not on its trash object.
        let gone = self
            .client
            .virtual_machines()
            .wait_until_gone(&self.machine);
        gone.poll(self.poll.clone()).await?;
        Ok(())
    }
}

fn purge_step() -> Step {
    Step::request::<Purge>("purge the machine from the trash")
}
