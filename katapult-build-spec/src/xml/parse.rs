//! Reading XML: the elements and their children.

use crate::error::{ParseError, quote};
use crate::limits::{ROOT, utf8};
use crate::model::backup::{BackupPolicy, Interval, Schedule};
use crate::model::disk::{DiskSpeed, SystemDisk, TemplateOption, TemplateSpec};
use crate::model::keys::{AllOr, AuthorizedKeys};
use crate::model::network::{IpAddressAllocation, IpVersion, NetworkInterface};
use crate::model::{BuildSpec, Resources};
use crate::reference::Reference;
use crate::serde_helpers::non_empty;
use crate::xml::reader::{Child, Element, XmlReader};

type Result<T> = std::result::Result<T, ParseError>;

impl BuildSpec {
    /// Reads the XML form. Elements may be in any order.
    ///
    /// # Errors
    ///
    /// If the input is longer than [`MAX_BYTES`](crate::MAX_BYTES), is not UTF-8 or not XML, has a DOCTYPE or a custom
    /// entity, or has an element, an attribute or a value that the format does not define.
    pub fn from_xml(xml: impl AsRef<[u8]>) -> Result<Self> {
        let mut reader = XmlReader::open(utf8(xml.as_ref())?, ROOT)?;
        let spec = spec(&mut reader)?;
        reader.close()?;
        Ok(spec)
    }
}

fn spec(reader: &mut XmlReader<'_>) -> Result<BuildSpec> {
    // In the order of the format, in which errors list them too.
    const CHILDREN: &[Child] = &[
        Child::one("Zone").attribute("by"),
        Child::one("DataCenter").attribute("by"),
        Child::one("Resources"),
        Child::one("DiskTemplate"),
        Child::one("SystemDisks"),
        Child::one("SharedDisks"),
        Child::one("NetworkInterfaces"),
        Child::one("Hostname"),
        Child::one("Name"),
        Child::one("Description"),
        Child::one("Group").attribute("by"),
        Child::one("AuthorizedKeys"),
        Child::one("BackupPolicies"),
        Child::one("Tags"),
        Child::one("ISO"),
    ];
    let mut spec = BuildSpec::new();
    reader.children(CHILDREN, |reader, element| {
        match element.name {
            "Zone" => spec.zone = Some(reference(reader, &element)?),
            "DataCenter" => spec.data_center = Some(reference(reader, &element)?),
            "Resources" => spec.resources = resources(reader)?,
            "DiskTemplate" => spec.disk_template = Some(template(reader)?),
            "SystemDisks" => spec.system_disks = list(reader, DISK, |reader, _| disk(reader))?,
            "SharedDisks" => spec.shared_disks = list(reader, DISK_BY, reference)?,
            "NetworkInterfaces" => {
                spec.network_interfaces = list(reader, INTERFACE, |reader, _| interface(reader))?;
            }
            "Hostname" => spec.hostname = hostname(reader)?,
            "Name" => spec.name = non_empty(reader.text()?),
            "Description" => spec.description = non_empty(reader.text()?),
            "Group" => spec.group = Some(reference(reader, &element)?),
            "AuthorizedKeys" => spec.authorized_keys = keys(reader)?,
            "BackupPolicies" => spec.backup_policies = policies(reader)?,
            "Tags" => spec.tags = list(reader, TAG, |reader, _| reader.text())?,
            // The reader passes only elements of the list: the last arm is the one that remains. So too below.
            _ => spec.iso = Some(reference(reader, &element)?),
        }
        Ok(())
    })?;
    Ok(spec)
}

const DISK: &[Child] = &[Child::repeated("Disk")];
const DISK_BY: &[Child] = &[Child::repeated("Disk").attribute("by")];
const INTERFACE: &[Child] = &[Child::repeated("NetworkInterface")];
const POLICY: &[Child] = &[Child::repeated("BackupPolicy")];
const TAG: &[Child] = &[Child::repeated("Tag")];
const USER: &[Child] = &[Child::repeated("User").attribute("by")];
const SSH_KEY: &[Child] = &[Child::repeated("SSHKey")];

fn resources(reader: &mut XmlReader<'_>) -> Result<Resources> {
    const CHILDREN: &[Child] = &[
        Child::one("Package").attribute("by"),
        Child::one("Memory"),
        Child::one("CPUCores"),
    ];
    let mut resources = Resources::default();
    reader.children(CHILDREN, |reader, element| {
        match element.name {
            "Package" => resources.package = Some(reference(reader, &element)?),
            "Memory" => resources.memory_in_gb = Some(number(reader)?),
            _ => resources.cpu_cores = Some(number(reader)?),
        }
        Ok(())
    })?;
    Ok(resources)
}

