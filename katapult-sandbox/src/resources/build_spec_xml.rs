//! The XML build specification, read to a build plan.

use roxmltree::{Document, Node};
use serde_json::{Map, Value, json};

use crate::world::World;

/// The deepest nesting of elements. The format needs a few levels.
// The parser calls itself for each, so that a small document could overflow the stack, which ends the process.
const MAX_DEPTH: usize = 32;

/// Reads a specification to a build plan, in which every lookup is replaced by an id.
///
/// # Errors
///
/// A message about the invalid element.
pub(crate) fn read(
    world: &World,
    organization: &str,
    xml: &str,
) -> Result<Map<String, Value>, String> {
    if depth(xml) > MAX_DEPTH {
        return Err(format!(
            "elements are nested more than {MAX_DEPTH} levels deep"
        ));
    }
    let document = Document::parse(xml).map_err(|error| error.to_string())?;
    let root = document.root_element();
    if root.tag_name().name() != "VirtualMachineSpec" {
        return Err(format!(
            "the root is {}, not VirtualMachineSpec",
            root.tag_name().name()
        ));
    }
    let mut reader = Reader {
        world,
        organization,
        plan: Map::new(),
    };
    for element in root.children().filter(Node::is_element) {
        reader.element(element)?;
    }
    Ok(reader.plan)
}

/// Returns the depth to which a parser descends: exactly, up to the first syntax error.
fn depth(xml: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        let markup = &rest[start..];
        let length = match markup {
            _ if markup.starts_with("<!--") => after(markup, "-->"),
            _ if markup.starts_with("<![CDATA[") => after(markup, "]]>"),
            _ if markup.starts_with("<?") => after(markup, "?>"),
            _ if markup.starts_with("</") => {
                depth = depth.saturating_sub(1);
                after(markup, ">")
            }
            _ => {
                let length = tag_length(markup);
                deepest = deepest.max(depth + 1);
                if !markup[..length].ends_with("/>") {
                    depth += 1;
                }
                length
            }
        };
        rest = &markup[length..];
    }
    deepest
}

/// Returns the length up to the end of a part; all of the text, if there is none.
fn after(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// Returns the length of a start tag, in whose quoted values `>` has no meaning.
fn tag_length(tag: &str) -> usize {
    let mut quote = None;
    for (at, letter) in tag.char_indices() {
        match (quote, letter) {
            (None, '>') => return at + 1,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if letter == open => quote = None,
            _ => {}
        }
    }
    tag.len()
}

struct Reader<'a> {
    world: &'a World,
    organization: &'a str,
    plan: Map<String, Value>,
}

