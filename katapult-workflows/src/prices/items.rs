//! The resources of a specification that have prices.

use katapult_build_spec::{BuildSpec, DiskTemplateRef, IpAddressAllocation, IpVersion, PackageRef};
use katapult_core::types::VirtualMachinePackage;

/// The resources of a specification.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Items {
    /// Names from the price list.
    pub(super) resources: Vec<String>,
    /// Descriptions of what the price list has no resource for.
    pub(super) unpriced: Vec<String>,
}

impl Items {
    /// Returns the resources of a specification. `has_price` returns `true` for the names in the price list.
    pub(super) fn of(
        spec: &BuildSpec,
        packages: &[VirtualMachinePackage],
        has_price: impl Fn(&str) -> bool,
    ) -> Self {
        let mut items = Self::default();
        let package = items.add_package(spec, packages, &has_price);
        items.add_disks(spec, package);
        items.add_addresses(spec, package);
        let template = spec.disk_template.as_ref();
        let template = template.and_then(|template| permalink(&template.disk_template));
        // Only templates with a licence are in the price list.
        if let Some(template) = template.filter(|template| has_price(template)) {
            items.resources.push(template.to_owned());
        }
        let of_disks = spec
            .system_disks
            .iter()
            .map(|disk| disk.backup_policies.len());
        let backups = spec.backup_policies.len() + of_disks.sum::<usize>();
        if backups > 0 {
            items.unpriced.push(format!(
                "backups by {}",
                count(backups, "policy", "policies")
            ));
        }
        items
    }

    fn add_package<'a>(
        &mut self,
        spec: &BuildSpec,
        packages: &'a [VirtualMachinePackage],
        has_price: &impl Fn(&str) -> bool,
    ) -> Option<&'a VirtualMachinePackage> {
        let resources = &spec.resources;
        let Some(reference) = &resources.package else {
            let figures = match (resources.cpu_cores, resources.memory_in_gb) {
                (Some(cores), Some(memory)) => {
                    format!(
                        "{} and {memory} GB of memory",
                        count(cores, "CPU core", "CPU cores")
                    )
                }
                _ => "the machine, which has no package".to_owned(),
            };
            self.unpriced.push(figures);
            return None;
        };
        let (name, found) = match reference {
            PackageRef::Permalink(permalink) => {
                let is_it = |package: &&VirtualMachinePackage| {
                    package.permalink.as_ref() == Some(permalink)
                };
                (permalink.as_str(), packages.iter().find(is_it))
            }
            PackageRef::Id(id) => {
                let found = packages.iter().find(|package| package.id == *id);
                let permalink = found.and_then(|package| package.permalink.as_deref());
                (permalink.unwrap_or(id), found)
            }
            // A new key of references.
            _ => ("of an unknown name", None),
        };
        match has_price(name) {
            true => self.resources.push(name.to_owned()),
            false => self.unpriced.push(format!("the package {name}")),
        }
        found
    }

    /// Adds the disks beyond the storage of the package.
    fn add_disks(&mut self, spec: &BuildSpec, package: Option<&VirtualMachinePackage>) {
        let sizes = spec.system_disks.iter().map(|disk| disk.size_in_gb);
        let total: i64 = sizes.clone().flatten().map(i64::from).sum();
        let included = package
            .and_then(|package| package.storage_in_gb)
            .unwrap_or(0);
        if total > included {
            let beyond = total - included;
            self.unpriced.push(format!(
                "{beyond} GB of disks beyond the {included} GB of the package"
            ));
        }
        let unsized_disks = sizes.filter(Option::is_none).count();
        if unsized_disks > 0 {
            self.unpriced.push(format!(
                "{} without a size",
                count(unsized_disks, "disk", "disks")
            ));
        }
    }

    /// Adds the new IPv4 addresses beyond those of the package. IPv6 addresses are free, and existing ones are paid for.
    fn add_addresses(&mut self, spec: &BuildSpec, package: Option<&VirtualMachinePackage>) {
        let interfaces = spec.network_interfaces.iter();
        let allocations = interfaces.flat_map(|interface| &interface.ip_address_allocations);
        let is_new = |allocation: &&IpAddressAllocation| {
            matches!(
                allocation,
                IpAddressAllocation::New {
                    version: IpVersion::V4,
                    ..
                }
            )
        };
        let new = i64::try_from(allocations.filter(is_new).count()).unwrap_or(i64::MAX);
        let included = package
            .and_then(|package| package.ipv4_addresses)
            .unwrap_or(0);
        if new > included {
            let beyond = count(new - included, "IPv4 address", "IPv4 addresses");
            self.unpriced
                .push(format!("{beyond} beyond the {included} of the package"));
        }
    }
}