fn template(reader: &mut XmlReader<'_>) -> Result<TemplateSpec> {
    const CHILDREN: &[Child] = &[
        Child::one("DiskTemplate").attribute("by"),
        Child::one("Version").attribute("by"),
        Child::repeated("Option").attribute("key"),
    ];
    let (mut named, mut version, mut options) = (None, None, Vec::new());
    reader.children(CHILDREN, |reader, element| {
        match element.name {
            "DiskTemplate" => named = Some(reference(reader, &element)?),
            "Version" if element.attribute.as_deref() == Some("number") => {
                version = Some(number(reader)?);
            }
            "Version" => return Err(reader.error("the attribute by must be \"number\"")),
            _ => {
                let no_key = || reader.error("the attribute key is missing");
                let key = element.attribute.ok_or_else(no_key)?;
                let value = reader.text()?;
                options.push(TemplateOption { key, value });
            }
        }
        Ok(())
    })?;
    let disk_template = named.ok_or_else(|| reader.error("the element DiskTemplate is missing"))?;
    Ok(TemplateSpec {
        disk_template,
        version,
        options,
    })
}

fn disk(reader: &mut XmlReader<'_>) -> Result<SystemDisk> {
    const CHILDREN: &[Child] = &[
        Child::one("Name"),
        Child::one("Size"),
        Child::one("Speed"),
        Child::one("IOProfile").attribute("by"),
        Child::one("FileSystemType"),
        Child::one("BackupPolicies"),
    ];
    let mut disk = SystemDisk::new();
    reader.children(CHILDREN, |reader, element| {
        match element.name {
            "Name" => disk.name = non_empty(reader.text()?),
            "Size" => disk.size_in_gb = Some(number(reader)?),
            "Speed" => disk.speed = Some(choice(reader, DiskSpeed::ALL, DiskSpeed::as_str)?),
            "IOProfile" => disk.io_profile = Some(reference(reader, &element)?),
            "FileSystemType" => disk.file_system_type = non_empty(reader.text()?),
            _ => disk.backup_policies = policies(reader)?,
        }
        Ok(())
    })?;
    Ok(disk)
}

fn interface(reader: &mut XmlReader<'_>) -> Result<NetworkInterface> {
    const CHILDREN: &[Child] = &[
        Child::one("Network").attribute("by"),
        Child::one("VirtualNetwork").attribute("by"),
        Child::one("SpeedProfile").attribute("by"),
        Child::repeated("IPAddressAllocation").attribute("type"),
    ];
    let mut interface = NetworkInterface::default();
    reader.children(CHILDREN, |reader, element| {
        match element.name {
            "Network" => interface.network = Some(reference(reader, &element)?),
            "VirtualNetwork" => interface.virtual_network = Some(reference(reader, &element)?),
            "SpeedProfile" => interface.speed_profile = Some(reference(reader, &element)?),
            _ => {
                let allocation = allocation(reader, element.attribute.as_deref())?;
                interface.ip_address_allocations.push(allocation);
            }
        }
        Ok(())
    })?;
    Ok(interface)
}

fn allocation(reader: &mut XmlReader<'_>, kind: Option<&str>) -> Result<IpAddressAllocation> {
    const NEW: &[Child] = &[Child::one("Version"), Child::one("Subnet").attribute("by")];
    const EXISTING: &[Child] = &[Child::one("IPAddress").attribute("by")];
    match kind {
        Some("new") => {
            let (mut version, mut subnet) = (None, None);
            reader.children(NEW, |reader, element| {
                match element.name {
                    "Version" => version = Some(choice(reader, IpVersion::ALL, IpVersion::as_str)?),
                    _ => subnet = Some(reference(reader, &element)?),
                }
                Ok(())
            })?;
            let version = version.ok_or_else(|| reader.error("the element Version is missing"))?;
            Ok(IpAddressAllocation::New { version, subnet })
        }
        Some("existing") => {
            let mut address = None;
            reader.children(EXISTING, |reader, element| {
                address = Some(reference(reader, &element)?);
                Ok(())
            })?;
            let ip_address =
                address.ok_or_else(|| reader.error("the element IPAddress is missing"))?;
            Ok(IpAddressAllocation::Existing { ip_address })
        }
        other => {
            let found = match other {
                Some(kind) => format!("is {}", quote(kind)),
                None => "is missing".to_owned(),
            };
            let message = format!("the attribute type {found}: expected new or existing");
            Err(reader.error(message))
        }
    }
}

