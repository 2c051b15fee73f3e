//! The messages of errors and warnings, word for word.

use katapult_build_spec::*;

fn in_xml(xml: &str) -> String {
    let xml = format!("<VirtualMachineSpec>\n{xml}</VirtualMachineSpec>");
    BuildSpec::from_xml(xml).unwrap_err().to_string()
}

#[test]
fn invalid_xml_is_reported_with_position_and_element() {
    let table = [
        (
            "<Zonk/>",
            "line 2, column 1: VirtualMachineSpec: unknown element `Zonk`: expected one of Zone, DataCenter, Resources, DiskTemplate, SystemDisks, SharedDisks, NetworkInterfaces, Hostname, Name, Description, Group, AuthorizedKeys, BackupPolicies, Tags, ISO",
        ),
        (
            "<SystemDisks><Disk/>\n <Disk>\n  <Sise>1</Sise></Disk></SystemDisks>",
            "line 4, column 3: SystemDisks/Disk[2]: unknown element `Sise`: expected one of Name, Size, Speed, IOProfile, FileSystemType, BackupPolicies",
        ),
        (
            "<SystemDisks><Disk/>\n <Disk>\n  <Size>10 GB</Size></Disk></SystemDisks>",
            "line 4, column 3: SystemDisks/Disk[2]/Size: `10 GB` is not a whole number from 0 to 4294967295",
        ),
        (
            "<Resources><Memory>-1</Memory></Resources>",
            "line 2, column 12: Resources/Memory: `-1` is not a whole number from 0 to 4294967295",
        ),
        (
            "<Resources><Memory>+1</Memory></Resources>",
            "line 2, column 12: Resources/Memory: `+1` is not a whole number from 0 to 4294967295",
        ),
        (
            "<Resources><Memory>4294967296</Memory></Resources>",
            "line 2, column 12: Resources/Memory: `4294967296` is not a whole number from 0 to 4294967295",
        ),
        (
            "<Resources><Memory></Memory></Resources>",
            "line 2, column 12: Resources/Memory: `` is not a whole number from 0 to 4294967295",
        ),
        (
            "<SystemDisks><Disk><Speed>hdd</Speed></Disk></SystemDisks>",
            "line 2, column 20: SystemDisks/Disk[1]/Speed: `hdd` is not one of ssd, nvme",
        ),
        (
            "<Zone>a</Zone><Zone>b</Zone>",
            "line 2, column 15: Zone: is set twice: remove one of them",
        ),
        (
            "<Zone by=\"name\">a</Zone>",
            "line 2, column 1: Zone: the attribute by is `name`: expected permalink, or no attribute for an id",
        ),
        (
            "<Zone by=\"id\">a</Zone>",
            "line 2, column 1: Zone: the attribute by is `id`: expected permalink, or no attribute for an id",
        ),
        (
            "<DataCenter by=\"x\">a</DataCenter>",
            "line 2, column 1: DataCenter: the attribute by is `x`: expected permalink or name, or no attribute for an id",
        ),
        (
            "<ISO by=\"name\">a</ISO>",
            "line 2, column 1: ISO: unknown attribute `by`",
        ),
        (
            "<Zone key=\"a\">a</Zone>",
            "line 2, column 1: Zone: unknown attribute `key`: expected by",
        ),
        (
            "<Tags>a</Tags>",
            "line 2, column 7: Tags: contains the text `a`: only elements are allowed here",
        ),
        (
            "<Tags><Tag/><Tag><b>x</b></Tag></Tags>",
            "line 2, column 18: Tags/Tag[2]: contains the element `b`: only text is allowed here",
        ),
        (
            "<DiskTemplate/>",
            "line 2, column 1: DiskTemplate: the element DiskTemplate is missing",
        ),
        (
            "<DiskTemplate><Version>1</Version></DiskTemplate>",
            "line 2, column 15: DiskTemplate/Version: the attribute by must be \"number\"",
        ),
        (
            "<DiskTemplate><Option>1</Option></DiskTemplate>",
            "line 2, column 15: DiskTemplate/Option[1]: the attribute key is missing",
        ),
        (
            "<Hostname><Hostname type=\"random\">a</Hostname></Hostname>",
            "line 2, column 11: Hostname/Hostname: has type=\"random\" and the text `a`: remove one of them",
        ),
        (
            "<Hostname><Hostname type=\"any\"></Hostname></Hostname>",
            "line 2, column 11: Hostname/Hostname: the attribute type is `any`: expected random",
        ),
        (
            "<AuthorizedKeys><Users all=\"no\"/></AuthorizedKeys>",
            "line 2, column 17: AuthorizedKeys/Users: the attribute all is `no`: expected yes, or no attribute",
        ),
        (
            "<BackupPolicies><BackupPolicy><Schedule><Interval>yearly</Interval></Schedule></BackupPolicy></BackupPolicies>",
            "line 2, column 41: BackupPolicies/BackupPolicy[1]/Schedule/Interval: `yearly` is not one of hourly, daily, weekly, monthly",
        ),
    ];
    for (xml, message) in table {
        assert_eq!(in_xml(xml), message, "{xml}");
    }
    let allocation = "NetworkInterfaces/NetworkInterface[1]/IPAddressAllocation[1]";
    let table = [
        (
            "",
            "line 2, column 38: PATH: the attribute type is missing: expected new or existing",
        ),
        (
            " type=\"old\"",
            "line 2, column 38: PATH: the attribute type is `old`: expected new or existing",
        ),
        (
            " type=\"new\"",
            "line 2, column 38: PATH: the element Version is missing",
        ),
        (
            " type=\"existing\"",
            "line 2, column 38: PATH: the element IPAddress is missing",
        ),
    ];
    for (attribute, message) in table {
        let xml = format!(
            "<NetworkInterfaces><NetworkInterface><IPAddressAllocation{attribute}/></NetworkInterface></NetworkInterfaces>"
        );
        assert_eq!(in_xml(&xml), message.replace("PATH", allocation));
    }
}

