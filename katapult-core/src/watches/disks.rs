//! The states of disks.

use katapult_gen::disks::{self, Disks};
use katapult_gen::types::{Disk, DiskLookup, DiskState, VirtualMachineDiskState};

use super::*;

/// A disk, waited for until it is in a state.
pub type DiskWatch = Object<disks::Get, Disk>;

/// Waiting for the state of a disk.
pub trait DisksExt {
    /// Waits until a disk is `built`: after it was created, resized, restored, or built with its machine.
    ///
    /// It fails if the disk is `failed`. The time is 30 min unless [said otherwise](Wait::timeout).
    fn wait(&self, disk: impl Into<DiskLookup>) -> Wait<DiskWatch>;

    /// Waits until a disk stands to its machine like this: `attached`, or `detached`, for which a disk that is of no
    /// machine counts too.
    ///
    /// It fails if that is `failed`. The time is 30 min unless [said otherwise](Wait::timeout).
    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Wait<DiskWatch>;
}

fn take(reply: disks::GetReply) -> Disk {
    reply.disk
}

fn describe(disk: &Disk) -> String {
    let state = disk.state.as_ref().map(DiskState::as_str);
    in_words("disk", &disk.id, state)
}

impl DisksExt for Disks<Http> {
    fn wait(&self, disk: impl Into<DiskLookup>) -> Wait<DiskWatch> {
        let judge = |disk: &Disk| match disk.state {
            Some(DiskState::Built) => Verdict::Done,
            Some(DiskState::Failed) => Verdict::Failed,
            _ => Verdict::Pending,
        };
        let object = Object::new(self.get(disk), take, judge, describe);
        super::wait(object.lasting(LONG))
    }

    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Wait<DiskWatch> {
        let judge = move |disk: &Disk| {
            let now = match &disk.virtual_machine_disk {
                Some(attachment) => attachment.state.as_ref(),
                None => Some(&VirtualMachineDiskState::Detached),
            };
            match now {
                Some(now) if *now == state => Verdict::Done,
                Some(VirtualMachineDiskState::Failed) => Verdict::Failed,
                _ => Verdict::Pending,
            }
        };
        let object = Object::new(self.get(disk), take, judge, describe);
        super::wait(object.lasting(LONG))
    }
}
