//! XML in: the elements, and what each holds.

use crate::backup::{BackupPolicy, Interval, Schedule};
use crate::cursor::{Child, Cursor, Element};
use crate::disk::{DiskSpeed, SystemDisk, TemplateOption, TemplateSpec};
use crate::error::{ParseError, quote};
use crate::keys::{AllOr, AuthorizedKeys};
use crate::model::{BuildSpec, Resources, said};
use crate::network::{IpAddressAllocation, IpVersion, NetworkInterface};
use crate::reference::Reference;
use crate::{ROOT, utf8};

type Result<T> = std::result::Result<T, ParseError>;

impl BuildSpec {
    /// Reads the XML form. Elements may stand in any order; each that the format doesn't have is an error.
    ///
    /// # Errors
    ///
    /// If it is longer than [`MAX_BYTES`](crate::MAX_BYTES), not UTF-8, not XML, has a DOCTYPE or an entity of its
    /// own, or holds an element, an attribute or a value that the format doesn't have.
    pub fn from_xml(xml: impl AsRef<[u8]>) -> Result<Self> {
        let mut cursor = Cursor::enter(utf8(xml.as_ref())?, ROOT)?;
        let spec = spec(&mut cursor)?;
        cursor.leave()?;
        Ok(spec)
    }
}

fn spec(cursor: &mut Cursor<'_>) -> Result<BuildSpec> {
    const HOLDS: &[Child] = &[
        Child::one("Zone").with("by"),
        Child::one("DataCenter").with("by"),
        Child::one("Resources"),
        Child::one("DiskTemplate"),
        Child::one("SystemDisks"),
        Child::one("SharedDisks"),
        Child::one("NetworkInterfaces"),
        Child::one("Hostname"),
        Child::one("Name"),
        Child::one("Description"),
        Child::one("Group").with("by"),
        Child::one("AuthorizedKeys"),
        Child::one("BackupPolicies"),
        Child::one("Tags"),
        Child::one("ISO"),
    ];
    let mut spec = BuildSpec::new();
    cursor.children(HOLDS, |cursor, element| {
        match element.name {
            "Zone" => spec.zone = Some(reference(cursor, &element)?),
            "DataCenter" => spec.data_center = Some(reference(cursor, &element)?),
            "Resources" => spec.resources = resources(cursor)?,
            "DiskTemplate" => spec.disk_template = Some(template(cursor)?),
            "SystemDisks" => spec.system_disks = list(cursor, DISK, |cursor, _| disk(cursor))?,
            "SharedDisks" => spec.shared_disks = list(cursor, DISK_BY, reference)?,
            "NetworkInterfaces" => {
                spec.network_interfaces = list(cursor, INTERFACE, |cursor, _| interface(cursor))?;
            }
            "Hostname" => spec.hostname = hostname(cursor)?,
            "Name" => spec.name = said(cursor.text()?),
            "Description" => spec.description = said(cursor.text()?),
            "Group" => spec.group = Some(reference(cursor, &element)?),
            "AuthorizedKeys" => spec.authorized_keys = keys(cursor)?,
            "BackupPolicies" => spec.backup_policies = policies(cursor)?,
            "Tags" => spec.tags = list(cursor, TAG, |cursor, _| cursor.text())?,
            _ => spec.iso = Some(reference(cursor, &element)?),
        }
        Ok(())
    })?;
    Ok(spec)
}

const DISK: &[Child] = &[Child::many("Disk")];
const DISK_BY: &[Child] = &[Child::many("Disk").with("by")];
const INTERFACE: &[Child] = &[Child::many("NetworkInterface")];
const POLICY: &[Child] = &[Child::many("BackupPolicy")];
const TAG: &[Child] = &[Child::many("Tag")];
const USER: &[Child] = &[Child::many("User").with("by")];
const SSH_KEY: &[Child] = &[Child::many("SSHKey")];

fn resources(cursor: &mut Cursor<'_>) -> Result<Resources> {
    const HOLDS: &[Child] = &[
        Child::one("Package").with("by"),
        Child::one("Memory"),
        Child::one("CPUCores"),
    ];
    let mut resources = Resources::default();
    cursor.children(HOLDS, |cursor, element| {
        match element.name {
            "Package" => resources.package = Some(reference(cursor, &element)?),
            "Memory" => resources.memory = Some(number(cursor)?),
            _ => resources.cpu_cores = Some(number(cursor)?),
        }
        Ok(())
    })?;
    Ok(resources)
}

