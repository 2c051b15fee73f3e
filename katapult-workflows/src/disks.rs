//! Attaching and detaching disks.

use katapult_core::prelude::*;
use katapult_core::types::{
    Disk, DiskLookup, VirtualMachineDisk, VirtualMachineDiskState as State, VirtualMachineLookup,
};
use katapult_core::{Client, PollPolicy};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;

/// Assigns a disk to a virtual machine and attaches it.
///
/// A disk that is attached to the machine already is a success; one that belongs to another machine is an error.
#[derive(Debug)]
pub struct AttachDisk {
    client: Client,
    disk: DiskLookup,
    machine: String,
    poll: PollPolicy,
}

impl AttachDisk {
    /// Creates a workflow that attaches this disk to the machine with this id.
    pub fn new(
        client: &Client,
        disk: impl Into<DiskLookup>,
        virtual_machine_id: impl Into<String>,
    ) -> Self {
        Self {
            client: client.clone(),
            disk: disk.into(),
            machine: virtual_machine_id.into(),
            poll: PollPolicy::default(),
        }
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Runs the workflow and returns the attached disk.
    ///
    /// # Errors
    ///
    /// If a call or the task fails, or if the task takes longer than 10 min. [`WorkflowError::PreconditionFailed`] if the
    /// disk belongs to another machine.
    pub async fn run(mut self) -> Result<Disk, WorkflowError> {
        let mut converge = ConvergeLoop::default();
        let machine = VirtualMachineLookup::id(&self.machine);
        let disks = self.client.disks();
        // Before the disk is read: the machine would be refused only after it.
        disks.list_for_virtual_machine(machine).validate()?;
        loop {
            converge.next_step()?;
            let disk = get_disk(&self.client, &self.disk).await?;
            // From now on by id, whatever the caller named it by.
            self.disk = DiskLookup::id(&disk.id);
            match assignment(&disk) {
                None => {
                    let machine = VirtualMachineLookup::id(&self.machine);
                    let assign = self.client.disks().assign(&self.disk, machine);
                    converge.or_recheck_refused(assign.send().await).await?;
                }
                Some((machine, _)) if machine != self.machine => {
                    return Err(WorkflowError::PreconditionFailed(format!(
                        "the disk {} belongs to the machine {machine}: detach it first",
                        disk.id
                    )));
                }
                Some((_, Some(State::Attached))) => return Ok(disk),
                Some((_, Some(State::Attaching | State::Detaching))) => {
                    converge.backoff(in_transition(&disk)).await?;
                }
                Some(_) => {
                    let attach = self.client.disks().attach(&self.disk);
                    let attached = attach.wait().poll(self.poll.clone()).await;
                    converge.or_recheck_wait(attached).await?;
                }
            }
        }
    }
}

/// Detaches a disk from its virtual machine and removes the assignment.
///
/// A disk that is free already is a success.
#[derive(Debug)]
pub struct DetachDisk {
    client: Client,
    disk: DiskLookup,
    poll: PollPolicy,
}

impl DetachDisk {
    /// Creates a workflow that detaches this disk.
    pub fn new(client: &Client, disk: impl Into<DiskLookup>) -> Self {
        Self {
            client: client.clone(),
            disk: disk.into(),
            poll: PollPolicy::default(),
        }
    }

    /// Sets the intervals at which the state is polled. Default: [`PollPolicy::default`].
    #[must_use]
    pub fn poll(mut self, policy: PollPolicy) -> Self {
        self.poll = policy;
        self
    }

    /// Runs the workflow and returns the free disk.
    ///
    /// # Errors
    ///
    /// If a call or the task fails, or if the task takes longer than 10 min.
    pub async fn run(mut self) -> Result<Disk, WorkflowError> {
        let mut converge = ConvergeLoop::default();
        loop {
            converge.next_step()?;
            let disk = get_disk(&self.client, &self.disk).await?;
            // From now on by id, whatever the caller named it by.
            self.disk = DiskLookup::id(&disk.id);
            match assignment(&disk) {
                None => return Ok(disk),
                Some((_, Some(State::Detached))) => {
                    let unassign = self.client.disks().unassign(&self.disk);
                    converge.or_recheck_refused(unassign.send().await).await?;
                }
                Some((_, Some(State::Attaching | State::Detaching))) => {
                    converge.backoff(in_transition(&disk)).await?;
                }
                Some(_) => {
                    let detach = self.client.disks().detach(&self.disk);
                    let detached = detach.wait().poll(self.poll.clone()).await;
                    converge.or_recheck_wait(detached).await?;
                }
            }
        }
    }
}

async fn get_disk(client: &Client, disk: &DiskLookup) -> Result<Disk, WorkflowError> {
    Ok(client.disks().get(disk).send().await?.into_inner().disk)
}

/// Returns the error for a disk that another run attaches or detaches, and does not complete.
fn in_transition(disk: &Disk) -> WorkflowError {
    WorkflowError::Failed {
        what: format!(
            "the disk {} remains in transition between attached and detached",
            disk.id
        ),
    }
}

/// Returns the id of the machine to which a disk is assigned, and the state of the attachment.
fn assignment(disk: &Disk) -> Option<(&str, Option<&State>)> {
    let VirtualMachineDisk {
        virtual_machine,
        state,
        ..
    } = disk.virtual_machine_disk.as_ref()?;
    let machine = virtual_machine.as_ref()?;
    Some((&machine.id, state.as_ref()))
}