impl Reader<'_> {
    fn element(&mut self, element: Node<'_, '_>) -> Result<(), String> {
        match element.tag_name().name() {
            "Zone" => self.set_lookup("zone", element, "Zone"),
            "DataCenter" => self.set_lookup("data_center", element, "DataCenter"),
            "Group" => self.set_lookup("group", element, "VirtualMachineGroup"),
            "ISO" => self.set_lookup("attached_iso", element, "Iso"),
            "Resources" => self.resources(element),
            "DiskTemplate" => match child(element, "DiskTemplate") {
                Some(template) => self.set_lookup("disk_template", template, "DiskTemplate"),
                None => Ok(()),
            },
            "SystemDisks" => self.disks(element),
            "NetworkInterfaces" => self.interfaces(element),
            "Hostname" => {
                let name = child(element, "Hostname")
                    .filter(|name| name.attribute("type") != Some("random"));
                self.set_text("hostname", name)
            }
            "Name" => self.set_text("name", Some(element)),
            "Description" => self.set_text("description", Some(element)),
            "Tags" => {
                let tags =
                    children(element, "Tag").map(|tag| json!(tag.text().unwrap_or_default()));
                self.plan.insert("tag_names".into(), tags.collect());
                Ok(())
            }
            "SharedDisks" | "AuthorizedKeys" | "BackupPolicies" => Ok(()),
            other => Err(format!("{other} is not an element of VirtualMachineSpec")),
        }
    }

    fn set_text(&mut self, name: &str, element: Option<Node<'_, '_>>) -> Result<(), String> {
        if let Some(text) = element.and_then(|element| element.text()) {
            self.plan.insert(name.into(), json!(text.trim()));
        }
        Ok(())
    }

    fn set_lookup(&mut self, name: &str, element: Node<'_, '_>, kind: &str) -> Result<(), String> {
        let id = self.lookup(element, kind)?;
        self.plan.insert(name.into(), json!(id));
        Ok(())
    }

    fn lookup(&self, element: Node<'_, '_>, kind: &str) -> Result<String, String> {
        let field = element.attribute("by").unwrap_or("id");
        let value = element.text().unwrap_or_default().trim();
        let found = self.world.find(kind, field, value);
        found.ok_or_else(|| {
            format!(
                "{} {value} was not found by its {field}",
                element.tag_name().name()
            )
        })
    }

    fn resources(&mut self, element: Node<'_, '_>) -> Result<(), String> {
        if let Some(package) = child(element, "Package") {
            return self.set_lookup("package", package, "VirtualMachinePackage");
        }
        for (tag, field) in [("Memory", "memory_in_gb"), ("CPUCores", "cpu_cores")] {
            let number = child(element, tag).and_then(|element| number(element));
            let number = number.filter(|number| *number > 0).ok_or_else(|| {
                format!("Resources need a Package, or Memory and CPUCores: {tag} is missing")
            })?;
            self.plan.insert(field.into(), json!(number));
        }
        Ok(())
    }

    fn disks(&mut self, element: Node<'_, '_>) -> Result<(), String> {
        let disks = children(element, "Disk").map(|disk| {
            let size = child(disk, "Size").and_then(number).filter(|size| *size > 0).ok_or("a system disk has no Size")?;
            let text = |name| child(disk, name).and_then(|element| element.text());
            let io_profile = child(disk, "IOProfile").map(|element| self.lookup(element, "DiskIoProfile")).transpose()?;
            Ok(json!({"name": text("Name"), "size_in_gb": size, "storage_speed": text("Speed"), "io_profile": io_profile}))
        });
        let disks = disks.collect::<Result<Value, String>>()?;
        self.plan.insert("disks".into(), disks);
        Ok(())
    }

    fn interfaces(&mut self, element: Node<'_, '_>) -> Result<(), String> {
        let interfaces = children(element, "NetworkInterface").map(|interface| {
            let find = |tag, kind| {
                child(interface, tag)
                    .map(|element| self.lookup(element, kind))
                    .transpose()
            };
            let addresses = children(interface, "IPAddressAllocation")
                .map(|allocation| self.allocation(allocation));
            Ok(json!({
                "network": find("Network", "Network")?,
                "virtual_network": find("VirtualNetwork", "VirtualNetwork")?,
                "speed_profile": find("SpeedProfile", "NetworkSpeedProfile")?,
                "addresses": addresses.collect::<Result<Value, String>>()?,
            }))
        });
        let interfaces = interfaces.collect::<Result<Value, String>>()?;
        self.plan.insert("interfaces".into(), interfaces);
        Ok(())
    }

    fn allocation(&self, allocation: Node<'_, '_>) -> Result<Value, String> {
        match child(allocation, "IPAddress") {
            Some(address) => {
                let id = self.lookup(address, "IpAddress")?;
                let found = self
                    .world
                    .get(&id)
                    .filter(|address| address.text("organization") == self.organization);
                let free = found.is_some_and(|address| address.text("allocation").is_empty());
                if free {
                    Ok(json!(id))
                } else {
                    Err(format!("IPAddress {id} is allocated already"))
                }
            }
            None => {
                let version = child(allocation, "Version").and_then(number).unwrap_or(4);
                Ok(json!({"version": format!("ipv{version}")}))
            }
        }
    }
}

fn children<'a, 'b>(
    element: Node<'a, 'b>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'b>> {
    element
        .children()
        .filter(move |child| child.tag_name().name() == name)
}

fn child<'a, 'b>(element: Node<'a, 'b>, name: &'static str) -> Option<Node<'a, 'b>> {
    children(element, name).next()
}

fn number(element: Node<'_, '_>) -> Option<i64> {
    element.text()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_that_of_the_elements() {
        let cases = [
            ("", 0),
            ("text", 0),
            ("<a/>", 1),
            ("<a><b/><b/></a>", 2),
            ("<a><b></b><b><c/></b></a>", 3),
            ("<?xml version=\"1.0\"?><a/>", 1),
            ("<a><!-- <b></a></a> --><b/></a>", 2),
            ("<a><![CDATA[</a></a>]]><b/></a>", 2),
            (r#"<a x="/>"><b/></a>"#, 2),
            (r#"<a x='">'><b y="'/>"/></a>"#, 2),
            ("<a", 1),
            ("<!-- ", 0),
            ("</a></a><a/>", 1),
            ("<é/><", 1),
        ];
        for (xml, expected) in cases {
            assert_eq!(depth(xml), expected, "{xml}");
        }
        assert_eq!(depth(&"<a>".repeat(100_000)), 100_000);
    }
}