fn template(cursor: &mut Cursor<'_>) -> Result<TemplateSpec> {
    const HOLDS: &[Child] = &[
        Child::one("DiskTemplate").with("by"),
        Child::one("Version").with("by"),
        Child::many("Option").with("key"),
    ];
    let (mut named, mut version, mut options) = (None, None, Vec::new());
    cursor.children(HOLDS, |cursor, element| {
        match element.name {
            "DiskTemplate" => named = Some(reference(cursor, &element)?),
            "Version" if element.attribute.as_deref() == Some("number") => {
                version = Some(number(cursor)?);
            }
            "Version" => return Err(cursor.error("a version is named by=\"number\"")),
            _ => {
                let no_key = || cursor.error("needs the attribute key");
                let key = element.attribute.ok_or_else(no_key)?;
                let value = cursor.text()?;
                options.push(TemplateOption { key, value });
            }
        }
        Ok(())
    })?;
    let disk_template = named.ok_or_else(|| cursor.error("needs the element DiskTemplate"))?;
    Ok(TemplateSpec {
        disk_template,
        version,
        options,
    })
}

fn disk(cursor: &mut Cursor<'_>) -> Result<SystemDisk> {
    const HOLDS: &[Child] = &[
        Child::one("Name"),
        Child::one("Size"),
        Child::one("Speed"),
        Child::one("IOProfile").with("by"),
        Child::one("FileSystemType"),
        Child::one("BackupPolicies"),
    ];
    let mut disk = SystemDisk::new();
    cursor.children(HOLDS, |cursor, element| {
        match element.name {
            "Name" => disk.name = said(cursor.text()?),
            "Size" => disk.size = Some(number(cursor)?),
            "Speed" => disk.speed = Some(choice(cursor, DiskSpeed::ALL, DiskSpeed::as_str)?),
            "IOProfile" => disk.io_profile = Some(reference(cursor, &element)?),
            "FileSystemType" => disk.file_system_type = said(cursor.text()?),
            _ => disk.backup_policies = policies(cursor)?,
        }
        Ok(())
    })?;
    Ok(disk)
}

fn interface(cursor: &mut Cursor<'_>) -> Result<NetworkInterface> {
    const HOLDS: &[Child] = &[
        Child::one("Network").with("by"),
        Child::one("VirtualNetwork").with("by"),
        Child::one("SpeedProfile").with("by"),
        Child::many("IPAddressAllocation").with("type"),
    ];
    let mut interface = NetworkInterface::default();
    cursor.children(HOLDS, |cursor, element| {
        match element.name {
            "Network" => interface.network = Some(reference(cursor, &element)?),
            "VirtualNetwork" => interface.virtual_network = Some(reference(cursor, &element)?),
            "SpeedProfile" => interface.speed_profile = Some(reference(cursor, &element)?),
            _ => {
                let allocation = allocation(cursor, element.attribute.as_deref())?;
                interface.ip_address_allocations.push(allocation);
            }
        }
        Ok(())
    })?;
    Ok(interface)
}

fn allocation(cursor: &mut Cursor<'_>, kind: Option<&str>) -> Result<IpAddressAllocation> {
    const NEW: &[Child] = &[Child::one("Version"), Child::one("Subnet").with("by")];
    const EXISTING: &[Child] = &[Child::one("IPAddress").with("by")];
    match kind {
        Some("new") => {
            let (mut version, mut subnet) = (None, None);
            cursor.children(NEW, |cursor, element| {
                match element.name {
                    "Version" => version = Some(choice(cursor, IpVersion::ALL, IpVersion::as_str)?),
                    _ => subnet = Some(reference(cursor, &element)?),
                }
                Ok(())
            })?;
            let version = version.ok_or_else(|| cursor.error("needs the element Version"))?;
            Ok(IpAddressAllocation::New { version, subnet })
        }
        Some("existing") => {
            let mut address = None;
            cursor.children(EXISTING, |cursor, element| {
                address = Some(reference(cursor, &element)?);
                Ok(())
            })?;
            let ip_address = address.ok_or_else(|| cursor.error("needs the element IPAddress"))?;
            Ok(IpAddressAllocation::Existing { ip_address })
        }
        other => {
            let found = other.map_or("none".to_owned(), quote);
            let message = format!("its type is {found}: it must be new or existing");
            Err(cursor.error(message))
        }
    }
}

