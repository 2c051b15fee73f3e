//! Attaching and detaching disks.

use katapult_core::types::{
    Disk, DiskLookup, VirtualMachineDisk, VirtualMachineDiskState as State, VirtualMachineLookup,
};

use crate::WorkflowError;
use crate::rounds::Rounds;
use katapult_core::Client;
use katapult_core::PollPolicy;
use katapult_core::prelude::*;

/// Assigns a disk to a virtual machine and attaches it.
///
/// It gives the disk, attached. One that is attached to that machine already is fine; one that belongs to another is
/// refused.
#[derive(Debug)]
pub struct AttachDisk {
    client: Client,
    disk: DiskLookup,
    machine: String,
    poll: PollPolicy,
}

impl AttachDisk {
    /// Of this disk, to the machine with this id.
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
    /// When a call fails, the task fails or takes longer than 10 min; and refused when the disk belongs to another
    /// machine.
    pub async fn run(self) -> Result<Disk, WorkflowError> {
        let mut rounds = Rounds::default();
        loop {
            rounds.begin()?;
            let disk = look(&self.client, &self.disk).await?;
            match holder(&disk) {
                None => {
                    let machine = VirtualMachineLookup::id(&self.machine);
                    let assign = self.client.disks().assign(&self.disk, machine);
                    rounds.settle(assign.send().await).await?;
                }
                Some((machine, _)) if machine != self.machine => {
                    return Err(WorkflowError::Refused(format!(
                        "the disk {} belongs to the machine {machine}: detach it there first",
                        disk.id
                    )));
                }
                Some((_, Some(State::Attached))) => return Ok(disk),
                Some((_, Some(State::Attaching | State::Detaching))) => {
                    let moving = WorkflowError::Failed {
                        what: format!("disk {} is still being attached or detached", disk.id),
                    };
                    rounds.again(moving).await?;
                }
                Some(_) => {
                    let attach = self.client.disks().attach(&self.disk);
                    let attached = attach.wait().poll(self.poll.clone()).await;
                    rounds.settle_wait(attached).await?;
                }
            }
        }
    }
}

/// Detaches a disk from its virtual machine, and takes it from it.
///
/// It gives the disk, which is free. One that is free already is fine.
#[derive(Debug)]
pub struct DetachDisk {
    client: Client,
    disk: DiskLookup,
    poll: PollPolicy,
}

impl DetachDisk {
    /// Of this disk.
    pub fn new(client: &Client, disk: impl Into<DiskLookup>) -> Self {
        Self {
            client: client.clone(),
            disk: disk.into(),
            poll: PollPolicy::default(),
        }
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
    /// When a call fails, or the task fails or takes longer than 10 min.
    pub async fn run(self) -> Result<Disk, WorkflowError> {
        let mut rounds = Rounds::default();
        loop {
            rounds.begin()?;
            let disk = look(&self.client, &self.disk).await?;
            match holder(&disk) {
                None => return Ok(disk),
                Some((_, Some(State::Detached))) => {
                    let unassign = self.client.disks().unassign(&self.disk);
                    rounds.settle(unassign.send().await).await?;
                }
                Some((_, Some(State::Attaching | State::Detaching))) => {
                    let moving = WorkflowError::Failed {
                        what: format!("disk {} is still being attached or detached", disk.id),
                    };
                    rounds.again(moving).await?;
                }
                Some(_) => {
                    let detach = self.client.disks().detach(&self.disk);
                    let detached = detach.wait().poll(self.poll.clone()).await;
                    rounds.settle_wait(detached).await?;
                }
            }
        }
    }
}

async fn look(client: &Client, disk: &DiskLookup) -> Result<Disk, WorkflowError> {
    Ok(client.disks().get(disk).send().await?.into_inner().disk)
}

/// The id of the machine that a disk belongs to, and whether it is attached there.
fn holder(disk: &Disk) -> Option<(&str, Option<&State>)> {
    let VirtualMachineDisk {
        virtual_machine,
        state,
        ..
    } = disk.virtual_machine_disk.as_ref()?;
    let machine = virtual_machine.as_ref()?;
    Some((&machine.id, state.as_ref()))
}