fn permalink(template: &DiskTemplateRef) -> Option<&str> {
    match template {
        DiskTemplateRef::Permalink(permalink) => Some(permalink),
        _ => None,
    }
}

fn count<N: std::fmt::Display + PartialEq + From<u8>>(number: N, one: &str, more: &str) -> String {
    match number == N::from(1) {
        true => format!("{number} {one}"),
        false => format!("{number} {more}"),
    }
}

#[cfg(test)]
mod tests {
    use katapult_build_spec::{
        BackupPolicy, NetworkInterface, NetworkRef, SystemDisk, TemplateSpec,
    };
    use katapult_core::serde_json::from_str;

    use super::*;

    #[test]
    fn items_are_the_priced_resources_and_descriptions_of_the_others() {
        let packages =
            r#"[{"id":"vmpkg_1","permalink":"rock-3","storage_in_gb":25,"ipv4_addresses":1}]"#;
        let packages: Vec<VirtualMachinePackage> = from_str(packages).unwrap();
        let rock = || BuildSpec::new().package(PackageRef::permalink("rock-3"));
        let disk = |size| SystemDisk::new().size_in_gb(size);
        let v4 = IpAddressAllocation::v4;
        let interface = |addresses: Vec<IpAddressAllocation>| {
            let interface = NetworkInterface::network(NetworkRef::permalink("public"));
            addresses
                .into_iter()
                .fold(interface, NetworkInterface::ip_address_allocation)
        };
        let table: [(BuildSpec, &[&str], &[&str]); 14] = [
            (
                BuildSpec::new(),
                &[],
                &["the machine, which has no package"],
            ),
            (
                BuildSpec::new().cpu_cores(1).memory_in_gb(2),
                &[],
                &["1 CPU core and 2 GB of memory"],
            ),
            (rock(), &["rock-3"], &[]),
            (
                BuildSpec::new().package(PackageRef::id("vmpkg_1")),
                &["rock-3"],
                &[],
            ),
            (
                BuildSpec::new().package(PackageRef::id("vmpkg_2")),
                &[],
                &["the package vmpkg_2"],
            ),
            (
                BuildSpec::new().package(PackageRef::permalink("pebble")),
                &[],
                &["the package pebble"],
            ),
            (rock().system_disk(disk(25)), &["rock-3"], &[]),
            (
                rock().system_disk(disk(25)).system_disk(disk(10)),
                &["rock-3"],
                &["10 GB of disks beyond the 25 GB of the package"],
            ),
            (
                rock().system_disk(SystemDisk::new()),
                &["rock-3"],
                &["1 disk without a size"],
            ),
            (
                rock().network_interface(interface(vec![v4()])),
                &["rock-3"],
                &[],
            ),
            (
                rock().network_interface(interface(vec![v4(), v4(), v4()])),
                &["rock-3"],
                &["2 IPv4 addresses beyond the 1 of the package"],
            ),
            (
                rock().network_interface(interface(vec![
                    v4(),
                    IpAddressAllocation::v6(),
                    IpAddressAllocation::existing("ip_1"),
                ])),
                &["rock-3"],
                &[],
            ),
            (
                rock()
                    .backup_policy(BackupPolicy::new())
                    .system_disk(disk(5).backup_policy(BackupPolicy::new())),
                &["rock-3"],
                &["backups by 2 policies"],
            ),
            (
                rock().disk_template(TemplateSpec::permalink("windows")),
                &["rock-3", "windows"],
                &[],
            ),
        ];
        for (spec, resources, unpriced) in table {
            let items = Items::of(&spec, &packages, |name| {
                ["rock-3", "windows"].contains(&name)
            });
            assert_eq!(
                (&items.resources[..], &items.unpriced[..]),
                (
                    &resources
                        .iter()
                        .map(|text| (*text).to_owned())
                        .collect::<Vec<_>>()[..],
                    &unpriced
                        .iter()
                        .map(|text| (*text).to_owned())
                        .collect::<Vec<_>>()[..],
                )
            );
        }
    }
}
