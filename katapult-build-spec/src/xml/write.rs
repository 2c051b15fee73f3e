//! Writing XML: the elements in their order.

use std::io::Result;

use quick_xml::escape::{escape, partial_escape};
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};
use quick_xml::writer::Writer;

use crate::error::{Problem, ValidationError};
use crate::limits::ROOT;
use crate::model::backup::BackupPolicy;
use crate::model::disk::{SystemDisk, TemplateSpec};
use crate::model::keys::{AllOr, AuthorizedKeys};
use crate::model::network::{IpAddressAllocation, NetworkInterface};
use crate::model::{BuildSpec, Resources};
use crate::reference::Reference;

/// The indentation of each level, in spaces.
// The same as that of the JSON form, and of the files that other tools write.
const INDENT: usize = 2;

impl BuildSpec {
    /// Validates the specification and returns its XML without white space, as the API accepts it.
    ///
    /// # Errors
    ///
    /// If [`validate`](BuildSpec::validate) finds a problem.
    pub fn to_xml(&self) -> std::result::Result<String, ValidationError> {
        self.write(Writer::new(Vec::new()))
    }

    /// Validates the specification and returns its XML indented by two spaces, for readers.
    ///
    /// # Errors
    ///
    /// If [`validate`](BuildSpec::validate) finds a problem.
    pub fn to_xml_pretty(&self) -> std::result::Result<String, ValidationError> {
        self.write(Writer::new_with_indent(Vec::new(), b' ', INDENT))
    }

    fn write(&self, writer: Writer<Vec<u8>>) -> std::result::Result<String, ValidationError> {
        self.validate()?;
        let mut xml = Xml(writer);
        // It cannot fail: the target is memory, and all input is text.
        let failed = |error: String| ValidationError::new(vec![Problem::new(ROOT, error)]);
        xml.spec(self).map_err(|error| failed(error.to_string()))?;
        String::from_utf8(xml.0.into_inner()).map_err(|error| failed(error.to_string()))
    }
}

/// Returns the text of an element. Unless it is escaped, a carriage return is read as a line feed.
fn escaped_text(text: &str) -> String {
    partial_escape(text).replace('\r', "&#13;")
}

