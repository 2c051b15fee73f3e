//! The specification and its builder.

pub(crate) mod backup;
pub(crate) mod disk;
pub(crate) mod keys;
pub(crate) mod network;

use serde::{Deserialize, Serialize};

use crate::model::backup::BackupPolicy;
use crate::model::disk::{SystemDisk, TemplateSpec};
use crate::model::keys::AuthorizedKeys;
use crate::model::network::NetworkInterface;
use crate::reference::{DataCenterRef, GroupRef, IsoRef, PackageRef, SharedDiskRef, ZoneRef};
use crate::serde_helpers::{
    is_blank, non_empty, object, objects, optional_object, or_default, text,
};

/// The specification of a virtual machine build. The builder methods have the names of the elements.
///
/// A field that is not set is omitted from XML and JSON, and so is empty text. The API chooses a default for it.
// Unknown fields are errors: a misspelt one would be ignored, and the API would choose a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
#[non_exhaustive]
pub struct BuildSpec {
    /// `Zone`: the zone in which the machine is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneRef>,
    /// `DataCenter`: the data center in which the machine is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_center: Option<DataCenterRef>,
    /// `Resources`: memory and CPU cores, directly or by a package.
    #[serde(deserialize_with = "object")]
    #[serde(skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// `DiskTemplate`: the template from which the first disk is created.
    #[serde(deserialize_with = "optional_object")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_template: Option<TemplateSpec>,
    /// `SystemDisks`: the disks that are created with the machine.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system_disks: Vec<SystemDisk>,
    /// `SharedDisks`: existing disks that are attached.
    #[serde(deserialize_with = "or_default")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_disks: Vec<SharedDiskRef>,
    /// `NetworkInterfaces`, in order.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network_interfaces: Vec<NetworkInterface>,
    /// `Hostname`; without one, the specification requests a random one.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "is_blank")]
    pub hostname: Option<String>,
    /// `Name`: the display name.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "is_blank")]
    pub name: Option<String>,
    /// `Description`: free text.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "is_blank")]
    pub description: Option<String>,
    /// `Group`: the virtual machine group that the machine joins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupRef>,
    /// `AuthorizedKeys`: the SSH keys that are installed.
    #[serde(deserialize_with = "object")]
    #[serde(skip_serializing_if = "AuthorizedKeys::is_empty")]
    pub authorized_keys: AuthorizedKeys,
    /// `BackupPolicies` of the whole machine; a disk has its own.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backup_policies: Vec<BackupPolicy>,
    /// `Tags`, by name.
    #[serde(deserialize_with = "or_default")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// `ISO`: the image from which the machine boots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iso: Option<IsoRef>,
}

impl BuildSpec {
    /// Creates an empty specification: the API chooses all values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the zone.
    pub fn zone(mut self, zone: impl Into<ZoneRef>) -> Self {
        self.zone = Some(zone.into());
        self
    }

    /// Sets the data center.
    pub fn data_center(mut self, data_center: impl Into<DataCenterRef>) -> Self {
        self.data_center = Some(data_center.into());
        self
    }

    /// Sets the package. The alternative is [`memory_in_gb`](Self::memory_in_gb()) together with [`cpu_cores`](Self::cpu_cores()).
    pub fn package(mut self, package: impl Into<PackageRef>) -> Self {
        self.resources.package = Some(package.into());
        self
    }

    /// Sets the memory in GB. Requires [`cpu_cores`](Self::cpu_cores()).
    pub fn memory_in_gb(mut self, gigabytes: u32) -> Self {
        self.resources.memory_in_gb = Some(gigabytes);
        self
    }

    /// Sets the number of CPU cores. Requires [`memory_in_gb`](Self::memory_in_gb()).
    pub fn cpu_cores(mut self, cores: u32) -> Self {
        self.resources.cpu_cores = Some(cores);
        self
    }

    /// Sets the template from which the first disk is created.
    pub fn disk_template(mut self, template: impl Into<TemplateSpec>) -> Self {
        self.disk_template = Some(template.into());
        self
    }

    /// Adds a disk that is created with the machine.
    pub fn system_disk(mut self, disk: SystemDisk) -> Self {
        self.system_disks.push(disk);
        self
    }

    /// Adds an existing disk.
    pub fn shared_disk(mut self, disk: impl Into<SharedDiskRef>) -> Self {
        self.shared_disks.push(disk.into());
        self
    }

    /// Adds a network interface.
    pub fn network_interface(mut self, interface: NetworkInterface) -> Self {
        self.network_interfaces.push(interface);
        self
    }

    /// Sets the host name. Default: a random one.
    pub fn hostname(mut self, hostname: impl Into<String>) -> Self {
        self.hostname = non_empty(hostname);
        self
    }

    /// Sets the display name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = non_empty(name);
        self
    }

    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = non_empty(description);
        self
    }

    /// Sets the virtual machine group.
    pub fn group(mut self, group: impl Into<GroupRef>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Sets the SSH keys that are installed.
    pub fn authorized_keys(mut self, keys: AuthorizedKeys) -> Self {
        self.authorized_keys = keys;
        self
    }

    /// Adds a backup policy of the whole machine.
    pub fn backup_policy(mut self, policy: BackupPolicy) -> Self {
        self.backup_policies.push(policy);
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds tags.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Sets the image from which the machine boots.
    pub fn iso(mut self, iso: impl Into<IsoRef>) -> Self {
        self.iso = Some(iso.into());
        self
    }
}

/// `Resources`: a package, or memory and CPU cores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Resources {
    /// `Package`: a named combination of memory and CPU cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageRef>,
    /// `Memory`, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "memory")]
    pub memory_in_gb: Option<u32>,
    /// `CPUCores`: the number of CPU cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_cores: Option<u32>,
}

impl Resources {
    pub(crate) fn is_empty(&self) -> bool {
        self.package.is_none() && self.memory_in_gb.is_none() && self.cpu_cores.is_none()
    }
}
