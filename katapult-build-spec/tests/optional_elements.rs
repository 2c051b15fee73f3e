//! Each optional element on its own: its XML and JSON form, and that both are read back.

use katapult_build_spec::*;

const RANDOM: &str = r#"<Hostname><Hostname type="random"></Hostname></Hostname>"#;

#[test]
fn empty_specification_has_a_random_hostname_only() {
    let xml = format!("<VirtualMachineSpec>{RANDOM}</VirtualMachineSpec>");
    assert_eq!(BuildSpec::new().to_xml().unwrap(), xml);
    assert_eq!(BuildSpec::from_xml(xml).unwrap(), BuildSpec::new());
    assert_eq!(BuildSpec::new().to_json(), "{}");
    assert_eq!(BuildSpec::from_json("{}").unwrap(), BuildSpec::new());
    assert_eq!(
        BuildSpec::new().to_xml_pretty().unwrap(),
        "<VirtualMachineSpec>\n  <Hostname>\n    <Hostname type=\"random\"></Hostname>\n  </Hostname>\n</VirtualMachineSpec>"
    );
}

#[test]
fn empty_element_is_omitted() {
    let mut keys = AuthorizedKeys::new();
    keys.users = AllOr::Listed(Vec::new());
    let spec = BuildSpec::new().hostname("").name("").description("");
    let spec = spec.authorized_keys(keys).tags([""; 0]);
    assert_eq!(spec, BuildSpec::new());
    let mut spec = BuildSpec::new();
    spec.hostname = Some(String::new());
    spec.name = Some(String::new());
    assert_eq!(spec.to_xml(), BuildSpec::new().to_xml());
    assert_eq!(spec.to_json(), "{}");

    let xml = "<VirtualMachineSpec><Resources/><SystemDisks/><SharedDisks></SharedDisks><NetworkInterfaces/><Hostname/>\
         <Name></Name><Description/><AuthorizedKeys><Users/><SSHKeys/></AuthorizedKeys><BackupPolicies/><Tags/>\
         </VirtualMachineSpec>";
    assert_eq!(BuildSpec::from_xml(xml).unwrap(), BuildSpec::new());
    let json = r#"{"zone":null,"data_center":null,"resources":null,"disk_template":null,"system_disks":[],"shared_disks":null,
        "network_interfaces":null,"hostname":"","name":null,"description":"","group":null,
        "authorized_keys":{"all_users":false,"all_ssh_keys":null,"users":[],"ssh_keys":null},"backup_policies":null,"tags":[],"iso":null}"#;
    assert_eq!(BuildSpec::from_json(json).unwrap(), BuildSpec::new());
}

/// Asserts the elements before the host name, those after it, and the JSON form.
fn assert_forms(spec: BuildSpec, before: &str, after: &str, json: &str) {
    assert_eq!(spec.validate(), Ok(()));
    let xml = format!("<VirtualMachineSpec>{before}{RANDOM}{after}</VirtualMachineSpec>");
    assert_eq!(spec.to_xml().unwrap(), xml);
    assert_eq!(BuildSpec::from_xml(&xml).unwrap(), spec);
    let indented = spec.to_xml_pretty().unwrap();
    assert_eq!(BuildSpec::from_xml(indented).unwrap(), spec);
    assert_eq!(spec.to_json(), json);
    assert_eq!(BuildSpec::from_json(json).unwrap(), spec);
}

fn new() -> BuildSpec {
    BuildSpec::new()
}

