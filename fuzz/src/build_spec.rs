//! Build specifications in XML and in JSON.

use katapult_build_spec::BuildSpec;

use crate::text;

/// Panics if a valid specification that is read is not the same after it is written and read again.
pub fn check(input: &[u8]) {
    for read in [BuildSpec::from_xml(input), BuildSpec::from_json(input)] {
        match read {
            Ok(spec) => check_round_trip(&spec),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

fn check_round_trip(spec: &BuildSpec) {
    // What is read need not be valid, and what is not valid is not written.
    if let Ok(xml) = spec.to_xml() {
        assert_eq!(BuildSpec::from_xml(&xml).as_ref().ok(), Some(spec), "{xml}");
    }
    if let Ok(xml) = spec.to_xml_pretty() {
        assert_eq!(BuildSpec::from_xml(&xml).as_ref().ok(), Some(spec), "{xml}");
    }
    let json = spec.to_json();
    assert_eq!(
        BuildSpec::from_json(&json).as_ref().ok(),
        Some(spec),
        "{json}"
    );
}

/// Returns the example of the crate's tests in both forms.
pub fn seeds() -> Vec<Vec<u8>> {
    text::bytes(&[
        include_str!("../../katapult-build-spec/tests/example.xml"),
        include_str!("../../katapult-build-spec/tests/example.json"),
        "<VirtualMachineSpec><Hostname type=\"random\"/></VirtualMachineSpec>",
    ])
}