fn hostname(reader: &mut XmlReader<'_>) -> Result<Option<String>> {
    const CHILDREN: &[Child] = &[Child::one("Hostname").attribute("type")];
    let mut hostname = None;
    reader.children(CHILDREN, |reader, element| {
        let text = reader.text()?;
        match element.attribute.as_deref() {
            None => hostname = non_empty(text),
            // The form of a host name that is not set.
            Some("random") if text.is_empty() => {}
            Some("random") => {
                return Err(reader.error(format!(
                    "has type=\"random\" and the text {}: remove one of them",
                    quote(&text)
                )));
            }
            Some(other) => {
                let message = format!("the attribute type is {}: expected random", quote(other));
                return Err(reader.error(message));
            }
        }
        Ok(())
    })?;
    Ok(hostname)
}

fn keys(reader: &mut XmlReader<'_>) -> Result<AuthorizedKeys> {
    const CHILDREN: &[Child] = &[
        Child::one("Users").attribute("all"),
        Child::one("SSHKeys").attribute("all"),
    ];
    let mut keys = AuthorizedKeys::new();
    reader.children(CHILDREN, |reader, element| {
        let all = match element.attribute.as_deref() {
            None => false,
            Some("yes") => true,
            Some(other) => {
                let message = format!(
                    "the attribute all is {}: expected yes, or no attribute",
                    quote(other)
                );
                return Err(reader.error(message));
            }
        };
        if element.name == "Users" {
            keys.users = AllOr::from_parts(all, list(reader, USER, reference)?);
        } else {
            let listed = list(reader, SSH_KEY, |reader, _| reader.text())?;
            keys.ssh_keys = AllOr::from_parts(all, listed);
        }
        Ok(())
    })?;
    Ok(keys)
}

fn policies(reader: &mut XmlReader<'_>) -> Result<Vec<BackupPolicy>> {
    const CHILDREN: &[Child] = &[Child::one("Retention"), Child::one("Schedule")];
    list(reader, POLICY, |reader, _| {
        let mut policy = BackupPolicy::new();
        reader.children(CHILDREN, |reader, element| {
            match element.name {
                "Retention" => policy.retention = Some(number(reader)?),
                _ => policy.schedule = schedule(reader)?,
            }
            Ok(())
        })?;
        Ok(policy)
    })
}

fn schedule(reader: &mut XmlReader<'_>) -> Result<Schedule> {
    const CHILDREN: &[Child] = &[
        Child::one("Interval"),
        Child::one("Frequency"),
        Child::one("Time"),
    ];
    let mut schedule = Schedule::default();
    reader.children(CHILDREN, |reader, element| {
        match element.name {
            "Interval" => {
                schedule.interval = Some(choice(reader, Interval::ALL, Interval::as_str)?);
            }
            "Frequency" => schedule.frequency = Some(number(reader)?),
            _ => schedule.time = Some(number(reader)?),
        }
        Ok(())
    })?;
    Ok(schedule)
}

/// Reads child elements of one kind.
fn list<T>(
    reader: &mut XmlReader<'_>,
    children: &'static [Child],
    mut read: impl FnMut(&mut XmlReader<'_>, &Element) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    reader.children(children, |reader, element| {
        all.push(read(reader, &element)?);
        Ok(())
    })?;
    Ok(all)
}

fn reference<R: Reference>(reader: &mut XmlReader<'_>, element: &Element) -> Result<R> {
    let value = reader.text()?;
    let named = match element.attribute.as_deref() {
        None => R::from_pair("id", value),
        Some("id") => None,
        Some(key) => R::from_pair(key, value),
    };
    named.ok_or_else(|| {
        let found = quote(element.attribute.as_deref().unwrap_or_default());
        // An id has no attribute; the other keys have theirs.
        let keys = R::KEYS.get(1..).unwrap_or_default().join(" or ");
        reader.error(format!(
            "the attribute by is {found}: expected {keys}, or no attribute for an id"
        ))
    })
}

fn number(reader: &mut XmlReader<'_>) -> Result<u32> {
    let text = reader.text()?;
    let digits = text.trim_ascii();
    // `parse` accepts a leading `+` as well.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain).ok_or_else(|| {
        reader.error(format!(
            "{} is not a whole number from 0 to {}",
            quote(digits),
            u32::MAX
        ))
    })
}

fn choice<T: Copy>(
    reader: &mut XmlReader<'_>,
    all: &[T],
    as_str: impl Fn(T) -> &'static str,
) -> Result<T> {
    let text = reader.text()?;
    let found = text.trim_ascii();
    let same = all.iter().copied().find(|one| as_str(*one) == found);
    same.ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| as_str(*one)).collect();
        reader.error(format!(
            "{} is not one of {}",
            quote(found),
            names.join(", ")
        ))
    })
}
