//! The states of disks.

use katapult_gen::disks::{Disks, Get, GetResponse};
use katapult_gen::types::{Disk, DiskLookup, DiskState, VirtualMachineDiskState};

use super::{LONG_TIMEOUT, ResourceCondition, describe_state};
use crate::transport::HttpTransport;
use crate::waiter::{WaitState, Waiter};

/// The condition that a disk is in a state.
pub type DiskCondition = ResourceCondition<Get, Disk>;

/// Waiters for disks.
pub trait DisksWaitExt {
    /// Returns a waiter until a disk is `built`: after it was created, resized, restored, or built with its virtual
    /// machine.
    ///
    /// It fails if the disk is `failed`. Default [timeout](Waiter::timeout): 30 min.
    ///
    /// ```no_run
    /// use katapult_core::{prelude::*, types::DiskLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let disk = katapult.disks().wait(DiskLookup::id("disk_1")).await?;
    /// println!("{} is built", disk.id);
    /// # Ok(()) }
    /// ```
    fn wait(&self, disk: impl Into<DiskLookup>) -> Waiter<DiskCondition>;

    /// Returns a waiter until the attachment of a disk to its virtual machine is in a state: `attached`, or
    /// `detached`, which includes a disk without a virtual machine.
    ///
    /// It fails if the attachment is `failed`. Default [timeout](Waiter::timeout): 30 min.
    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Waiter<DiskCondition>;
}

fn extract(response: GetResponse) -> Disk {
    response.disk
}

pub(super) fn describe(disk: &Disk) -> String {
    let state = disk.state.as_ref().map(DiskState::as_str);
    describe_state("disk", &disk.id, state)
}

/// Evaluates the condition that a disk is built.
pub(super) fn built(disk: &Disk) -> WaitState {
    match disk.state {
        Some(DiskState::Built) => WaitState::Succeeded,
        Some(DiskState::Failed) => WaitState::Failed,
        _ => WaitState::Pending,
    }
}

impl DisksWaitExt for Disks<HttpTransport> {
    fn wait(&self, disk: impl Into<DiskLookup>) -> Waiter<DiskCondition> {
        ResourceCondition::new(self.get(disk), extract, built, describe)
            .with_timeout(LONG_TIMEOUT)
            .into_waiter()
    }

    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Waiter<DiskCondition> {
        let evaluate = move |disk: &Disk| {
            let current = match &disk.virtual_machine_disk {
                Some(attachment) => attachment.state.as_ref(),
                None => Some(&VirtualMachineDiskState::Detached),
            };
            match current {
                Some(current) if *current == state => WaitState::Succeeded,
                Some(VirtualMachineDiskState::Failed) => WaitState::Failed,
                _ => WaitState::Pending,
            }
        };
        ResourceCondition::new(self.get(disk), extract, evaluate, describe)
            .with_timeout(LONG_TIMEOUT)
            .into_waiter()
    }
}
