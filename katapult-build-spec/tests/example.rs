//! An example with every element, byte for byte: the one of this crate, and the one that tools share if it exists.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use katapult_build_spec::*;

const XML: &str = include_str!("example.xml");
const JSON: &str = include_str!("example.json");

/// Returns the example, built with every method of every builder.
fn built() -> BuildSpec {
    BuildSpec::new()
        .zone(ZoneRef::permalink("north-2"))
        .data_center(DataCenterRef::name("Northern Harbour"))
        .package(PackageRef::permalink("granite-4"))
        .memory_in_gb(8)
        .cpu_cores(3)
        .disk_template(
            TemplateSpec::permalink("templates/plain-linux")
                .version(7)
                .option("motd", "Fish & chips <today>")
                .option("quiet", ""),
        )
        .system_disk(
            SystemDisk::new()
                .name("Root")
                .size_in_gb(25)
                .speed(DiskSpeed::Nvme)
                .io_profile(IoProfileRef::permalink("brisk"))
                .file_system_type("xfs")
                .backup_policy(
                    BackupPolicy::new()
                        .retention(6)
                        .schedule(Schedule::new(Interval::Hourly).frequency(4).time(0)),
                ),
        )
        .system_disk(SystemDisk::new().size_in_gb(500).speed(DiskSpeed::Ssd))
        .shared_disk(SharedDiskRef::name("ledger"))
        .shared_disk("disk_EXAMPLEexample01")
        .network_interface(
            NetworkInterface::network(NetworkRef::permalink("harbour-public"))
                .speed_profile(SpeedProfileRef::permalink("1gbps"))
                .ip_address_allocation(IpAddressAllocation::v4_from(SubnetRef::address(
                    "192.0.2.0/25",
                )))
                .ip_address_allocation(IpAddressAllocation::v6())
                .ip_address_allocation(IpAddressAllocation::existing(IpAddressRef::address(
                    "198.51.100.7",
                ))),
        )
        .network_interface(NetworkInterface::virtual_network("vnet_EXAMPLEexample02"))
        .hostname("lighthouse")
        .name("Lighthouse")
        .description("Keeps watch, \"day\" and night")
        .group(GroupRef::name("watchers"))
        .authorized_keys(
            AuthorizedKeys::new()
                .all_users()
                .user(UserRef::email_address("in.vain@lighthouse.example"))
                .ssh_key("ssh-ed25519 AAAAEXAMPLE keeper@lighthouse.example"),
        )
        .backup_policy(
            BackupPolicy::new()
                .retention(12)
                .schedule(Schedule::new(Interval::Monthly).frequency(1).time(5)),
        )
        .backup_policy(BackupPolicy::new().schedule(Schedule::new(Interval::Weekly)))
        .tags(["coast"])
        .tag("night shift")
        .iso("iso_EXAMPLEexample03")
}

#[test]
fn example_is_the_same_in_rust_xml_and_json() {
    round_trip(XML.trim_end(), JSON.trim_end());
    assert_eq!(BuildSpec::from_xml(XML).unwrap(), built());
    assert_eq!(built().validate(), Ok(()));
}

#[test]
fn shared_example_is_the_same_in_xml_and_json() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/facts");
    let read = |name| fs::read_to_string(folder.join(name));
    match (
        read("build-spec-example.xml"),
        read("build-spec-example.json"),
    ) {
        (Ok(xml), Ok(json)) => round_trip(&xml, &json),
        _ => {
            let why = "shared example: skipped, there is no folder ../shared/facts";
            writeln!(io::stderr(), "{why}").unwrap(); // not captured, as eprintln! would be
        }
    }
}

fn round_trip(xml: &str, json: &str) {
    let from_xml = BuildSpec::from_xml(xml).unwrap();
    let from_json = BuildSpec::from_json(json).unwrap();
    assert_eq!(from_xml, from_json);
    assert_eq!(from_xml.to_xml_pretty().unwrap(), xml);
    assert_eq!(from_xml.to_json_pretty(), json);

    let lines: String = xml.lines().map(str::trim_start).collect();
    assert_eq!(from_xml.to_xml().unwrap(), lines);
    assert_eq!(BuildSpec::from_xml(&lines).unwrap(), from_xml);
    assert_eq!(BuildSpec::from_json(from_xml.to_json()).unwrap(), from_xml);
}

#[test]
fn yaml_is_read_and_written_through_serde() {
    let yaml = serde_saphyr::to_string(&built()).unwrap();
    assert_eq!(
        serde_saphyr::from_str::<BuildSpec>(&yaml).unwrap(),
        built(),
        "{yaml}"
    );
    let by_hand =
        "zone: {permalink: north-2}\nresources:\n  memory: 8\n  cpu_cores: 3\ntags:\niso: iso_1\n";
    let spec: BuildSpec = serde_saphyr::from_str(by_hand).unwrap();
    let expected = BuildSpec::new().zone(ZoneRef::permalink("north-2"));
    assert_eq!(spec, expected.memory_in_gb(8).cpu_cores(3).iso("iso_1"));
}

#[test]
fn values_given_twice_are_warnings_and_not_errors() {
    let warnings: Vec<_> = built().warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "DataCenter: is set together with Zone: remove one of them unless they agree",
            "Resources/Package: is set together with Memory or CPUCores: set a package, or memory and cores",
        ]
    );
    assert_eq!(BuildSpec::new().warnings(), []);
}
