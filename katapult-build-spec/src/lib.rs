//! The specification that a virtual machine is built from.
//!
//! A [`BuildSpec`] is written in Rust, or read from XML or JSON; it is checked, and goes to the API as XML.
//!
//! ```
//! use katapult_build_spec::{
//!     AuthorizedKeys, BuildSpec, DataCenterRef, IpAddressAllocation, NetworkInterface, NetworkRef, PackageRef,
//!     SystemDisk, TemplateSpec,
//! };
//!
//! let spec = BuildSpec::new()
//!     .data_center(DataCenterRef::permalink("uk-lon-01"))
//!     .package(PackageRef::permalink("rock-3"))
//!     .disk_template(TemplateSpec::permalink("ubuntu-22-04").version(1))
//!     .system_disk(SystemDisk::new().size(20))
//!     .network_interface(
//!         NetworkInterface::network(NetworkRef::permalink("public"))
//!             .ip_address_allocation(IpAddressAllocation::v4()),
//!     )
//!     .hostname("web-1")
//!     .authorized_keys(AuthorizedKeys::new().all_ssh_keys());
//!
//! let xml = spec.to_xml()?;
//! assert!(xml.starts_with(r#"<VirtualMachineSpec><DataCenter by="permalink">uk-lon-01</DataCenter>"#));
//! assert_eq!(BuildSpec::from_xml(&xml)?, spec);
//! assert_eq!(BuildSpec::from_json(spec.to_json())?, spec);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The XML is what `katapult_core`'s `virtual_machine_builds().create_from_spec(…)` takes.
//!
//! # What is wrong is said by element
//!
//! [`BuildSpec::check`] finds everything at once, and [`BuildSpec::to_xml`] checks:
//!
//! ```
//! use katapult_build_spec::{BuildSpec, SystemDisk};
//!
//! let spec = BuildSpec::new().memory(4).system_disk(SystemDisk::new().size(0));
//! assert_eq!(
//!     spec.to_xml().unwrap_err().to_string(),
//!     "Resources/Memory: 4 GB without CPUCores: give both, or a Package; \
//!      SystemDisks/Disk[1]/Size: 0 GB: must be at least 1",
//! );
//! ```
//!
//! # Files
//!
//! [`BuildSpec`] implements serde's traits in the JSON form that other tools share, so YAML works as well. What is read
//! is not trusted: it is at most [`MAX_BYTES`] long; it has no element, attribute or field that the format doesn't
//! have, and so nests no deeper than the format does; DOCTYPE and entities of its own are refused.

mod backup;
mod check;
mod cursor;
mod disk;
mod error;
mod json;
mod json_path;
mod keys;
mod model;
mod network;
mod read;
mod reference;
mod write;

pub use backup::{BackupPolicy, Interval, Schedule};
pub use disk::{DiskSpeed, SystemDisk, TemplateOption, TemplateSpec};
pub use error::{CheckError, ParseError, Problem};
pub use keys::{AllOr, AuthorizedKeys};
pub use model::{BuildSpec, Resources};
pub use network::{IpAddressAllocation, IpVersion, NetworkInterface};
pub use reference::{
    DataCenterRef, DiskTemplateRef, GroupRef, IoProfileRef, IpAddressRef, IsoRef, NetworkRef,
    PackageRef, SharedDiskRef, SpeedProfileRef, SubnetRef, UserRef, VirtualNetworkRef, ZoneRef,
};

/// The longest file that is read: 1 MiB.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The element that holds all others.
const ROOT: &str = "VirtualMachineSpec";

/// The text of a file, unless it is too long or not text.
fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    if bytes.len() > MAX_BYTES {
        let message = format!("is longer than the {MAX_BYTES} bytes that are read");
        return Err(ParseError::new(message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = String::from_utf8_lossy(good);
        ParseError::new("is not UTF-8").at_offset(&good, good.len())
    })?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text))
}
