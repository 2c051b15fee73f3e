//! File storage volumes.

use katapult_gen::file_storage_volumes::{self, FileStorageVolumes};
use katapult_gen::types::{
    FileStorageVolume, FileStorageVolumeLookup, FileStorageVolumeState as State,
};

use super::*;

/// A file storage volume, waited for until it is ready.
pub type VolumeWatch = Object<file_storage_volumes::Get, FileStorageVolume>;

/// Waiting for file storage volumes.
pub trait VolumesExt {
    /// Waits until a volume is ready.
    ///
    /// It fails if the volume is `failed`. The time is 10 min unless [said otherwise](Wait::timeout).
    fn wait(&self, volume: impl Into<FileStorageVolumeLookup>) -> Wait<VolumeWatch>;
}

impl VolumesExt for FileStorageVolumes<Http> {
    fn wait(&self, volume: impl Into<FileStorageVolumeLookup>) -> Wait<VolumeWatch> {
        let judge = |volume: &FileStorageVolume| match volume.state {
            Some(State::Ready) => Verdict::Done,
            Some(State::Failed) => Verdict::Failed,
            _ => Verdict::Pending,
        };
        let take = |reply: file_storage_volumes::GetReply| reply.file_storage_volume;
        super::wait(Object::new(self.get(volume), take, judge, |volume| {
            let state = volume.state.as_ref().map(State::as_str);
            in_words("file storage volume", &volume.id, state)
        }))
    }
}
