//! Random specifications are unchanged after a round trip through XML or JSON.

use katapult_build_spec::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

/// Text with characters that are special in XML or JSON, but without those that XML does not allow.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        " ",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "<",
        ">",
        "&",
        "&amp;",
        "\"",
        "'",
        "]]>",
        "<!--",
        "\u{85}",
        "\u{2028}",
        "\u{D7FF}",
        "\u{E000}",
        "\u{FFFD}",
        "\u{10000}",
        "\u{7F}",
        "\\",
        "{",
        "ü",
        "é",
    ])
    .prop_map(str::to_owned);
    let plain = "[a-zA-Z0-9_./:@-]{1,12}";
    vec(prop_oneof![2 => plain, 1 => special], 1..5).prop_map(|parts| parts.concat())
}

/// A reference by id or another key.
fn by<R: std::fmt::Debug + 'static>(ways: &[fn(String) -> R]) -> impl Strategy<Value = R> {
    (prop::sample::select(ways.to_vec()), text()).prop_map(|(way, value)| way(value))
}

fn policy() -> impl Strategy<Value = BackupPolicy> {
    let interval = prop::sample::select(vec![
        Interval::Hourly,
        Interval::Daily,
        Interval::Weekly,
        Interval::Monthly,
    ]);
    let schedule = (of(interval), of(any::<u32>()), of(any::<u32>()));
    (of(any::<u32>()), schedule).prop_map(|(retention, (interval, frequency, time))| {
        let mut policy = BackupPolicy::new();
        policy.retention = retention;
        policy.schedule.interval = interval;
        policy.schedule.frequency = frequency;
        policy.schedule.time = time;
        policy
    })
}

fn resources() -> impl Strategy<Value = Resources> {
    let package = by(&[PackageRef::id, PackageRef::permalink]);
    let size = of((1..=u32::MAX, 1..=u32::MAX));
    (of(package), size).prop_map(|(package, size)| {
        let mut resources = Resources::default();
        resources.package = package;
        resources.memory_in_gb = size.map(|(memory, _)| memory);
        resources.cpu_cores = size.map(|(_, cores)| cores);
        resources
    })
}

fn template() -> impl Strategy<Value = TemplateSpec> {
    let named = by(&[DiskTemplateRef::id, DiskTemplateRef::permalink]);
    let value = prop_oneof![text(), Just(String::new())];
    (named, of(any::<u32>()), vec((text(), value), 0..3)).prop_map(|(named, version, options)| {
        let mut template = TemplateSpec::new(named);
        template.version = version;
        for (key, value) in options {
            template = template.option(key, value);
        }
        template
    })
}

fn disk() -> impl Strategy<Value = SystemDisk> {
    let speed = prop::sample::select(vec![DiskSpeed::Ssd, DiskSpeed::Nvme]);
    let profile = by(&[IoProfileRef::id, IoProfileRef::permalink]);
    (
        of(text()),
        of(1..=u32::MAX),
        of(speed),
        of(profile),
        of(text()),
        vec(policy(), 0..3),
    )
        .prop_map(|(name, size, speed, profile, file_system, policies)| {
            let mut disk = SystemDisk::new();
            disk.name = name;
            disk.size_in_gb = size;
            disk.speed = speed;
            disk.io_profile = profile;
            disk.file_system_type = file_system;
            disk.backup_policies = policies;
            disk
        })
}

fn allocation() -> impl Strategy<Value = IpAddressAllocation> {
    let subnet = || by(&[SubnetRef::id, SubnetRef::address]);
    prop_oneof![
        Just(IpAddressAllocation::v4()),
        Just(IpAddressAllocation::v6()),
        subnet().prop_map(IpAddressAllocation::v4_from),
        subnet().prop_map(IpAddressAllocation::v6_from),
        by(&[IpAddressRef::id, IpAddressRef::address]).prop_map(IpAddressAllocation::existing),
    ]
}

