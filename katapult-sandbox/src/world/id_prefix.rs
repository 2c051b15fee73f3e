//! The prefixes of ids, and names of types in snake case.

/// The prefixes of the API's ids.
const KNOWN: &[(&str, &str)] = &[
    ("AddressList", "al"),
    ("AddressListEntry", "ale"),
    ("ApiToken", "token"),
    ("Certificate", "cert"),
    ("ConsoleSession", "cs"),
    ("Country", "ctry"),
    ("CountryState", "ctct"),
    ("Currency", "cur"),
    ("DataCenter", "dc"),
    ("Disk", "disk"),
    ("DiskBackupPolicy", "dbp"),
    ("DiskInstallation", "dinst"),
    ("DiskIoProfile", "diop"),
    ("DiskTemplate", "dtpl"),
    ("DiskTemplateVersion", "dtv"),
    ("DnsRecord", "dnsrec"),
    ("DnsZone", "dnszone"),
    ("FileStorageVolume", "fsv"),
    ("GpuType", "gpu"),
    ("IpAddress", "ip"),
    ("Iso", "iso"),
    ("LoadBalancer", "lb"),
    ("LoadBalancerRule", "lbrule"),
    ("Network", "netw"),
    ("NetworkSpeedProfile", "nsp"),
    ("ObjectStorageAccessKey", "osak"),
    ("OperatingSystem", "os"),
    ("Organization", "org"),
    ("SecurityGroup", "sg"),
    ("SecurityGroupRule", "sgr"),
    ("SshKey", "sshkey"),
    ("Subnet", "sbnt"),
    ("Tag", "tag"),
    ("Task", "task"),
    ("TrashObject", "trsh"),
    ("User", "user"),
    ("VirtualMachine", "vm"),
    ("VirtualMachineBuild", "vmbuild"),
    ("VirtualMachineGroup", "vmgrp"),
    ("VirtualMachineNetworkInterface", "vmnet"),
    ("VirtualMachinePackage", "vmpkg"),
    ("VirtualMachinePackageGroup", "vmpkgrp"),
    ("VirtualNetwork", "vnet"),
    ("Zone", "zone"),
];

/// Returns the prefix of a type's ids; for an unknown type, its capital letters.
pub(crate) fn id_prefix(kind: &str) -> String {
    match KNOWN.iter().find(|(known, _)| *known == kind) {
        Some((_, prefix)) => (*prefix).to_owned(),
        None => kind
            .chars()
            .filter(char::is_ascii_uppercase)
            .map(|capital| capital.to_ascii_lowercase())
            .collect(),
    }
}

/// Returns a type's name as in fields and error codes: `VirtualMachine` is `virtual_machine`.
pub(crate) fn snake_case(kind: &str) -> String {
    let mut name = String::new();
    for letter in kind.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
