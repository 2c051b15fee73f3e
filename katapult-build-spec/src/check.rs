//! What is known to be wrong before the API is asked.

use crate::backup::BackupPolicy;
use crate::cursor::code;
use crate::disk::{SystemDisk, TemplateSpec};
use crate::error::{CheckError, Problem, in_xml};
use crate::model::{BuildSpec, Resources};
use crate::network::{IpAddressAllocation, NetworkInterface};
use crate::reference::Reference;

impl BuildSpec {
    /// Looks for what the API can't take. Whether the objects exist is not looked at.
    ///
    /// # Errors
    ///
    /// With everything that is wrong, each with its element: nothing where something is needed, memory without cores
    /// or cores without memory, an interface with two networks, and characters that XML doesn't have.
    pub fn check(&self) -> Result<(), CheckError> {
        let found = Findings::of(self);
        if found.problems.is_empty() {
            Ok(())
        } else {
            Err(CheckError::new(found.problems))
        }
    }

    /// Looks for what can be sent, but says things twice or leaves something open, and so may not be meant.
    pub fn doubts(&self) -> Vec<Problem> {
        Findings::of(self).doubts
    }
}

#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    doubts: Vec<Problem>,
}

impl Findings {
    fn of(spec: &BuildSpec) -> Self {
        let mut found = Self::default();
        found.reference("Zone", spec.zone.as_ref());
        found.reference("DataCenter", spec.data_center.as_ref());
        if spec.zone.is_some() && spec.data_center.is_some() {
            let message = "stands beside a Zone: unless they agree, leave one out";
            found.doubt("DataCenter", message);
        }
        found.resources(&spec.resources);
        if let Some(template) = &spec.disk_template {
            found.template(template);
        }
        for (path, disk) in numbered("SystemDisks/Disk", &spec.system_disks) {
            found.disk(&path, disk);
        }
        for (path, disk) in numbered("SharedDisks/Disk", &spec.shared_disks) {
            found.reference(&path, Some(disk));
        }
        let interfaces = "NetworkInterfaces/NetworkInterface";
        for (path, interface) in numbered(interfaces, &spec.network_interfaces) {
            found.interface(&path, interface);
        }
        found.text("Hostname/Hostname", spec.hostname.as_deref());
        found.text("Name", spec.name.as_deref());
        found.text("Description", spec.description.as_deref());
        found.reference("Group", spec.group.as_ref());
        let keys = &spec.authorized_keys;
        for (path, user) in numbered("AuthorizedKeys/Users/User", keys.users.listed()) {
            found.reference(&path, Some(user));
        }
        for (path, key) in numbered("AuthorizedKeys/SSHKeys/SSHKey", keys.ssh_keys.listed()) {
            found.entry(&path, key);
        }
        found.policies("", &spec.backup_policies);
        for (path, tag) in numbered("Tags/Tag", &spec.tags) {
            found.entry(&path, tag);
        }
        found.reference("ISO", spec.iso.as_ref());
        found
    }

    fn resources(&mut self, resources: &Resources) {
        self.reference("Resources/Package", resources.package.as_ref());
        self.at_least_one("Resources/Memory", resources.memory, " GB");
        self.at_least_one("Resources/CPUCores", resources.cpu_cores, "");
        match (&resources.package, resources.memory, resources.cpu_cores) {
            (Some(_), None, None) | (None, None, None) | (None, Some(_), Some(_)) => {}
            (Some(_), _, _) => self.doubt(
                "Resources/Package",
                "stands beside Memory or CPUCores: give a package, or memory and cores",
            ),
            (None, Some(memory), None) => self.problem(
                "Resources/Memory",
                format!("{memory} GB without CPUCores: give both, or a Package"),
            ),
            (None, None, Some(cores)) => self.problem(
                "Resources/CPUCores",
                format!("{cores} without Memory: give both, or a Package"),
            ),
        }
    }