#[test]
fn reference_has_its_key_in_both_forms() {
    assert_forms(
        new().zone("z1"),
        "<Zone>z1</Zone>",
        "",
        r#"{"zone":{"id":"z1"}}"#,
    );
    assert_forms(
        new().zone(ZoneRef::permalink("north")),
        r#"<Zone by="permalink">north</Zone>"#,
        "",
        r#"{"zone":{"permalink":"north"}}"#,
    );
    assert_forms(
        new().data_center("d1"),
        "<DataCenter>d1</DataCenter>",
        "",
        r#"{"data_center":{"id":"d1"}}"#,
    );
    assert_forms(
        new().data_center(DataCenterRef::permalink("harbour")),
        r#"<DataCenter by="permalink">harbour</DataCenter>"#,
        "",
        r#"{"data_center":{"permalink":"harbour"}}"#,
    );
    assert_forms(
        new().data_center(DataCenterRef::name("Harbour")),
        r#"<DataCenter by="name">Harbour</DataCenter>"#,
        "",
        r#"{"data_center":{"name":"Harbour"}}"#,
    );
    assert_forms(
        new().group("g1"),
        "",
        "<Group>g1</Group>",
        r#"{"group":{"id":"g1"}}"#,
    );
    assert_forms(
        new().group(GroupRef::name("watchers")),
        "",
        r#"<Group by="name">watchers</Group>"#,
        r#"{"group":{"name":"watchers"}}"#,
    );
    assert_forms(new().iso("i1"), "", "<ISO>i1</ISO>", r#"{"iso":"i1"}"#);
}

#[test]
fn resources_are_in_both_forms() {
    assert_forms(
        new().package("p1"),
        "<Resources><Package>p1</Package></Resources>",
        "",
        r#"{"resources":{"package":{"id":"p1"}}}"#,
    );
    assert_forms(
        new().package(PackageRef::permalink("granite-4")),
        r#"<Resources><Package by="permalink">granite-4</Package></Resources>"#,
        "",
        r#"{"resources":{"package":{"permalink":"granite-4"}}}"#,
    );
    assert_forms(
        new().memory_in_gb(8).cpu_cores(3),
        "<Resources><Memory>8</Memory><CPUCores>3</CPUCores></Resources>",
        "",
        r#"{"resources":{"memory":8,"cpu_cores":3}}"#,
    );
}

#[test]
fn disk_template_is_in_both_forms() {
    let assert_forms = |spec, xml: &str, json: &str| {
        let xml = format!("<DiskTemplate>{xml}</DiskTemplate>");
        assert_forms(
            new().disk_template(spec),
            &xml,
            "",
            &format!(r#"{{"disk_template":{json}}}"#),
        );
    };
    let named = "<DiskTemplate>t1</DiskTemplate>";
    assert_forms(TemplateSpec::id("t1"), named, r#"{"id":"t1"}"#);
    assert_forms(
        TemplateSpec::from("t1").version(2),
        &format!(r#"{named}<Version by="number">2</Version>"#),
        r#"{"id":"t1","version":2}"#,
    );
    assert_forms(
        TemplateSpec::permalink("plain").option("a", "b"),
        r#"<DiskTemplate by="permalink">plain</DiskTemplate><Option key="a">b</Option>"#,
        r#"{"permalink":"plain","options":[{"key":"a","value":"b"}]}"#,
    );
}

#[test]
fn system_disk_is_in_both_forms() {
    let assert_forms = |disk, xml: &str, json: &str| {
        let xml = format!("<SystemDisks><Disk>{xml}</Disk></SystemDisks>");
        assert_forms(
            new().system_disk(disk),
            &xml,
            "",
            &format!(r#"{{"system_disks":[{json}]}}"#),
        );
    };
    assert_forms(SystemDisk::new(), "", "{}");
    assert_forms(
        SystemDisk::new().name("Root"),
        "<Name>Root</Name>",
        r#"{"name":"Root"}"#,
    );
    assert_forms(
        SystemDisk::new().size_in_gb(1),
        "<Size>1</Size>",
        r#"{"size":1}"#,
    );
    for (speed, text) in [(DiskSpeed::Ssd, "ssd"), (DiskSpeed::Nvme, "nvme")] {
        let xml = format!("<Speed>{text}</Speed>");
        assert_forms(
            SystemDisk::new().speed(speed),
            &xml,
            &format!(r#"{{"speed":"{text}"}}"#),
        );
    }
    assert_forms(
        SystemDisk::new().io_profile("io1"),
        "<IOProfile>io1</IOProfile>",
        r#"{"io_profile":{"id":"io1"}}"#,
    );
    assert_forms(
        SystemDisk::new().file_system_type("xfs"),
        "<FileSystemType>xfs</FileSystemType>",
        r#"{"file_system_type":"xfs"}"#,
    );
    assert_forms(
        SystemDisk::new().backup_policy(BackupPolicy::new().retention(3)),
        "<BackupPolicies><BackupPolicy><Retention>3</Retention></BackupPolicy></BackupPolicies>",
        r#"{"backup_policies":[{"retention":3}]}"#,
    );
}

#[test]
fn shared_disk_and_tag_are_in_both_forms() {
    assert_forms(
        new().shared_disk("s1"),
        "<SharedDisks><Disk>s1</Disk></SharedDisks>",
        "",
        r#"{"shared_disks":[{"id":"s1"}]}"#,
    );
    assert_forms(
        new().shared_disk(SharedDiskRef::name("ledger")),
        r#"<SharedDisks><Disk by="name">ledger</Disk></SharedDisks>"#,
        "",
        r#"{"shared_disks":[{"name":"ledger"}]}"#,
    );
    assert_forms(
        new().tag("a"),
        "",
        "<Tags><Tag>a</Tag></Tags>",
        r#"{"tags":["a"]}"#,
    );
}

#[test]
fn network_interface_is_in_both_forms() {
    let assert_forms = |interface, xml: &str, json: &str| {
        let wrapper = "NetworkInterfaces><NetworkInterface";
        let xml = format!("<{wrapper}>{xml}</NetworkInterface></NetworkInterfaces>");
        let json = format!(r#"{{"network_interfaces":[{json}]}}"#);
        assert_forms(new().network_interface(interface), &xml, "", &json);
    };
    assert_forms(
        NetworkInterface::network("n1"),
        "<Network>n1</Network>",
        r#"{"network":{"id":"n1"}}"#,
    );
    assert_forms(
        NetworkInterface::virtual_network("v1"),
        "<VirtualNetwork>v1</VirtualNetwork>",
        r#"{"virtual_network":{"id":"v1"}}"#,
    );
    assert_forms(
        NetworkInterface::default().speed_profile("s1"),
        "<SpeedProfile>s1</SpeedProfile>",
        r#"{"speed_profile":{"id":"s1"}}"#,
    );
    let allocations = [
        (
            IpAddressAllocation::v4(),
            "new",
            "<Version>4</Version>",
            r#""version":4"#,
        ),
        (
            IpAddressAllocation::v6(),
            "new",
            "<Version>6</Version>",
            r#""version":6"#,
        ),
        (
            IpAddressAllocation::v4_from("sub1"),
            "new",
            "<Version>4</Version><Subnet>sub1</Subnet>",
            r#""version":4,"subnet":{"id":"sub1"}"#,
        ),
        (
            IpAddressAllocation::v6_from(SubnetRef::address("2001:db8::/64")),
            "new",
            r#"<Version>6</Version><Subnet by="address">2001:db8::/64</Subnet>"#,
            r#""version":6,"subnet":{"address":"2001:db8::/64"}"#,
        ),
        (
            IpAddressAllocation::existing("ip1"),
            "existing",
            "<IPAddress>ip1</IPAddress>",
            r#""ip_address":{"id":"ip1"}"#,
        ),
    ];
    for (allocation, kind, xml, json) in allocations {
        assert_forms(
            NetworkInterface::default().ip_address_allocation(allocation),
            &format!(r#"<IPAddressAllocation type="{kind}">{xml}</IPAddressAllocation>"#),
            &format!(r#"{{"ip_address_allocations":[{{"type":"{kind}",{json}}}]}}"#),
        );
    }
}

#[test]
fn text_is_in_both_forms() {
    assert_forms(new().name("N"), "", "<Name>N</Name>", r#"{"name":"N"}"#);
    assert_forms(
        new().description(" D\n"),
        "",
        "<Description> D\n</Description>",
        r#"{"description":" D\n"}"#,
    );
    let xml =
        "<VirtualMachineSpec><Hostname><Hostname>h</Hostname></Hostname></VirtualMachineSpec>";
    assert_eq!(new().hostname("h").to_xml().unwrap(), xml);
    assert_eq!(BuildSpec::from_xml(xml).unwrap(), new().hostname("h"));
    assert_eq!(new().hostname("h").to_json(), r#"{"hostname":"h"}"#);
}

#[test]
fn authorized_keys_are_in_both_forms() {
    let assert_forms = |keys, xml: &str, json: &str| {
        let xml = format!("<AuthorizedKeys>{xml}</AuthorizedKeys>");
        assert_forms(
            new().authorized_keys(keys),
            "",
            &xml,
            &format!(r#"{{"authorized_keys":{json}}}"#),
        );
    };
    let keys = AuthorizedKeys::new;
    assert_forms(
        keys().all_users(),
        r#"<Users all="yes"></Users>"#,
        r#"{"all_users":true}"#,
    );
    assert_forms(
        keys().user("u1"),
        "<Users><User>u1</User></Users>",
        r#"{"users":[{"id":"u1"}]}"#,
    );
    assert_forms(
        keys().user(UserRef::email_address("k@l.example")),
        r#"<Users><User by="email_address">k@l.example</User></Users>"#,
        r#"{"users":[{"email_address":"k@l.example"}]}"#,
    );
    assert_forms(
        keys().all_ssh_keys(),
        r#"<SSHKeys all="yes"></SSHKeys>"#,
        r#"{"all_ssh_keys":true}"#,
    );
    assert_forms(
        keys().ssh_key("ssh-rsa A"),
        "<SSHKeys><SSHKey>ssh-rsa A</SSHKey></SSHKeys>",
        r#"{"ssh_keys":["ssh-rsa A"]}"#,
    );
}

#[test]
fn backup_policy_is_in_both_forms() {
    let assert_forms = |policy, xml: &str, json: &str| {
        let xml = format!("<BackupPolicies><BackupPolicy>{xml}</BackupPolicy></BackupPolicies>");
        assert_forms(
            new().backup_policy(policy),
            "",
            &xml,
            &format!(r#"{{"backup_policies":[{json}]}}"#),
        );
    };
    let policy = BackupPolicy::new;
    assert_forms(policy(), "", "{}");
    assert_forms(
        policy().retention(3),
        "<Retention>3</Retention>",
        r#"{"retention":3}"#,
    );
    let assert_forms = |schedule, xml: &str, json: &str| {
        let xml = format!("<Schedule>{xml}</Schedule>");
        assert_forms(
            policy().schedule(schedule),
            &xml,
            &format!(r#"{{"schedule":{{{json}}}}}"#),
        );
    };
    for interval in [
        Interval::Hourly,
        Interval::Daily,
        Interval::Weekly,
        Interval::Monthly,
    ] {
        let text = interval.as_str();
        let xml = format!("<Interval>{text}</Interval>");
        assert_forms(
            Schedule::new(interval),
            &xml,
            &format!(r#""interval":"{text}""#),
        );
    }
    assert_forms(
        Schedule::default().frequency(2),
        "<Frequency>2</Frequency>",
        r#""frequency":2"#,
    );
    assert_forms(Schedule::default().time(0), "<Time>0</Time>", r#""time":0"#);
}
