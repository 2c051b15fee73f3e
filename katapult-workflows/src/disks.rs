//! Attaching and detaching disks.

use katapult_core::disks::{Assign, Attach, Detach, Unassign};
use katapult_core::prelude::*;
use katapult_core::types::{
    Disk, DiskLookup, VirtualMachineDisk, VirtualMachineDiskState as State, VirtualMachineLookup,
};
use katapult_core::{Client, IntoLookup, PollPolicy};

use crate::converge::ConvergeLoop;
use crate::error::WorkflowError;
use crate::steps::Step;

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
        disk: impl IntoLookup<DiskLookup>,
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
        self.validate()?;
        let mut converge = ConvergeLoop::default();
        loop {
            converge.next_step()?;
            let disk = get_disk(&self.client, &self.disk).await?;
            // From now on by id, whatever the caller named it by.
            self.disk = DiskLookup::id(&disk.id);
            match self.remaining(&disk)?.first() {
                None => return Ok(disk),
                Some(DiskStep::Assign) => {
                    let machine = VirtualMachineLookup::id(&self.machine);
                    let assign = self.client.disks().assign(&self.disk, machine);
                    converge.or_recheck_refused(assign.send().await).await?;
                }
                Some(step) => {
                    execute(*step, &self.client, &disk, &self.poll, &mut converge).await?
                }
            }
        }
    }

    /// Reads the disk and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If the disk cannot be read. [`WorkflowError::PreconditionFailed`] if it belongs to another machine.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        self.validate()?;
        let disk = get_disk(&self.client, &self.disk).await?;
        Ok(describe(self.remaining(&disk)?))
    }

    /// Refuses an invalid machine, which the API would refuse only after the disk was read.
    fn validate(&self) -> Result<(), WorkflowError> {
        let machine = VirtualMachineLookup::id(&self.machine);
        let disks = self.client.disks();
        Ok(disks.list_for_virtual_machine(machine).validate()?)
    }

    fn remaining(&self, disk: &Disk) -> Result<&'static [DiskStep], WorkflowError> {
        match assignment(disk) {
            Some((machine, _)) if machine != self.machine => {
                Err(WorkflowError::PreconditionFailed(format!(
                    "the disk {} belongs to the machine {machine}: detach it first",
                    disk.id
                )))
            }
            assigned => Ok(attach_steps(assigned.map(|(_, state)| state))),
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
    pub fn new(client: &Client, disk: impl IntoLookup<DiskLookup>) -> Self {
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
            match detach_steps(assignment(&disk).map(|(_, state)| state)).first() {
                None => return Ok(disk),
                Some(step) => {
                    execute(*step, &self.client, &disk, &self.poll, &mut converge).await?
                }
            }
        }
    }

    /// Reads the disk and returns the steps that remain.
    ///
    /// # Errors
    ///
    /// If the disk cannot be read.
    pub async fn steps(&self) -> Result<Vec<Step>, WorkflowError> {
        let disk = get_disk(&self.client, &self.disk).await?;
        let assigned = assignment(&disk).map(|(_, state)| state);
        Ok(describe(detach_steps(assigned)))
    }
}

/// A step of attaching or detaching.
#[derive(Clone, Copy, Debug, PartialEq)]
enum DiskStep {
    Assign,
    Attach,
    Detach,
    Unassign,
    /// Waiting until a transition that another run started is over.
    Settle,
}

/// Returns the steps that attach a disk, which is free (`None`) or assigned to the machine with a state.
fn attach_steps(assigned: Option<Option<&State>>) -> &'static [DiskStep] {
    match assigned {
        None => &[DiskStep::Assign, DiskStep::Attach],
        Some(Some(State::Attached)) => &[],
        Some(Some(State::Attaching)) => &[DiskStep::Settle],
        Some(Some(State::Detaching)) => &[DiskStep::Settle, DiskStep::Attach],
        Some(_) => &[DiskStep::Attach],
    }
}

/// Returns the steps that free a disk, which is free already (`None`) or assigned with a state.
fn detach_steps(assigned: Option<Option<&State>>) -> &'static [DiskStep] {
    match assigned {
        None => &[],
        Some(Some(State::Detached)) => &[DiskStep::Unassign],
        Some(Some(State::Detaching)) => &[DiskStep::Settle, DiskStep::Unassign],
        Some(Some(State::Attaching)) => &[DiskStep::Settle, DiskStep::Detach, DiskStep::Unassign],
        Some(_) => &[DiskStep::Detach, DiskStep::Unassign],
    }
}

fn describe(steps: &[DiskStep]) -> Vec<Step> {
    let steps = steps.iter().map(|step| match step {
        DiskStep::Assign => Step::request::<Assign>("assign the disk to the machine"),
        DiskStep::Attach => Step::request::<Attach>("attach the disk"),
        DiskStep::Detach => Step::request::<Detach>("detach the disk"),
        DiskStep::Unassign => Step::request::<Unassign>("remove the assignment of the disk"),
        DiskStep::Settle => Step::wait("wait until the disk is no longer in transition"),
    });
    steps.collect()
}

/// Executes a step that concerns the disk alone.
async fn execute(
    step: DiskStep,
    client: &Client,
    disk: &Disk,
    poll: &PollPolicy,
    converge: &mut ConvergeLoop,
) -> Result<(), WorkflowError> {
    let (disks, lookup) = (client.disks(), DiskLookup::id(&disk.id));
    match step {
        DiskStep::Attach => {
            let attached = disks.attach(lookup).wait().poll(poll.clone()).await;
            converge.or_recheck_wait(attached).await?;
        }
        DiskStep::Detach => {
            let detached = disks.detach(lookup).wait().poll(poll.clone()).await;
            converge.or_recheck_wait(detached).await?;
        }
        DiskStep::Unassign => {
            let unassigned = disks.unassign(lookup).send().await;
            converge.or_recheck_refused(unassigned).await?;
        }
        // Only the caller knows the machine of an assignment.
        DiskStep::Assign | DiskStep::Settle => converge.backoff(in_transition(disk)).await?,
    }
    Ok(())
}

async fn get_disk(client: &Client, disk: &DiskLookup) -> Result<Disk, WorkflowError> {
    Ok(client.disks().get(disk).send().await?.into_inner().disk)
}

/// Returns the error for a disk that another run attaches or detaches, and does not complete.
fn in_transition(disk: &Disk) -> WorkflowError {
    WorkflowError::Failed {
        description: format!(
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remaining_steps_follow_from_the_assignment() {
        use DiskStep::{Assign, Attach, Detach, Settle, Unassign};
        type Steps = &'static [DiskStep];
        let table: [(Option<Option<&State>>, Steps, Steps); 6] = [
            (None, &[Assign, Attach], &[]),
            (Some(None), &[Attach], &[Detach, Unassign]),
            (Some(Some(&State::Attached)), &[], &[Detach, Unassign]),
            (
                Some(Some(&State::Attaching)),
                &[Settle],
                &[Settle, Detach, Unassign],
            ),
            (
                Some(Some(&State::Detaching)),
                &[Settle, Attach],
                &[Settle, Unassign],
            ),
            (Some(Some(&State::Detached)), &[Attach], &[Unassign]),
        ];
        for (assigned, attach, detach) in table {
            assert_eq!(attach_steps(assigned), attach, "{assigned:?}");
            assert_eq!(detach_steps(assigned), detach, "{assigned:?}");
        }
    }
}
