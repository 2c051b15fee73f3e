//! Deleting for good.

use std::time::Duration;

use katapult_core::error_codes::ErrorDetail;
use katapult_core::types::{TrashObjectLookup, VirtualMachineLookup, VirtualMachineState as State};

use crate::rounds::Rounds;
use crate::{StopMachine, WorkflowError};
use katapult_core::Client;
use katapult_core::Error;
use katapult_core::PollPolicy;
use katapult_core::prelude::*;

/// Deletes a virtual machine for good: switches it off, deletes it, purges it from the trash, and waits until there is
/// no such machine any more.
///
/// One that is in the trash already is purged; one that isn't there at all is fine. Name it by its id: a host name that
/// is not found says nothing of the trash. Its disks go with it as the API has it; addresses that it held stay.
#[derive(Debug)]
pub struct DeleteMachine {
    client: Client,
    machine: VirtualMachineLookup,
    limit: Duration,
    poll: PollPolicy,
}

/// How things stand with it.
enum Standing {
    There { off: bool },
    InTrash(TrashObjectLookup),
    Gone,
}

impl DeleteMachine {
    /// Of this machine.
    pub fn new(client: &Client, virtual_machine: impl Into<VirtualMachineLookup>) -> Self {
        Self {
            client: client.clone(),
            machine: virtual_machine.into(),
            limit: Duration::ZERO,
            poll: PollPolicy::default(),
        }
    }

    /// How long the guest is given to shut down before the machine is switched off. Default: it is switched off at once.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// When to look how far it is. Default [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Does it.
    ///
    /// # Errors
    ///
    /// When a call fails, a task fails, or something is not done after 10 min.
    pub async fn run(self) -> Result<(), WorkflowError> {
        let mut rounds = Rounds::default();
        loop {
            rounds.begin()?;
            match self.look().await? {
                Standing::Gone => return Ok(()),
                Standing::InTrash(object) => self.purge(&object, &mut rounds).await?,
                Standing::There { off: false } => {
                    let stop = StopMachine::new(&self.client, &self.machine);
                    let stopped = stop.limit(self.limit).poll(self.poll.clone()).run().await;
                    match stopped {
                        Err(WorkflowError::Call(error)) if error.is_gone() => {}
                        other => drop(other?),
                    }
                }
                Standing::There { off: true } => {
                    let delete = self.client.virtual_machines().delete(&self.machine);
                    match delete.send().await {
                        Err(error) if error.is_gone() => {}
                        other => drop(rounds.settle(other).await?),
                    }
                }
            }
        }
    }

    async fn look(&self) -> Result<Standing, WorkflowError> {
        let get = self.client.virtual_machines().get(&self.machine);
        match get.send().await {
            // One that failed or has no hypervisor can't be stopped.
            Ok(reply) => Ok(Standing::There {
                off: matches!(
                    reply.virtual_machine.state,
                    Some(State::Stopped | State::Failed | State::Orphaned)
                ),
            }),
            Err(error) if error.is_not_found() => Ok(Standing::Gone),
            Err(error) if error.is_in_trash() => self.in_trash(error),
            Err(error) => Err(error.into()),
        }
    }

    fn in_trash(&self, error: Error) -> Result<Standing, WorkflowError> {
        let told = match error.detail() {
            Some(ErrorDetail::ObjectInTrash(detail)) => detail.trash_object.map(|object| object.id),
            _ => None,
        };
        match (told, &self.machine) {
            (Some(id), _) if !id.is_empty() => Ok(Standing::InTrash(TrashObjectLookup::id(id))),
            (_, VirtualMachineLookup::Id(id)) => {
                Ok(Standing::InTrash(TrashObjectLookup::object_id(id)))
            }
            _ => Err(error.into()),
        }
    }

    async fn purge(
        &self,
        object: &TrashObjectLookup,
        rounds: &mut Rounds,
    ) -> Result<(), WorkflowError> {
        let objects = self.client.trash_objects();
        let purged = objects.purge(object).wait().poll(self.poll.clone()).await;
        match purged {
            Err(katapult_core::WaitError::Sending(error)) if error.is_not_found() => {}
            other => {
                if rounds.settle_wait(other).await?.is_none() {
                    return Ok(());
                }
            }
        }
        let gone = objects.wait_until_gone(object).poll(self.poll.clone());
        gone.await?;
        let gone = self
            .client
            .virtual_machines()
            .wait_until_gone(&self.machine);
        gone.poll(self.poll.clone()).await?;
        Ok(())
    }
}
