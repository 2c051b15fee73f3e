//! Problems that are known before a request is sent.

use crate::error::{Problem, ValidationError, code_point, in_xml};
use crate::model::backup::BackupPolicy;
use crate::model::disk::{SystemDisk, TemplateSpec};
use crate::model::network::{IpAddressAllocation, NetworkInterface};
use crate::model::{BuildSpec, Resources};
use crate::reference::Reference;

impl BuildSpec {
    /// Validates the specification, without requests: references to missing objects are not found.
    ///
    /// # Errors
    ///
    /// If the API cannot accept the specification: an empty reference, key or list entry, a size of 0, memory without
    /// cores or cores without memory, an interface with two networks, a character that XML cannot contain. The error
    /// has all problems, each with its element.
    pub fn validate(&self) -> Result<(), ValidationError> {
        let found = Findings::of(self);
        if found.problems.is_empty() {
            Ok(())
        } else {
            Err(ValidationError::new(found.problems))
        }
    }

    /// Returns the elements that are valid but possibly not intended: values given twice, and empty elements.
    pub fn warnings(&self) -> Vec<Problem> {
        Findings::of(self).warnings
    }
}

#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Findings {
    fn of(spec: &BuildSpec) -> Self {
        let mut found = Self::default();
        found.reference("Zone", spec.zone.as_ref());
        found.reference("DataCenter", spec.data_center.as_ref());
        if spec.zone.is_some() && spec.data_center.is_some() {
            let message = "is set together with Zone: remove one of them unless they agree";
            found.warning("DataCenter", message);
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
        self.at_least_one("Resources/Memory", resources.memory_in_gb, " GB");
        self.at_least_one("Resources/CPUCores", resources.cpu_cores, "");
        match (
            &resources.package,
            resources.memory_in_gb,
            resources.cpu_cores,
        ) {
            (Some(_), None, None) | (None, None, None) | (None, Some(_), Some(_)) => {}
            // The API accepts it, and decides which of them applies.
            (Some(_), _, _) => self.warning(
                "Resources/Package",
                "is set together with Memory or CPUCores: set a package, or memory and cores",
            ),
            (None, Some(memory), None) => self.problem(
                "Resources/Memory",
                format!("{memory} GB without CPUCores: set both, or a Package"),
            ),
            (None, None, Some(cores)) => self.problem(
                "Resources/CPUCores",
                format!("{cores} without Memory: set both, or a Package"),
            ),
        }
    }

    fn template(&mut self, template: &TemplateSpec) {
        self.reference("DiskTemplate/DiskTemplate", Some(&template.disk_template));
        for (path, option) in numbered("DiskTemplate/Option", &template.options) {
            if option.key.is_empty() {
                self.problem(&path, "the key is empty: set the key of an option");
            }
            self.text(&format!("{path}/key"), Some(&option.key));
            self.text(&path, Some(&option.value));
        }
    }

    fn disk(&mut self, path: &str, disk: &SystemDisk) {
        self.text(&format!("{path}/Name"), disk.name.as_deref());
        self.at_least_one(&format!("{path}/Size"), disk.size_in_gb, " GB");
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
                self.problem(
                    path,
                    "has a Network and a VirtualNetwork: remove one of them",
                );
            }
            (None, None) => self.warning(path, "has neither a Network nor a VirtualNetwork"),
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

    // The API ignores an empty policy.
    fn policies(&mut self, before: &str, policies: &[BackupPolicy]) {
        for (path, policy) in numbered(&format!("{before}BackupPolicies/BackupPolicy"), policies) {
            if policy.retention.is_none() && policy.schedule.is_empty() {
                self.warning(&path, "is empty: set a Retention or a Schedule");
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
        // `<Zone></Zone>` is well-formed, but references nothing.
        if value.is_empty() {
            let message = format!("the {key} is empty: set it, or remove the element");
            self.problem(path, message);
        }
        self.text(path, Some(value));
    }

    /// Validates an entry of a list, which must not be empty.
    fn entry(&mut self, path: &str, text: &str) {
        if text.is_empty() {
            self.problem(path, "is empty: set a text, or remove the element");
        }
        self.text(path, Some(text));
    }

    fn text(&mut self, path: &str, text: Option<&str>) {
        // Not even a character reference can express these in XML.
        let mut characters = text.unwrap_or_default().chars();
        if let Some(character) = characters.find(|character| !in_xml(*character)) {
            let message = format!(
                "contains {}, which XML does not allow: remove it",
                code_point(character)
            );
            self.problem(path, message);
        }
    }

    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    fn warning(&mut self, path: &str, message: impl Into<String>) {
        self.warnings.push(Problem::new(path, message));
    }
}

/// Returns each element with its path: `Disk[1]`, `Disk[2]`.
fn numbered<'a, T>(path: &str, all: &'a [T]) -> impl Iterator<Item = (String, &'a T)> {
    all.iter()
        .enumerate()
        .map(move |(index, one)| (format!("{path}[{}]", index + 1), one))
}
