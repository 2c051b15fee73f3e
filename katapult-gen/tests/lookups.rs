//! Lookups from text and to text, from the environment, and from objects of a response.

use std::env;
use std::process::Command;

use katapult_gen::types::{
    CountryLookup, DataCenterLookup, DiskLookup, DnsZoneLookup, IpAddressLookup,
    LoadBalancerLookup, ObjectStorageBucketLookup, OrganizationLookup, TaskLookup,
    TrashObjectLookup, VirtualMachine, VirtualMachineGroup, VirtualMachineGroupLookup,
    VirtualMachineLookup, VirtualMachinePackageLookup, ZoneLookup,
};

/// An id without its prefix.
const ID: &str = "abcdEFGH01234567";

#[test]
fn text_with_the_prefix_of_the_kind_is_an_id() {
    assert_eq!("vm_1".parse(), Ok(VirtualMachineLookup::id("vm_1")));
    assert_eq!("dc_1".parse(), Ok(DataCenterLookup::id("dc_1")));
    assert_eq!("loc_1".parse(), Ok(DataCenterLookup::id("loc_1")));
    assert_eq!("org_1".parse(), Ok(OrganizationLookup::id("org_1")));
}

#[test]
fn other_text_is_the_natural_key() {
    assert_eq!(
        "web-1.acme.example".parse(),
        Ok(VirtualMachineLookup::fqdn("web-1.acme.example"))
    );
    assert_eq!("acme".parse(), Ok(OrganizationLookup::sub_domain("acme")));
    assert_eq!(
        "uk-lon-01".parse(),
        Ok(DataCenterLookup::permalink("uk-lon-01"))
    );
    assert_eq!(
        "rock-3".parse(),
        Ok(VirtualMachinePackageLookup::permalink("rock-3"))
    );
    assert_eq!(
        "acme.example".parse(),
        Ok(DnsZoneLookup::name("acme.example"))
    );
    assert_eq!(
        "192.0.2.1".parse(),
        Ok(IpAddressLookup::address("192.0.2.1"))
    );
    assert_eq!("GB".parse(), Ok(CountryLookup::iso_code2("GB")));
    assert_eq!("GBR".parse(), Ok(CountryLookup::iso_code3("GBR")));
    // A name that begins like an id is a name, as it has not the form of one.
    let bucket = "disk_images";
    assert_eq!(bucket.parse(), Ok(ObjectStorageBucketLookup::name(bucket)));
}

#[test]
fn id_with_an_unknown_prefix_is_an_id() {
    let id = format!("datacentre_{ID}");
    assert_eq!(id.parse(), Ok(DataCenterLookup::id(&id)));
    // Without another key, any text is the id.
    assert_eq!("custom".parse(), Ok(TaskLookup::id("custom")));
}

#[test]
fn id_of_another_kind_is_an_error() {
    let task = format!("task_{ID}");
    let error = task.parse::<VirtualMachineLookup>().unwrap_err();
    let expected = format!("{task} is the id of a task, not of a virtual machine");
    assert_eq!(error.to_string(), expected);
    assert!(task.parse::<DiskLookup>().is_err());
    // A trash object is named by the id of what it was, too.
    let machine = format!("vm_{ID}");
    assert_eq!(machine.parse(), Ok(TrashObjectLookup::object_id(&machine)));
}

#[test]
fn key_can_be_named() {
    assert_eq!("fqdn=vm_1".parse(), Ok(VirtualMachineLookup::fqdn("vm_1")));
    assert_eq!(
        "api_reference=web".parse(),
        Ok(LoadBalancerLookup::api_reference("web"))
    );
    // Not a key.
    assert_eq!("a=b".parse(), Ok(ZoneLookup::permalink("a=b")));
}

#[test]
fn empty_text_is_an_error() {
    for text in ["", "id=", "fqdn="] {
        let error = text.parse::<VirtualMachineLookup>().unwrap_err();
        assert_eq!(error.to_string(), "the name of a virtual machine is empty");
    }
}

#[test]
fn text_of_a_lookup_is_read_as_the_same_lookup() {
    let lookups = [
        (
            VirtualMachineLookup::fqdn("web-1.acme.example"),
            "web-1.acme.example",
        ),
        (VirtualMachineLookup::fqdn("vm_1"), "fqdn=vm_1"),
        (VirtualMachineLookup::fqdn("id=vm_1"), "fqdn=id=vm_1"),
        (VirtualMachineLookup::id("vm_1"), "vm_1"),
        (VirtualMachineLookup::id("custom"), "id=custom"),
    ];
    for (lookup, text) in lookups {
        assert_eq!(lookup.to_string(), text);
        assert_eq!(text.parse(), Ok(lookup));
    }
    assert_eq!(CountryLookup::iso_code3("GB").to_string(), "iso_code3=GB");
}

/// Marks the process that [`variable_is_read_as_text`] starts.
const CHILD: &str = "LOOKUPS_TEST_CHILD";

#[test]
fn child_prints_the_variable() {
    if env::var_os(CHILD).is_some() {
        match OrganizationLookup::from_env() {
            Ok(lookup) => println!("read: {lookup:?}"),
            Err(error) => println!("failed: {error}"),
        }
    }
}

#[test]
fn variable_is_read_as_text() {
    let unset = "failed: KATAPULT_ORGANIZATION is not set: set it to the id or the sub_domain of an organization";
    let other_kind = format!("vm_{ID}");
    let wrong = format!(
        "failed: KATAPULT_ORGANIZATION: {other_kind} is the id of a virtual machine, not of an organization"
    );
    let cases = [
        (None, unset),
        (Some(""), unset),
        (Some("acme"), "read: SubDomain(\"acme\")"),
        (Some("org_1"), "read: Id(\"org_1\")"),
        (Some(&*other_kind), &*wrong),
    ];
    for (value, expected) in cases {
        // A process of its own, because the environment of this one is shared by all tests.
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--exact", "child_prints_the_variable", "--nocapture"]);
        child.env(CHILD, "1").env_remove("KATAPULT_ORGANIZATION");
        child.envs(value.map(|value| ("KATAPULT_ORGANIZATION", value)));
        let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
        assert!(output.contains(expected), "{value:?}: {output}");
    }
}

#[test]
fn object_without_an_id_is_no_lookup() {
    let machine: VirtualMachine =
        serde_json::from_str(r#"{"id":"vm_1","group":{"name":"web"}}"#).unwrap();
    assert_eq!(
        VirtualMachineLookup::try_from(&machine),
        Ok(VirtualMachineLookup::id("vm_1"))
    );
    let nameless: VirtualMachineGroup = serde_json::from_str(r#"{"name":"web"}"#).unwrap();
    let error = VirtualMachineGroupLookup::try_from(&nameless).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the response has no id of a virtual machine group: name it by another key"
    );
}