    fn template(&mut self, template: &TemplateSpec) {
        self.reference("DiskTemplate/DiskTemplate", Some(&template.disk_template));
        for (path, option) in numbered("DiskTemplate/Option", &template.options) {
            if option.key.is_empty() {
                self.problem(&path, "has no key: name what the value is for");
            }
            self.text(&format!("{path}/key"), Some(&option.key));
            self.text(&path, Some(&option.value));
        }
    }

    fn disk(&mut self, path: &str, disk: &SystemDisk) {
        self.text(&format!("{path}/Name"), disk.name.as_deref());
        self.at_least_one(&format!("{path}/Size"), disk.size, " GB");
        self.reference(&format!("{path}/IOProfile"), disk.io_profile.as_ref());
        let file_system = disk.file_system_type.as_deref();
        self.text(&format!("{path}/FileSystemType"), file_system);
        self.policies(&format!("{path}/"), &disk.backup_policies);
    }

    fn interface(&mut self, path: &str, interface: &NetworkInterface) {
        self.reference(&format!("{path}/Network"), interface.network.as_ref());
        let virtual_network = interface.virtual_network.as_ref();
        self.reference(&format!("{path}/VirtualNetwork"), virtual_network);
        match (&interface.network, virtual_network) {
            (Some(_), Some(_)) => {
                self.problem(path, "has a Network and a VirtualNetwork: leave one out");
            }
            (None, None) => self.doubt(path, "has neither a Network nor a VirtualNetwork"),
            _ => {}
        }
        let speed = interface.speed_profile.as_ref();
        self.reference(&format!("{path}/SpeedProfile"), speed);
        let allocations = format!("{path}/IPAddressAllocation");
        for (path, allocation) in numbered(&allocations, &interface.ip_address_allocations) {
            match allocation {
                IpAddressAllocation::New { subnet, .. } => {
                    self.reference(&format!("{path}/Subnet"), subnet.as_ref());
                }
                IpAddressAllocation::Existing { ip_address } => {
                    self.reference(&format!("{path}/IPAddress"), Some(ip_address));
                }
            }
        }
    }

    /// A policy that is empty would be one that isn't there.
    fn policies(&mut self, before: &str, policies: &[BackupPolicy]) {
        for (path, policy) in numbered(&format!("{before}BackupPolicies/BackupPolicy"), policies) {
            if policy.retention.is_none() && policy.schedule.is_empty() {
                self.doubt(&path, "says nothing: give a Retention or a Schedule");
            }
        }
    }

    fn at_least_one(&mut self, path: &str, number: Option<u32>, unit: &str) {
        if number == Some(0) {
            self.problem(path, format!("0{unit}: must be at least 1"));
        }
    }

    fn reference(&mut self, path: &str, reference: Option<&impl Reference>) {
        let Some((key, value)) = reference.map(Reference::pair) else {
            return;
        };
        if value.is_empty() {
            let message = format!("its {key} is empty: name an object, or leave it out");
            self.problem(path, message);
        }
        self.text(path, Some(value));
    }

    /// Text of which each is an entry of a list.
    fn entry(&mut self, path: &str, text: &str) {
        if text.is_empty() {
            self.problem(path, "is empty: give text, or leave it out");
        }
        self.text(path, Some(text));
    }

    fn text(&mut self, path: &str, text: Option<&str>) {
        let mut characters = text.unwrap_or_default().chars();
        if let Some(character) = characters.find(|character| !in_xml(*character)) {
            let message = format!("holds {}, which XML can't: take it out", code(character));
            self.problem(path, message);
        }
    }

    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    fn doubt(&mut self, path: &str, message: impl Into<String>) {
        self.doubts.push(Problem::new(path, message));
    }
}

/// Each of several, with its path: `Disk[1]`, `Disk[2]`.
fn numbered<'a, T>(path: &str, all: &'a [T]) -> impl Iterator<Item = (String, &'a T)> {
    all.iter()
        .enumerate()
        .map(move |(place, one)| (format!("{path}[{}]", place + 1), one))
}