/// Returns the value of an attribute. Unless they are escaped, tabs and ends of lines are read as spaces.
fn escaped_value(value: &str) -> String {
    let value = escape(value).replace('\t', "&#9;");
    value.replace('\n', "&#10;").replace('\r', "&#13;")
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn spec(&mut self, spec: &BuildSpec) -> Result<()> {
        self.element(ROOT, |xml| {
            xml.reference("Zone", spec.zone.as_ref())?;
            xml.reference("DataCenter", spec.data_center.as_ref())?;
            if !spec.resources.is_empty() {
                xml.element("Resources", |xml| xml.resources(&spec.resources))?;
            }
            if let Some(template) = &spec.disk_template {
                xml.element("DiskTemplate", |xml| xml.template(template))?;
            }
            xml.list("SystemDisks", &spec.system_disks, |xml, disk| {
                xml.element("Disk", |xml| xml.disk(disk))
            })?;
            xml.list("SharedDisks", &spec.shared_disks, |xml, disk| {
                xml.reference("Disk", Some(disk))
            })?;
            xml.list("NetworkInterfaces", &spec.network_interfaces, |xml, one| {
                xml.element("NetworkInterface", |xml| xml.interface(one))
            })?;
            // Never omitted: the API's own form of an empty specification has it.
            xml.element("Hostname", |xml| match spec.hostname.as_deref() {
                None | Some("") => xml.leaf("Hostname", Some(("type", "random")), ""),
                Some(hostname) => xml.text("Hostname", Some(hostname)),
            })?;
            xml.text("Name", spec.name.as_deref())?;
            xml.text("Description", spec.description.as_deref())?;
            xml.reference("Group", spec.group.as_ref())?;
            if !spec.authorized_keys.is_empty() {
                xml.element("AuthorizedKeys", |xml| xml.keys(&spec.authorized_keys))?;
            }
            xml.policies(&spec.backup_policies)?;
            xml.list("Tags", &spec.tags, |xml, tag| xml.leaf("Tag", None, tag))?;
            xml.reference("ISO", spec.iso.as_ref())
        })
    }

    fn resources(&mut self, resources: &Resources) -> Result<()> {
        self.reference("Package", resources.package.as_ref())?;
        self.number("Memory", resources.memory_in_gb)?;
        self.number("CPUCores", resources.cpu_cores)
    }

    fn template(&mut self, template: &TemplateSpec) -> Result<()> {
        self.reference("DiskTemplate", Some(&template.disk_template))?;
        if let Some(version) = template.version {
            self.leaf("Version", Some(("by", "number")), &version.to_string())?;
        }
        for option in &template.options {
            self.leaf("Option", Some(("key", &option.key)), &option.value)?;
        }
        Ok(())
    }

    fn disk(&mut self, disk: &SystemDisk) -> Result<()> {
        self.text("Name", disk.name.as_deref())?;
        self.number("Size", disk.size_in_gb)?;
        self.text("Speed", disk.speed.map(|speed| speed.as_str()))?;
        self.reference("IOProfile", disk.io_profile.as_ref())?;
        self.text("FileSystemType", disk.file_system_type.as_deref())?;
        self.policies(&disk.backup_policies)
    }

    fn interface(&mut self, interface: &NetworkInterface) -> Result<()> {
        self.reference("Network", interface.network.as_ref())?;
        self.reference("VirtualNetwork", interface.virtual_network.as_ref())?;
        self.reference("SpeedProfile", interface.speed_profile.as_ref())?;
        for allocation in &interface.ip_address_allocations {
            let name = "IPAddressAllocation";
            match allocation {
                IpAddressAllocation::New { version, subnet } => {
                    self.tagged(name, Some(("type", "new")), |xml| {
                        xml.text("Version", Some(version.as_str()))?;
                        xml.reference("Subnet", subnet.as_ref())
                    })?;
                }
                IpAddressAllocation::Existing { ip_address } => {
                    self.tagged(name, Some(("type", "existing")), |xml| {
                        xml.reference("IPAddress", Some(ip_address))
                    })?;
                }
            }
        }
        Ok(())
    }

    fn keys(&mut self, keys: &AuthorizedKeys) -> Result<()> {
        self.all_or("Users", &keys.users, |xml, user| {
            xml.reference("User", Some(user))
        })?;
        self.all_or("SSHKeys", &keys.ssh_keys, |xml, key| {
            xml.leaf("SSHKey", None, key)
        })
    }

    fn policies(&mut self, policies: &[BackupPolicy]) -> Result<()> {
        self.list("BackupPolicies", policies, |xml, policy| {
            xml.element("BackupPolicy", |xml| {
                xml.number("Retention", policy.retention)?;
                if policy.schedule.is_empty() {
                    return Ok(());
                }
                xml.element("Schedule", |xml| {
                    let interval = policy.schedule.interval;
                    xml.text("Interval", interval.map(|interval| interval.as_str()))?;
                    xml.number("Frequency", policy.schedule.frequency)?;
                    xml.number("Time", policy.schedule.time)
                })
            })
        })
    }

    fn all_or<T>(
        &mut self,
        name: &str,
        some: &AllOr<T>,
        each: impl FnMut(&mut Self, &T) -> Result<()>,
    ) -> Result<()> {
        match some {
            AllOr::All => self.leaf(name, Some(("all", "yes")), ""),
            AllOr::Listed(listed) => self.list(name, listed, each),
        }
    }

    /// Writes an element around others of one kind, if there are any.
    fn list<T>(
        &mut self,
        name: &str,
        all: &[T],
        mut each: impl FnMut(&mut Self, &T) -> Result<()>,
    ) -> Result<()> {
        if all.is_empty() {
            return Ok(());
        }
        self.element(name, |xml| all.iter().try_for_each(|one| each(xml, one)))
    }

    fn reference(&mut self, name: &str, reference: Option<&impl Reference>) -> Result<()> {
        match reference.map(Reference::pair) {
            None => Ok(()),
            Some(("id", id)) => self.leaf(name, None, id),
            Some((key, value)) => self.leaf(name, Some(("by", key)), value),
        }
    }

    fn number(&mut self, name: &str, number: Option<u32>) -> Result<()> {
        self.text(name, number.map(|number| number.to_string()).as_deref())
    }

    fn text(&mut self, name: &str, text: Option<&str>) -> Result<()> {
        match text {
            None | Some("") => Ok(()),
            Some(text) => self.leaf(name, None, text),
        }
    }

    /// Writes an element with text, which may be empty.
    fn leaf(&mut self, name: &str, attribute: Option<(&str, &str)>, text: &str) -> Result<()> {
        self.tagged(name, attribute, |xml| {
            // Also for empty text: without the event, the writer puts the end tag on a line of its own.
            let text = BytesText::from_escaped(escaped_text(text));
            xml.0.write_event(Event::Text(text))
        })
    }

    fn element(&mut self, name: &str, inner: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.tagged(name, None, inner)
    }

    fn tagged(
        &mut self,
        name: &str,
        attribute: Option<(&str, &str)>,
        inner: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let attribute = attribute.map(|(name, value)| (name, escaped_value(value)));
        let attribute = attribute.as_ref();
        // Bytes are written as they are; quick-xml would escape text once more.
        let attribute = attribute.map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        let start = BytesStart::new(name).with_attributes(attribute);
        self.0.write_event(Event::Start(start))?;
        inner(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }
}
