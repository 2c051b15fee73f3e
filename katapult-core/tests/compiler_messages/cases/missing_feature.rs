use katapult_core::disks::Get; //~ the item is gated behind the `disks` feature
use katapult_core::types::DiskLookup; //~ feature = "disks"
use katapult_core::types::ObjectStorageBucket; //~ the item is gated behind the `buckets` feature

pub fn zones(_: katapult_core::zones::Zones<()>) {} //~ the item is gated behind the `zones` feature

pub fn volume(_: katapult_core::types::FileStorageVolume) {} //~ the item is gated behind the `file-storage-volumes` feature