#[test]
fn invalid_json_is_reported_with_position_and_field() {
    let table = [
        (
            r#"{"zonk":1}"#,
            "line 1, column 7: zonk: unknown field `zonk`, expected one of `zone`, `data_center`, `resources`, `disk_template`, `system_disks`, `shared_disks`, `network_interfaces`, `hostname`, `name`, `description`, `group`, `authorized_keys`, `backup_policies`, `tags`, `iso`",
        ),
        (
            "{\"system_disks\":[{},\n{\"size\":\"1\"}]}",
            "line 2, column 11: system_disks[1].size: invalid type: string \"1\", expected u32",
        ),
        (
            r#"{"resources":{"memory":-1}}"#,
            "line 1, column 25: resources.memory: invalid value: integer `-1`, expected u32",
        ),
        (
            r#"{"zone":"a"}"#,
            r#"line 1, column 11: zone: invalid type: string "a", expected {"id": …} or {"permalink": …}"#,
        ),
        (
            r#"{"zone":{"name":"a"}}"#,
            "line 1, column 15: zone: unknown field `name`, expected `id` or `permalink`",
        ),
        (
            r#"{"zone":{}}"#,
            "line 1, column 10: zone: the reference is empty: set id or permalink",
        ),
        (
            r#"{"data_center":{"name":"a","permalink":"b"}}"#,
            "line 1, column 43: data_center: name and permalink are both set: remove one of them",
        ),
        (
            r#"{"name":"a","name":"b"}"#,
            "line 1, column 18: duplicate field `name`",
        ),
        (
            r#"{"resources":[]}"#,
            "line 1, column 13: resources: invalid type: sequence, expected an object",
        ),
        (
            r#"{"network_interfaces":[{"ip_address_allocations":[{"type":"new","version":5}]}]}"#,
            "line 1, column 76: network_interfaces[0].ip_address_allocations[0]: unknown IP version 5: expected 4 or 6",
        ),
        (
            "{\"name\":\n",
            "line 2, column 1: name: EOF while parsing a value",
        ),
    ];
    for (json, message) in table {
        let error = BuildSpec::from_json(json).unwrap_err();
        assert_eq!(error.to_string(), message, "{json}");
    }
}

#[test]
fn id_takes_precedence_over_other_keys() {
    let json = r#"{"zone":{"permalink":"b","id":"a"},"data_center":{"id":"a","name":"b","permalink":"c"},"group":{"id":"","name":"b"},
        "disk_template":{"permalink":"b","id":"a"},"iso":{"id":"a"}}"#;
    let spec = BuildSpec::new()
        .zone("a")
        .data_center("a")
        .group(GroupRef::name("b"));
    assert_eq!(
        BuildSpec::from_json(json).unwrap(),
        spec.disk_template("a").iso("a")
    );
}