fn hostname(cursor: &mut Cursor<'_>) -> Result<Option<String>> {
    const HOLDS: &[Child] = &[Child::one("Hostname").with("type")];
    let mut hostname = None;
    cursor.children(HOLDS, |cursor, element| {
        let text = cursor.text()?;
        match element.attribute.as_deref() {
            None => hostname = said(text),
            Some("random") if text.is_empty() => {}
            Some("random") => {
                return Err(cursor.error(format!(
                    "is random and {} both: leave out the one or the other",
                    quote(&text)
                )));
            }
            Some(other) => {
                let message = format!("its type is {}: it may be random", quote(other));
                return Err(cursor.error(message));
            }
        }
        Ok(())
    })?;
    Ok(hostname)
}

fn keys(cursor: &mut Cursor<'_>) -> Result<AuthorizedKeys> {
    const HOLDS: &[Child] = &[
        Child::one("Users").with("all"),
        Child::one("SSHKeys").with("all"),
    ];
    let mut keys = AuthorizedKeys::new();
    cursor.children(HOLDS, |cursor, element| {
        let all = match element.attribute.as_deref() {
            None => false,
            Some("yes") => true,
            Some(other) => {
                let message = format!("all is {}: it must be yes, or be left out", quote(other));
                return Err(cursor.error(message));
            }
        };
        if element.name == "Users" {
            keys.users = AllOr::from_parts(all, list(cursor, USER, reference)?);
        } else {
            let listed = list(cursor, SSH_KEY, |cursor, _| cursor.text())?;
            keys.ssh_keys = AllOr::from_parts(all, listed);
        }
        Ok(())
    })?;
    Ok(keys)
}

fn policies(cursor: &mut Cursor<'_>) -> Result<Vec<BackupPolicy>> {
    const HOLDS: &[Child] = &[Child::one("Retention"), Child::one("Schedule")];
    list(cursor, POLICY, |cursor, _| {
        let mut policy = BackupPolicy::new();
        cursor.children(HOLDS, |cursor, element| {
            match element.name {
                "Retention" => policy.retention = Some(number(cursor)?),
                _ => policy.schedule = schedule(cursor)?,
            }
            Ok(())
        })?;
        Ok(policy)
    })
}

fn schedule(cursor: &mut Cursor<'_>) -> Result<Schedule> {
    const HOLDS: &[Child] = &[
        Child::one("Interval"),
        Child::one("Frequency"),
        Child::one("Time"),
    ];
    let mut schedule = Schedule::default();
    cursor.children(HOLDS, |cursor, element| {
        match element.name {
            "Interval" => {
                schedule.interval = Some(choice(cursor, Interval::ALL, Interval::as_str)?);
            }
            "Frequency" => schedule.frequency = Some(number(cursor)?),
            _ => schedule.time = Some(number(cursor)?),
        }
        Ok(())
    })?;
    Ok(schedule)
}

/// Reads elements of one kind.
fn list<T>(
    cursor: &mut Cursor<'_>,
    holds: &'static [Child],
    mut read: impl FnMut(&mut Cursor<'_>, &Element) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    cursor.children(holds, |cursor, element| {
        all.push(read(cursor, &element)?);
        Ok(())
    })?;
    Ok(all)
}

fn reference<R: Reference>(cursor: &mut Cursor<'_>, element: &Element) -> Result<R> {
    let value = cursor.text()?;
    let named = match element.attribute.as_deref() {
        None => R::from_pair("id", value),
        Some("id") => None,
        Some(key) => R::from_pair(key, value),
    };
    named.ok_or_else(|| {
        let ways: Vec<_> = R::KEYS
            .iter()
            .skip(1)
            .map(|key| format!(", or by=\"{key}\""))
            .collect();
        cursor.error(format!(
            "by is {}: leave it out for the id{}",
            quote(element.attribute.as_deref().unwrap_or_default()),
            ways.concat()
        ))
    })
}

fn number(cursor: &mut Cursor<'_>) -> Result<u32> {
    let text = cursor.text()?;
    let digits = text.trim_ascii();
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain).ok_or_else(|| {
        cursor.error(format!(
            "{} is not a whole number from 0 to {}",
            quote(digits),
            u32::MAX
        ))
    })
}

fn choice<T: Copy>(
    cursor: &mut Cursor<'_>,
    all: &[T],
    as_str: impl Fn(T) -> &'static str,
) -> Result<T> {
    let text = cursor.text()?;
    let found = text.trim_ascii();
    let same = all.iter().copied().find(|one| as_str(*one) == found);
    same.ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| as_str(*one)).collect();
        cursor.error(format!(
            "{} is not one of {}",
            quote(found),
            names.join(", ")
        ))
    })
}
