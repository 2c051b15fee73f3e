//! Malicious or malformed input is an error that states the position.

use std::time::Instant;

use katapult_build_spec::{BuildSpec, MAX_BYTES};

fn xml_error(xml: impl AsRef<[u8]>) -> String {
    BuildSpec::from_xml(xml).unwrap_err().to_string()
}

fn json_error(json: impl AsRef<[u8]>) -> String {
    BuildSpec::from_json(json).unwrap_err().to_string()
}

/// Returns the root element around some XML.
fn within(xml: &str) -> String {
    format!("<VirtualMachineSpec>{xml}</VirtualMachineSpec>")
}

#[test]
fn malformed_document_is_an_error() {
    let bombs = r#"<!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><VirtualMachineSpec/>"#;
    let table: &[(&str, &str)] = &[
        (
            "",
            "line 1, column 1: has no element: the root element must be VirtualMachineSpec",
        ),
        (
            " \n ",
            "line 2, column 2: has no element: the root element must be VirtualMachineSpec",
        ),
        (
            "{}",
            "line 1, column 1: starts with the text `{}`: it must start with <VirtualMachineSpec>",
        ),
        (
            "<html/>",
            "line 1, column 1: the root element is `html`: it must be VirtualMachineSpec",
        ),
        (
            "<x:VirtualMachineSpec/>",
            "line 1, column 1: the root element is `x:VirtualMachineSpec`: it must be VirtualMachineSpec",
        ),
        (
            "<VirtualMachineSpec xmlns=\"a\"/>",
            "line 1, column 1: VirtualMachineSpec: unknown attribute `xmlns`",
        ),
        (
            "<VirtualMachineSpec>",
            "line 1, column 21: VirtualMachineSpec: the file ends within this element",
        ),
        (
            "<VirtualMachineSpec/>\n<Zone/>",
            "line 2, column 1: has content after </VirtualMachineSpec>: remove it",
        ),
        (
            "<VirtualMachineSpec/>x",
            "line 1, column 22: has content after </VirtualMachineSpec>: remove it",
        ),
        (
            bombs,
            "line 1, column 1: has a DOCTYPE, which is not allowed: remove it",
        ),
        (
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
            "line 1, column 1: has a DOCTYPE, which is not allowed: remove it",
        ),
        (
            "<?php echo ?><VirtualMachineSpec/>",
            "line 1, column 1: has a processing instruction, which is not allowed: remove it",
        ),
        (
            " <?xml version=\"1.0\"?><VirtualMachineSpec/>",
            "line 1, column 2: the XML declaration must come first",
        ),
        (
            "<?xml version=\"1.0\" encoding=\"latin1\"?><VirtualMachineSpec/>",
            "line 1, column 1: declares the encoding `latin1`: only UTF-8 is supported",
        ),
        (
            "<VirtualMachineSpec>\u{1}</VirtualMachineSpec>",
            "line 1, column 21: contains U+0001, which XML does not allow: remove it",
        ),
    ];
    for (xml, message) in table {
        assert_eq!(xml_error(xml), *message, "{xml}");
    }
}

#[test]
fn forbidden_markup_is_an_error() {
    let table = [
        (
            "<Name>&x;</Name>",
            "line 1, column 27: Name: unknown entity `&x;`: only &lt; &gt; &amp; &apos; &quot; are allowed",
        ),
        (
            "<Name>&#0;</Name>",
            "line 1, column 27: Name: `&#0;` is not a character that XML allows: remove it",
        ),
        (
            "<Name>&#x1F;</Name>",
            "line 1, column 27: Name: `&#x1F;` is not a character that XML allows: remove it",
        ),
        (
            "<Name>&#xD800;</Name>",
            "line 1, column 27: Name: `&#xD800;` is not a character that XML allows: remove it",
        ),
        (
            "<Zone by=\"&x;\">a</Zone>",
            "line 1, column 21: Zone: invalid XML: at 1..2: unrecognized entity `x`",
        ),
        (
            "<Zone by=\"&#2;\">a</Zone>",
            "line 1, column 21: Zone: the attribute by contains U+0002, which XML does not allow: remove it",
        ),
        (
            "<Zone by=permalink>a</Zone>",
            "line 1, column 21: Zone: invalid XML: ",
        ),
        (
            "<Zone by=\"permalink\" by=\"permalink\">a</Zone>",
            "line 1, column 21: Zone: the attribute by is set twice",
        ),
        (
            "<Name>a & b</Name>",
            "line 1, column 29: Name: invalid XML: ",
        ),
        (
            "<Name>a</Nome>",
            "line 1, column 28: Name: invalid XML: ill-formed document: expected `</Name>`, but `</Nome>` was found",
        ),
        (
            "<Name>a",
            "line 1, column 28: Name: invalid XML: ill-formed document: expected `</Name>`, but `</VirtualMachineSpec>` was found",
        ),
        ("<Name", "line 1, column 21: "),
        (
            "<!-- ",
            "line 1, column 21: VirtualMachineSpec: invalid XML: syntax error: comment not closed: `-->` not found before end of input",
        ),
        (
            "<![CDATA[ ",
            "line 1, column 21: VirtualMachineSpec: invalid XML: syntax error: CDATA not closed: `]]>` not found before end of input",
        ),
    ];
    for (xml, message) in table {
        let error = xml_error(within(xml));
        assert!(error.starts_with(message), "{xml}\n{error}\n{message}");
    }
}

