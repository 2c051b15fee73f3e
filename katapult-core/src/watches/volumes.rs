//! File storage volumes.

use katapult_gen::file_storage_volumes::{self, FileStorageVolumes};
use katapult_gen::types::{
    FileStorageVolume, FileStorageVolumeLookup, FileStorageVolumeState as State,
};

use super::*;

/// A file storage volume, waited for until it is ready.
pub type FileStorageVolumeCondition =
    ResourceCondition<file_storage_volumes::Get, FileStorageVolume>;

/// Waiting for file storage volumes.
pub trait FileStorageVolumesWaitExt {
    /// Waits until a volume is ready.
    ///
    /// It fails if the volume is `failed`. The time is 10 min unless [said otherwise](Wait::timeout).
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
        let judge = |volume: &FileStorageVolume| match volume.state {
            Some(State::Ready) => WaitState::Succeeded,
            Some(State::Failed) => WaitState::Failed,
            _ => WaitState::Pending,
        };
        let take = |response: file_storage_volumes::GetResponse| response.file_storage_volume;
        super::wait(ResourceCondition::new(
            self.get(volume),
            take,
            judge,
            |volume| {
                let state = volume.state.as_ref().map(State::as_str);
                in_words("file storage volume", &volume.id, state)
            },
        ))
    }
}