fn interface() -> impl Strategy<Value = NetworkInterface> {
    let network = prop_oneof![
        by(&[NetworkRef::id, NetworkRef::permalink]).prop_map(NetworkInterface::network),
        by(&[VirtualNetworkRef::id]).prop_map(NetworkInterface::virtual_network),
        Just(NetworkInterface::default()),
    ];
    let speed = by(&[SpeedProfileRef::id, SpeedProfileRef::permalink]);
    (network, of(speed), vec(allocation(), 0..4)).prop_map(|(mut interface, speed, allocations)| {
        interface.speed_profile = speed;
        interface.ip_address_allocations = allocations;
        interface
    })
}

fn all_or<T: Clone + std::fmt::Debug>(
    one: impl Strategy<Value = T>,
) -> impl Strategy<Value = AllOr<T>> {
    prop_oneof![
        1 => Just(AllOr::All),
        3 => vec(one, 0..3).prop_map(AllOr::Listed),
    ]
}

fn keys() -> impl Strategy<Value = AuthorizedKeys> {
    let user = by(&[UserRef::id, UserRef::email_address]);
    (all_or(user), all_or(text())).prop_map(|(users, ssh_keys)| {
        let mut keys = AuthorizedKeys::new();
        keys.users = users;
        keys.ssh_keys = ssh_keys;
        keys
    })
}

fn spec() -> impl Strategy<Value = BuildSpec> {
    let center = by(&[
        DataCenterRef::id,
        DataCenterRef::permalink,
        DataCenterRef::name,
    ]);
    let hardware = (
        of(by(&[ZoneRef::id, ZoneRef::permalink])),
        of(center),
        resources(),
        of(template()),
        vec(disk(), 0..3),
        vec(by(&[SharedDiskRef::id, SharedDiskRef::name]), 0..3),
        vec(interface(), 0..3),
    );
    let words = (
        of(text()),
        of(text()),
        of(text()),
        of(by(&[GroupRef::id, GroupRef::name])),
        keys(),
        vec(policy(), 0..3),
        vec(text(), 0..3),
        of(by(&[IsoRef::id])),
    );
    (hardware, words).prop_map(|(hardware, words)| {
        let mut spec = BuildSpec::new();
        (spec.zone, spec.data_center, spec.resources) = (hardware.0, hardware.1, hardware.2);
        (spec.disk_template, spec.system_disks) = (hardware.3, hardware.4);
        (spec.shared_disks, spec.network_interfaces) = (hardware.5, hardware.6);
        (spec.hostname, spec.name, spec.description) = (words.0, words.1, words.2);
        (spec.group, spec.authorized_keys) = (words.3, words.4);
        (spec.backup_policies, spec.tags, spec.iso) = (words.5, words.6, words.7);
        spec
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn xml_round_trip_is_identical(spec in spec()) {
        prop_assert_eq!(spec.validate(), Ok(()));
        let xml = spec.to_xml().unwrap();
        prop_assert_eq!(&BuildSpec::from_xml(&xml).unwrap(), &spec);
        let indented = spec.to_xml_pretty().unwrap();
        prop_assert_eq!(&BuildSpec::from_xml(indented).unwrap(), &spec);
        prop_assert_eq!(BuildSpec::from_xml(&xml).unwrap().to_xml().unwrap(), xml);
    }

    #[test]
    fn json_round_trip_is_identical(spec in spec()) {
        prop_assert_eq!(&BuildSpec::from_json(spec.to_json()).unwrap(), &spec);
        prop_assert_eq!(&BuildSpec::from_json(spec.to_json_pretty()).unwrap(), &spec);
    }

    #[test]
    fn corrupted_input_does_not_panic(spec in spec(), index in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for mut bytes in [spec.to_xml().unwrap().into_bytes(), spec.to_json_pretty().into_bytes()] {
            let index = index.index(bytes.len());
            bytes[index] = byte;
            // Input that is still valid can be validated and written.
            for read in [BuildSpec::from_xml(&bytes), BuildSpec::from_json(&bytes)].into_iter().flatten() {
                prop_assert_eq!(read.validate().is_ok(), read.to_xml().is_ok());
            }
            bytes.truncate(index);
            prop_assert!(BuildSpec::from_xml(&bytes).is_err());
            prop_assert!(BuildSpec::from_json(&bytes).is_err());
        }
    }
}