#[test]
fn input_above_the_limit_is_an_error() {
    let longest = format!(
        "<VirtualMachineSpec>{}</VirtualMachineSpec>",
        " ".repeat(MAX_BYTES - 41)
    );
    assert_eq!(longest.len(), MAX_BYTES);
    assert_eq!(BuildSpec::from_xml(&longest).unwrap(), BuildSpec::new());
    assert_eq!(
        xml_error(longest + " "),
        "is longer than the limit of 1048576 bytes"
    );
    assert_eq!(
        json_error(vec![b' '; MAX_BYTES + 1]),
        "is longer than the limit of 1048576 bytes"
    );
}

#[test]
fn input_that_is_not_utf_8_is_an_error() {
    let xml = b"<VirtualMachineSpec>\n<Name>\xC3\xA9\xFF</Name></VirtualMachineSpec>";
    assert_eq!(xml_error(xml), "line 2, column 8: is not UTF-8");
    assert_eq!(
        json_error(b"{\"name\":\"\xFF\"}"),
        "line 1, column 10: is not UTF-8"
    );
    let wide: Vec<u8> = "<VirtualMachineSpec/>"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let error = xml_error([b"\xFE\xFF", &*wide].concat());
    assert_eq!(error, "line 1, column 1: is not UTF-8");
    let marked = BuildSpec::from_xml("\u{FEFF}<VirtualMachineSpec/>");
    assert_eq!(marked.unwrap(), BuildSpec::new());
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = within(&"<Resources>".repeat(90_000));
    assert_eq!(
        xml_error(deep),
        "line 1, column 32: Resources: unknown element `Resources`: expected one of Package, Memory, CPUCores"
    );
    let deep = within(&format!("<Name>{}", "<Name>".repeat(100_000)));
    assert_eq!(
        xml_error(deep),
        "line 1, column 27: Name: contains the element `Name`: only text is allowed here"
    );
    assert_eq!(
        json_error("[".repeat(MAX_BYTES)),
        "line 1, column 1: invalid type: sequence, expected an object"
    );
    let deep = format!(
        r#"{{"network_interfaces":[{{"ip_address_allocations":[{{"type":"new","x":{}"#,
        "[".repeat(500_000)
    );
    let error = json_error(deep);
    assert!(error.ends_with("recursion limit exceeded"), "{error}");
    assert!(error.len() < 250, "{error}");
}

/// Inputs of the maximum length that would take minutes if the effort were quadratic.
#[test]
fn input_of_maximum_length_is_read_in_time() {
    let fill = |part: &str| part.repeat((MAX_BYTES - 200) / part.len());
    let wrong: [(&str, String); 6] = [
        (
            "attributes",
            within(&format!(
                "<Zone {}/>",
                (0..90_000).map(|n| format!("a{n}='' ")).collect::<String>()
            )),
        ),
        (
            "the same attribute",
            within(&format!("<Zone {}/>", fill("by='id' "))),
        ),
        ("unclosed comments", within(&fill("<!--"))),
        ("a long name", within(&format!("<{}/>", fill("a")))),
        (
            "a long attribute",
            within(&format!("<Zone {}='1'/>", fill("a"))),
        ),
        ("lines", format!("{}x", fill("\n"))),
    ];
    for (what, xml) in wrong {
        let start = Instant::now();
        let error = xml_error(&xml);
        assert!(error.chars().count() < 400, "{what}: {error}");
        assert!(
            start.elapsed().as_secs() < 30,
            "{what}: {:?}",
            start.elapsed()
        );
    }
    let right: [(&str, String); 5] = [
        (
            "references",
            within(&format!("<Name>{}</Name>", fill("&amp;"))),
        ),
        (
            "numbered characters",
            within(&format!("<Name>{}</Name>", fill("&#65;"))),
        ),
        (
            "comments",
            within(&format!("<Name>{}</Name>", fill("a<!---->"))),
        ),
        (
            "tags",
            within(&format!("<Tags>{}</Tags>", fill("<Tag>a</Tag>"))),
        ),
        (
            "disks",
            within(&format!("<SystemDisks>{}</SystemDisks>", fill("<Disk/>"))),
        ),
    ];
    for (what, xml) in right {
        let start = Instant::now();
        let spec = BuildSpec::from_xml(&xml).unwrap();
        assert_ne!(spec, BuildSpec::new(), "{what}");
        assert!(spec.to_xml().is_ok(), "{what}");
        assert!(
            start.elapsed().as_secs() < 30,
            "{what}: {:?}",
            start.elapsed()
        );
    }
}

#[test]
fn white_space_is_kept_in_text_only() {
    let spec = |xml: &str| BuildSpec::from_xml(within(xml)).unwrap();
    assert_eq!(
        spec("<Name> a\r\nb&#13;<![CDATA[<c> ]]><!-- -->d</Name>")
            .name
            .unwrap(),
        " a\nb\r<c> d"
    );
    assert_eq!(
        spec("<Resources>\n<Memory> 4\n</Memory></Resources>")
            .resources
            .memory_in_gb,
        Some(4)
    );
    let options = spec(
        "<DiskTemplate><DiskTemplate>t</DiskTemplate><Option key=\"a\nb&#10;c\">d</Option></DiskTemplate>",
    );
    assert_eq!(options.disk_template.unwrap().options[0].key, "a b\nc");
}
