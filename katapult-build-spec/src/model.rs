//! The specification as a whole, and its builder.

use serde::{Deserialize, Serialize};

use crate::backup::BackupPolicy;
use crate::disk::{SystemDisk, TemplateSpec};
use crate::json::{nothing, object, objects, optional_object, text};
use crate::keys::AuthorizedKeys;
use crate::network::NetworkInterface;
use crate::reference::{DataCenterRef, GroupRef, IsoRef, PackageRef, SharedDiskRef, ZoneRef};

/// What a virtual machine is to be built like. The methods that build it are named after the elements.
///
/// What is not set is left out of the XML and the JSON; so is text that is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct BuildSpec {
    /// `Zone`: where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<ZoneRef>,
    /// `DataCenter`: where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_center: Option<DataCenterRef>,
    /// `Resources`: how large.
    #[serde(deserialize_with = "object")]
    #[serde(skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// `DiskTemplate`: what is installed.
    #[serde(deserialize_with = "optional_object")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_template: Option<TemplateSpec>,
    /// `SystemDisks`: the disks that are made with it.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system_disks: Vec<SystemDisk>,
    /// `SharedDisks`: disks that are there already.
    #[serde(deserialize_with = "nothing")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_disks: Vec<SharedDiskRef>,
    /// `NetworkInterfaces`.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub network_interfaces: Vec<NetworkInterface>,
    /// `Hostname`; without one the API makes one up.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "says_nothing")]
    pub hostname: Option<String>,
    /// `Name`: as people call it.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "says_nothing")]
    pub name: Option<String>,
    /// `Description`.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "says_nothing")]
    pub description: Option<String>,
    /// `Group`: the group that the machine joins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupRef>,
    /// `AuthorizedKeys`: who may log in.
    #[serde(deserialize_with = "object")]
    #[serde(skip_serializing_if = "AuthorizedKeys::is_empty")]
    pub authorized_keys: AuthorizedKeys,
    /// `BackupPolicies`: those of the machine as a whole.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backup_policies: Vec<BackupPolicy>,
    /// `Tags`.
    #[serde(deserialize_with = "nothing")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// `ISO`: the image that it boots from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iso: Option<IsoRef>,
}

impl BuildSpec {
    /// A specification that leaves everything to the API.
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

    /// Sets the package; or set [`memory`](Self::memory()) and [`cpu_cores`](Self::cpu_cores()).
    pub fn package(mut self, package: impl Into<PackageRef>) -> Self {
        self.resources.package = Some(package.into());
        self
    }

    /// Sets the memory in GB; goes with [`cpu_cores`](Self::cpu_cores()).
    pub fn memory(mut self, gigabytes: u32) -> Self {
        self.resources.memory = Some(gigabytes);
        self
    }

    /// Sets the number of cores; goes with [`memory`](Self::memory()).
    pub fn cpu_cores(mut self, cores: u32) -> Self {
        self.resources.cpu_cores = Some(cores);
        self
    }

    /// Sets the template.
    pub fn disk_template(mut self, template: impl Into<TemplateSpec>) -> Self {
        self.disk_template = Some(template.into());
        self
    }

    /// Adds a disk that is made with the machine.
    pub fn system_disk(mut self, disk: SystemDisk) -> Self {
        self.system_disks.push(disk);
        self
    }

    /// Adds a disk that is there already.
    pub fn shared_disk(mut self, disk: impl Into<SharedDiskRef>) -> Self {
        self.shared_disks.push(disk.into());
        self
    }

    /// Adds a network interface.
    pub fn network_interface(mut self, interface: NetworkInterface) -> Self {
        self.network_interfaces.push(interface);
        self
    }

    /// Sets the host name. Without one, the specification asks for a random one.
    pub fn hostname(mut self, hostname: impl Into<String>) -> Self {
        self.hostname = said(hostname);
        self
    }

    /// Sets the name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = said(name);
        self
    }

    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = said(description);
        self
    }

    /// Sets the group.
    pub fn group(mut self, group: impl Into<GroupRef>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Sets who may log in.
    pub fn authorized_keys(mut self, keys: AuthorizedKeys) -> Self {
        self.authorized_keys = keys;
        self
    }

    /// Adds a backup policy of the machine as a whole.
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

    /// Sets the image that the machine boots from.
    pub fn iso(mut self, iso: impl Into<IsoRef>) -> Self {
        self.iso = Some(iso.into());
        self
    }
}

/// `Resources`: a package, or memory and cores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Resources {
    /// `Package`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageRef>,
    /// `Memory`, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u32>,
    /// `CPUCores`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_cores: Option<u32>,
}

impl Resources {
    pub(super) fn is_empty(&self) -> bool {
        self.package.is_none() && self.memory.is_none() && self.cpu_cores.is_none()
    }
}

/// Text, unless it is empty.
pub(super) fn said(text: impl Into<String>) -> Option<String> {
    Some(text.into()).filter(|text| !text.is_empty())
}

/// Whether text is missing or empty.
pub(super) fn says_nothing(text: &Option<String>) -> bool {
    text.as_ref().is_none_or(String::is_empty)
}