#[test]
fn all_takes_precedence_over_a_list() {
    let xml = r#"<VirtualMachineSpec><AuthorizedKeys><Users all="yes"><User>a</User></Users></AuthorizedKeys></VirtualMachineSpec>"#;
    let json = r#"{"authorized_keys":{"all_users":true,"users":[{"id":"a"}]}}"#;
    let spec = BuildSpec::new().authorized_keys(AuthorizedKeys::new().user("a").all_users());
    assert_eq!(BuildSpec::from_xml(xml).unwrap(), spec);
    assert_eq!(BuildSpec::from_json(json).unwrap(), spec);
}

#[test]
fn validate_returns_all_problems_at_once() {
    let mut both = NetworkInterface::network("");
    both.virtual_network = Some("v".into());
    let address = IpAddressAllocation::existing("");
    let spec = BuildSpec::new()
        .zone("")
        .memory_in_gb(4)
        .disk_template(TemplateSpec::permalink("").option("", "\u{0}"))
        .system_disk(SystemDisk::new().size_in_gb(1))
        .system_disk(SystemDisk::new().size_in_gb(0).name("\u{FFFE}"))
        .shared_disk(SharedDiskRef::name(""))
        .network_interface(both)
        .network_interface(
            NetworkInterface::virtual_network("v")
                .ip_address_allocation(IpAddressAllocation::v4_from(""))
                .ip_address_allocation(address),
        )
        .name("\u{1B}[31m")
        .authorized_keys(AuthorizedKeys::new().user("").ssh_key(""))
        .tags(["a", ""]);
    let error = spec.validate().unwrap_err();
    let found: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
    let expected = [
        "Zone: the id is empty: set it, or remove the element",
        "Resources/Memory: 4 GB without CPUCores: set both, or a Package",
        "DiskTemplate/DiskTemplate: the permalink is empty: set it, or remove the element",
        "DiskTemplate/Option[1]: the key is empty: set the key of an option",
        "DiskTemplate/Option[1]: contains U+0000, which XML does not allow: remove it",
        "SystemDisks/Disk[2]/Name: contains U+FFFE, which XML does not allow: remove it",
        "SystemDisks/Disk[2]/Size: 0 GB: must be at least 1",
        "SharedDisks/Disk[1]: the name is empty: set it, or remove the element",
        "NetworkInterfaces/NetworkInterface[1]/Network: the id is empty: set it, or remove the element",
        "NetworkInterfaces/NetworkInterface[1]: has a Network and a VirtualNetwork: remove one of them",
        "NetworkInterfaces/NetworkInterface[2]/IPAddressAllocation[1]/Subnet: the id is empty: set it, or remove the element",
        "NetworkInterfaces/NetworkInterface[2]/IPAddressAllocation[2]/IPAddress: the id is empty: set it, or remove the element",
        "Name: contains U+001B, which XML does not allow: remove it",
        "AuthorizedKeys/Users/User[1]: the id is empty: set it, or remove the element",
        "AuthorizedKeys/SSHKeys/SSHKey[1]: is empty: set a text, or remove the element",
        "Tags/Tag[2]: is empty: set a text, or remove the element",
    ];
    assert_eq!(found, expected);
    assert_eq!(error.to_string(), expected.join("; "));
    assert_eq!(spec.to_xml().unwrap_err(), error);
    let cores = BuildSpec::new()
        .memory_in_gb(0)
        .cpu_cores(0)
        .validate()
        .unwrap_err();
    assert_eq!(
        cores.to_string(),
        "Resources/Memory: 0 GB: must be at least 1; Resources/CPUCores: 0: must be at least 1"
    );
    let cores = BuildSpec::new().cpu_cores(2).validate().unwrap_err();
    assert_eq!(
        cores.to_string(),
        "Resources/CPUCores: 2 without Memory: set both, or a Package"
    );
    assert_eq!(cores.problems()[0].path(), "Resources/CPUCores");
}

#[test]
fn empty_elements_are_warnings() {
    let spec = BuildSpec::new()
        .system_disk(SystemDisk::new().backup_policy(BackupPolicy::new()))
        .network_interface(NetworkInterface::default());
    let warnings: Vec<_> = spec.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "SystemDisks/Disk[1]/BackupPolicies/BackupPolicy[1]: is empty: set a Retention or a Schedule",
            "NetworkInterfaces/NetworkInterface[1]: has neither a Network nor a VirtualNetwork",
        ]
    );
}
