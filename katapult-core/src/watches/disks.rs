//! The states of disks.

use katapult_gen::disks::{self, Disks};
use katapult_gen::types::{Disk, DiskLookup, DiskState, VirtualMachineDiskState};

use super::*;

/// A disk, waited for until it is in a state.
pub type DiskCondition = ResourceCondition<disks::Get, Disk>;

/// Waiting for the state of a disk.
pub trait DisksWaitExt {
    /// Waits until a disk is `built`: after it was created, resized, restored, or built with its machine.
    ///
    /// It fails if the disk is `failed`. The time is 30 min unless [said otherwise](Wait::timeout).
    fn wait(&self, disk: impl Into<DiskLookup>) -> Waiter<DiskCondition>;

    /// Waits until a disk stands to its machine like this: `attached`, or `detached`, for which a disk that is of no
    /// machine counts too.
    ///
    /// It fails if that is `failed`. The time is 30 min unless [said otherwise](Wait::timeout).
    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Waiter<DiskCondition>;
}

fn take(response: disks::GetResponse) -> Disk {
    response.disk
}

fn describe(disk: &Disk) -> String {
    let state = disk.state.as_ref().map(DiskState::as_str);
    in_words("disk", &disk.id, state)
}

impl DisksWaitExt for Disks<HttpTransport> {
    fn wait(&self, disk: impl Into<DiskLookup>) -> Waiter<DiskCondition> {
        let judge = |disk: &Disk| match disk.state {
            Some(DiskState::Built) => WaitState::Succeeded,
            Some(DiskState::Failed) => WaitState::Failed,
            _ => WaitState::Pending,
        };
        let object = ResourceCondition::new(self.get(disk), take, judge, describe);
        super::wait(object.lasting(LONG))
    }

    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Waiter<DiskCondition> {
        let judge = move |disk: &Disk| {
            let now = match &disk.virtual_machine_disk {
                Some(attachment) => attachment.state.as_ref(),
                None => Some(&VirtualMachineDiskState::Detached),
            };
            match now {
                Some(now) if *now == state => WaitState::Succeeded,
                Some(VirtualMachineDiskState::Failed) => WaitState::Failed,
                _ => WaitState::Pending,
            }
        };
        let object = ResourceCondition::new(self.get(disk), take, judge, describe);
        super::wait(object.lasting(LONG))
    }
}
