//! The disks that are made with a machine, and the template that the first is made from.

use serde::{Deserialize, Serialize};

use crate::backup::BackupPolicy;
use crate::json::{objects, text};
use crate::model::{said, says_nothing};
use crate::reference::{DiskTemplateRef, IoProfileRef, choose};

/// `SystemDisks/Disk`: a disk that is made with the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SystemDisk {
    /// `Name`.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "says_nothing")]
    pub name: Option<String>,
    /// `Size`, in GB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// `Speed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<DiskSpeed>,
    /// `IOProfile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub io_profile: Option<IoProfileRef>,
    /// `FileSystemType`.
    #[serde(deserialize_with = "text")]
    #[serde(skip_serializing_if = "says_nothing")]
    pub file_system_type: Option<String>,
    /// `BackupPolicies` of this disk.
    #[serde(deserialize_with = "objects")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub backup_policies: Vec<BackupPolicy>,
}

impl SystemDisk {
    /// A disk that leaves everything to the API.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = said(name);
        self
    }

    /// Sets the size in GB.
    pub fn size(mut self, gigabytes: u32) -> Self {
        self.size = Some(gigabytes);
        self
    }

    /// Sets the speed.
    pub fn speed(mut self, speed: DiskSpeed) -> Self {
        self.speed = Some(speed);
        self
    }

    /// Sets the I/O profile.
    pub fn io_profile(mut self, profile: impl Into<IoProfileRef>) -> Self {
        self.io_profile = Some(profile.into());
        self
    }

    /// Sets the type of the file system, such as `ext4`.
    pub fn file_system_type(mut self, name: impl Into<String>) -> Self {
        self.file_system_type = said(name);
        self
    }

    /// Adds a backup policy of this disk.
    pub fn backup_policy(mut self, policy: BackupPolicy) -> Self {
        self.backup_policies.push(policy);
        self
    }
}

/// `Speed` of a disk.
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
    pub(super) const ALL: &[Self] = &[Self::Ssd, Self::Nvme];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ssd => "ssd",
            Self::Nvme => "nvme",
        }
    }
}

/// `DiskTemplate`: what is installed, in which version, with which options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TemplateFields", into = "TemplateFields")]
#[non_exhaustive]
pub struct TemplateSpec {
    /// The template.
    pub disk_template: DiskTemplateRef,
    /// `Version`, by its number; without one it is the API's choice.
    pub version: Option<u32>,
    /// Each `Option`, in order.
    pub options: Vec<TemplateOption>,
}

impl TemplateSpec {
    /// A template, however it is named.
    pub fn new(template: impl Into<DiskTemplateRef>) -> Self {
        Self {
            disk_template: template.into(),
            version: None,
            options: Vec::new(),
        }
    }

    /// The template of this id.
    pub fn id(value: impl Into<String>) -> Self {
        Self::new(DiskTemplateRef::id(value))
    }

    /// The template of this permalink.
    pub fn permalink(value: impl Into<String>) -> Self {
        Self::new(DiskTemplateRef::permalink(value))
    }

    /// Sets the version.
    pub fn version(mut self, number: u32) -> Self {
        self.version = Some(number);
        self
    }

    /// Adds an option.
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

/// `Option`: a choice that the template offers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TemplateOption {
    /// What is chosen.
    pub key: String,
    /// What it is to be.
    pub value: String,
}

/// [`TemplateSpec`] as it is in JSON: the reference's field stands beside the others.
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
