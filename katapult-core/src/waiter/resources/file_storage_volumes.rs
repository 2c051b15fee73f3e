//! File storage volumes.

use katapult_gen::file_storage_volumes::{FileStorageVolumes, Get, GetResponse};
use katapult_gen::types::{FileStorageVolume, FileStorageVolumeLookup, FileStorageVolumeState};

use super::{ResourceCondition, describe_state};
use crate::transport::HttpTransport;
use crate::waiter::{WaitState, Waiter};

/// The condition that a file storage volume is ready.
pub type FileStorageVolumeCondition = ResourceCondition<Get, FileStorageVolume>;

/// Waiters for file storage volumes.
pub trait FileStorageVolumesWaitExt {
    /// Returns a waiter until a volume is ready.
    ///
    /// It fails if the volume is `failed`. Default [timeout](Waiter::timeout): 10 min.
    ///
    /// ```no_run
    /// use katapult_core::{prelude::*, types::FileStorageVolumeLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let volume = FileStorageVolumeLookup::id("fsv_1");
    /// let volume = katapult.file_storage_volumes().wait(volume).await?;
    /// println!("{} is ready", volume.id);
    /// # Ok(()) }
    /// ```
    fn wait(
        &self,
        volume: impl Into<FileStorageVolumeLookup>,
    ) -> Waiter<FileStorageVolumeCondition>;
}

impl FileStorageVolumesWaitExt for FileStorageVolumes<HttpTransport> {
    fn wait(
        &self,
        volume: impl Into<FileStorageVolumeLookup>,
    ) -> Waiter<FileStorageVolumeCondition> {
        let extract = |response: GetResponse| response.file_storage_volume;
        let evaluate = |volume: &FileStorageVolume| match volume.state {
            Some(FileStorageVolumeState::Ready) => WaitState::Succeeded,
            Some(FileStorageVolumeState::Failed) => WaitState::Failed,
            _ => WaitState::Pending,
        };
        ResourceCondition::new(self.get(volume), extract, evaluate, |volume| {
            let state = volume.state.as_ref().map(FileStorageVolumeState::as_str);
            describe_state("file storage volume", &volume.id, state)
        })
        .into_waiter()
    }
}
