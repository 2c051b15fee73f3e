//! Disks that are created with a machine, and the template of the first one.

use serde::{Deserialize, Serialize};

use crate::model::backup::BackupPolicy;
use crate::reference::{DiskTemplateRef, IoProfileRef, choose};
use crate::serde_helpers::{is_blank, non_empty, objects, text};

/// `SystemDisks/Disk`: a disk that is created with the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[must_use]
#[non_exhaustive]
pub struct SystemDisk {
    /// `Name`: the display name.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "is_blank")]
    pub name: Option<String>,
    /// `Size`, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "size")]
    pub size_in_gb: Option<u32>,
    /// `Speed`: the storage technology.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<DiskSpeed>,
    /// `IOProfile`: the limits of reads and writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io_profile: Option<IoProfileRef>,
    /// `FileSystemType`, such as `ext4`.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "is_blank")]
    pub file_system_type: Option<String>,
    /// `BackupPolicies` of this disk.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backup_policies: Vec<BackupPolicy>,
}

impl SystemDisk {
    /// Creates a disk without any values: the API chooses them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the display name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = non_empty(name);
        self
    }

    /// Sets the size in GB.
    pub fn size_in_gb(mut self, gigabytes: u32) -> Self {
        self.size_in_gb = Some(gigabytes);
        self
    }

    /// Sets the storage technology.
    pub fn speed(mut self, speed: DiskSpeed) -> Self {
        self.speed = Some(speed);
        self
    }

    /// Sets the I/O profile.
    pub fn io_profile(mut self, profile: impl Into<IoProfileRef>) -> Self {
        self.io_profile = Some(profile.into());
        self
    }

    /// Sets the file system, such as `ext4`.
    pub fn file_system_type(mut self, name: impl Into<String>) -> Self {
        self.file_system_type = non_empty(name);
        self
    }

    /// Adds a backup policy of this disk.
    pub fn backup_policy(mut self, policy: BackupPolicy) -> Self {
        self.backup_policies.push(policy);
        self
    }
}

/// `Speed`: the storage technology of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DiskSpeed {
    /// SSD.
    Ssd,
    /// NVMe.
    Nvme,
}

impl DiskSpeed {
    pub(crate) const ALL: &[Self] = &[Self::Ssd, Self::Nvme];

    /// Returns the value in XML and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ssd => "ssd",
            Self::Nvme => "nvme",
        }
    }
}

/// `DiskTemplate`: the template of the first disk, its version and its options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TemplateFields", into = "TemplateFields")]
#[must_use]
#[non_exhaustive]
pub struct TemplateSpec {
    /// The template.
    pub disk_template: DiskTemplateRef,
    /// `Version`: the number of the version. Default: the API's choice.
    pub version: Option<u32>,
    /// Each `Option`, in order.
    pub options: Vec<TemplateOption>,
}

impl TemplateSpec {
    /// Creates a specification from a reference to a template.
    pub fn new(template: impl Into<DiskTemplateRef>) -> Self {
        Self {
            disk_template: template.into(),
            version: None,
            options: Vec::new(),
        }
    }

    /// Creates a specification from the id of a template.
    pub fn id(value: impl Into<String>) -> Self {
        Self::new(DiskTemplateRef::id(value))
    }

    /// Creates a specification from the permalink of a template.
    pub fn permalink(value: impl Into<String>) -> Self {
        Self::new(DiskTemplateRef::permalink(value))
    }

    /// Sets the number of the version.
    pub fn version(mut self, number: u32) -> Self {
        self.version = Some(number);
        self
    }

    /// Adds a value for an option of the template.
    pub fn option(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push(TemplateOption {
            key: key.into(),
            value: value.into(),
        });
        self
    }
}

impl<R: Into<DiskTemplateRef>> From<R> for TemplateSpec {
    fn from(template: R) -> Self {
        Self::new(template)
    }
}

/// `Option`: a value for an option that the template defines.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TemplateOption {
    /// The key of the option.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

/// The JSON form of [`TemplateSpec`]: the field of the reference is on the same level as the others.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permalink: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(default, deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<TemplateOption>,
}

impl TryFrom<TemplateFields> for TemplateSpec {
    type Error = String;

    fn try_from(fields: TemplateFields) -> Result<Self, String> {
        let named = [("id", fields.id), ("permalink", fields.permalink)];
        Ok(Self {
            disk_template: choose(named)?,
            version: fields.version,
            options: fields.options,
        })
    }
}

impl From<TemplateSpec> for TemplateFields {
    fn from(spec: TemplateSpec) -> Self {
        let (id, permalink) = match spec.disk_template {
            DiskTemplateRef::Id(id) => (Some(id), None),
            DiskTemplateRef::Permalink(permalink) => (None, Some(permalink)),
        };
        Self {
            id,
            permalink,
            version: spec.version,
            options: spec.options,
        }
    }
}
