//! The attachments of disks.

use katapult_gen::Operation;
use katapult_gen::disks::{Disks, Get};
use katapult_gen::types::{Disk, DiskLookup, VirtualMachineDiskState};

use super::{DiskCondition, ResourceCondition};
use crate::call::sealed::Sealed;
use crate::transport::HttpTransport;
use crate::waiter::wait_token::{WaitTarget, WaitToken, WaitTokenError};
use crate::waiter::{WaitState, Waiter};

/// Waiters for the attachments of disks.
pub trait DisksWaitExt: Sealed {
    /// Returns a waiter until the attachment of a disk to its virtual machine is in a state: `attached`, or
    /// `detached`, which includes a disk without a virtual machine.
    ///
    /// It fails if the attachment is `failed`. Default [timeout](Waiter::timeout): 30 min.
    ///
    /// ```no_run
    /// use katapult_core::{prelude::*, types::{DiskLookup, VirtualMachineDiskState}};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let disk = DiskLookup::id("disk_1");
    /// let attached = VirtualMachineDiskState::Attached;
    /// katapult.disks().wait_for_attachment(disk, attached).await?;
    /// # Ok(()) }
    /// ```
    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Waiter<DiskCondition>;

    /// Returns a waiter that continues a [`wait_for_attachment`](Self::wait_for_attachment), which was
    /// [saved](Waiter::resume_token).
    ///
    /// # Errors
    ///
    /// If the token is of another resource or method.
    fn resume_wait_for_attachment(
        &self,
        token: &WaitToken,
    ) -> Result<Waiter<DiskCondition>, WaitTokenError>;
}

impl DisksWaitExt for Disks<HttpTransport> {
    fn wait_for_attachment(
        &self,
        disk: impl Into<DiskLookup>,
        state: VirtualMachineDiskState,
    ) -> Waiter<DiskCondition> {
        let target = WaitTarget::Attachment(state.to_string());
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
        ResourceCondition::<Get, Disk>::evaluated(self.get(disk), target, evaluate).into_waiter()
    }

    fn resume_wait_for_attachment(
        &self,
        token: &WaitToken,
    ) -> Result<Waiter<DiskCondition>, WaitTokenError> {
        let WaitTarget::Attachment(state) = token.target_of(Get::ID)? else {
            return Err(token.other_target());
        };
        let state = state
            .parse()
            .unwrap_or_else(|_| VirtualMachineDiskState::unknown(state));
        let disk = token.lookup::<DiskLookup>(None)?;
        Ok(self.wait_for_attachment(disk, state))
    }
}
