//! The specification of a virtual machine build on the [Katapult](https://katapult.io) cloud.
//!
//! A [`BuildSpec`] is created with a builder or read from XML or JSON. It is validated, and sent to the API as XML.
//!
//! ```
//! use katapult_build_spec::{
//!     AuthorizedKeys, BuildSpec, DataCenterRef, IpAddressAllocation, NetworkInterface, NetworkRef,
//!     PackageRef, SystemDisk, TemplateSpec,
//! };
//!
//! let spec = BuildSpec::new()
//!     .data_center(DataCenterRef::permalink("uk-lon-01"))
//!     .package(PackageRef::permalink("rock-3"))
//!     .disk_template(TemplateSpec::permalink("templates/ubuntu-22-04").version(1))
//!     .system_disk(SystemDisk::new().size_in_gb(20))
//!     .network_interface(
//!         NetworkInterface::network(NetworkRef::permalink("uk-lon-01-public"))
//!             .ip_address_allocation(IpAddressAllocation::v4()),
//!     )
//!     .hostname("web-1")
//!     .authorized_keys(AuthorizedKeys::new().all_ssh_keys());
//!
//! let xml = spec.to_xml()?;
//! assert!(xml.contains(r#"<DataCenter by="permalink">uk-lon-01</DataCenter>"#));
//! assert_eq!(BuildSpec::from_xml(&xml)?, spec);
//! assert_eq!(BuildSpec::from_json(spec.to_json())?, spec);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The API builds a machine from the XML: by `virtual_machine_builds().create_from_spec(…)` of
//! [`katapult-core`](https://docs.rs/katapult-core), or by the workflow `BuildMachine` of
//! [`katapult-workflows`](https://docs.rs/katapult-workflows).
//!
//! # Validation
//!
//! [`BuildSpec::validate`] returns all problems at once, each with its element. [`BuildSpec::to_xml`] calls it:
//!
//! ```
//! use katapult_build_spec::{BuildSpec, SystemDisk};
//!
//! let spec = BuildSpec::new().memory_in_gb(4).system_disk(SystemDisk::new().size_in_gb(0));
//! assert_eq!(
//!     spec.to_xml().unwrap_err().to_string(),
//!     "Resources/Memory: 4 GB without CPUCores: set both, or a Package; \
//!      SystemDisks/Disk[1]/Size: 0 GB: must be at least 1",
//! );
//! ```
//!
//! # Files
//!
//! [`BuildSpec`] implements serde's traits in the JSON form that other tools share, so YAML works as well.
//!
//! Input is not trusted. A file that is longer than [`MAX_BYTES`], or that has an element, an attribute or a field which
//! the format does not define, is an error; so the depth of nesting is limited too. DOCTYPE and custom entities are
//! errors.

mod error;
mod json;
mod limits;
mod model;
mod reference;
mod serde_helpers;
mod validate;
mod xml;

pub use error::{ParseError, Problem, ValidationError};
pub use limits::MAX_BYTES;
pub use model::backup::{BackupPolicy, Interval, Schedule};
pub use model::disk::{DiskSpeed, SystemDisk, TemplateOption, TemplateSpec};
pub use model::keys::{AllOr, AuthorizedKeys};
pub use model::network::{IpAddressAllocation, IpVersion, NetworkInterface};
pub use model::{BuildSpec, Resources};
pub use reference::{
    DataCenterRef, DiskTemplateRef, GroupRef, IoProfileRef, IpAddressRef, IsoRef, NetworkRef,
    PackageRef, SharedDiskRef, SpeedProfileRef, SubnetRef, UserRef, VirtualNetworkRef, ZoneRef,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
