//! What is received is read by katapult-gen's one reader of objects, and not by serde's derive, which costs twice as much
//! to compile: each such struct loses the derive and gets a call of the macro `object`.

use syn::{Attribute, Field, Item, ItemStruct, parse_quote};

use crate::generate::types::{inner, wire_name};

/// More fields than that have no bit for each.
const MOST: usize = 64;

/// Takes the derive from all structs that are only received. Gives the calls, as text, since nothing formats what
/// stands in a macro.
pub(crate) fn objects(file: &mut syn::File) -> String {
    let mut text = String::new();
    for item in &mut file.items {
        if let Item::Struct(item) = item
            && derives(item, "Deserialize")
        {
            let call = call(item);
            if call.is_empty() {
                continue;
            }
            text.push('\n');
            for gate in item.attrs.iter().filter(|attribute| is_gate(attribute)) {
                let file: syn::File = parse_quote!(#gate struct Gated;);
                let written = prettyplease::unparse(&file);
                text.push_str(written.trim_end().trim_end_matches("struct Gated;"));
            }
            text.push_str(&call);
        }
    }
    text
}

fn call(item: &mut ItemStruct) -> String {
    let name = item.ident.to_string();
    let fields: Vec<String> = item
        .fields
        .iter()
        .filter_map(|field| Some(field.ident.as_ref()?.to_string()))
        .collect();
    if derives(item, "Serialize") {
        // What goes both ways may hold what is never read, and is rarely a part of what is.
        let plain = |field: &Field| {
            ["Option", "Patch", "Vec"]
                .iter()
                .any(|name| inner(&field.ty, name).is_some())
        };
        return match item.fields.iter().all(plain) {
            true => wrapped(&format!("empty!({name} ["), &fields, "]);\n"),
            false => String::new(),
        };
    }
    if fields.len() > MOST || item.fields.iter().any(is_read_otherwise) {
        return wrapped(&format!("empty!({name} ["), &fields, "]);\n");
    }
    let required: Vec<String> = item
        .fields
        .iter()
        .enumerate()
        .filter(|(_, field)| inner(&field.ty, "Option").is_none() && !has(field, "default"))
        .map(|(index, _)| index.to_string())
        .collect();
    let entries: Vec<String> = item
        .fields
        .iter()
        .zip(&fields)
        .enumerate()
        .map(|(index, (field, name))| format!("{index} => {name}: {:?}", wire_name(field)))
        .collect();
    item.attrs.retain(|attribute| !is_round_trip(attribute));
    for attribute in &mut item.attrs {
        if attribute.path().is_ident("derive") {
            *attribute = parse_quote!(#[derive(Clone, Debug)]);
        }
    }
    for field in &mut item.fields {
        field
            .attrs
            .retain(|attribute| !attribute.path().is_ident("serde"));
    }
    wrapped(
        &format!("object!({name} ["),
        &entries,
        &format!("] requires [{}]);\n", required.join(", ")),
    )
}

/// Entries between a head and a tail, as many to a line as fit.
fn wrapped(head: &str, entries: &[String], tail: &str) -> String {
    const WIDTH: usize = 110;
    let whole = format!("{head}{}{tail}", entries.join(", "));
    if whole.len() <= WIDTH {
        return whole;
    }
    let mut text = format!("{head}\n");
    let mut line = String::new();
    for entry in entries {
        if !line.is_empty() && line.len() + entry.len() > WIDTH {
            text.push_str(&format!("   {line}\n"));
            line.clear();
        }
        line.push_str(&format!(" {entry},"));
    }
    text.push_str(&format!("   {line}\n{tail}"));
    text
}

fn derives(item: &ItemStruct, what: &str) -> bool {
    let mut found = false;
    for attribute in item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == what);
            Ok(())
        });
    }
    found
}

/// Whether serde reads the field in a way of its own.
fn is_read_otherwise(field: &Field) -> bool {
    ["deserialize_with", "alias", "flatten"]
        .iter()
        .any(|name| has(field, name))
}

/// Whether a field has a setting of serde's.
fn has(field: &Field, setting: &str) -> bool {
    let mut found = false;
    for attribute in field
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident(setting);
            if meta.input.peek(syn::Token![=]) {
                let _: syn::Expr = meta.value()?.parse()?;
            }
            Ok(())
        });
    }
    found
}

fn is_gate(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}

fn is_round_trip(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg_attr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_received_becomes_an_object() {
        let mut file: syn::File = parse_quote! {
            #[cfg(feature = "lamps")]
            #[derive(Clone, Debug, serde::Deserialize)]
            #[cfg_attr(feature = "round-trip", derive(serde::Serialize))]
            pub struct Lamp {
                #[serde(default, skip_serializing_if = "String::is_empty")]
                pub id: String,
                #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
                pub type_: Option<String>,
                pub watts: i64,
            }
            #[derive(Clone, Debug, serde::Deserialize)]
            pub struct Lamps {
                #[serde(deserialize_with = "crate::one_or_many")]
                pub lamps: Vec<Lamp>,
            }
            #[cfg(feature = "both")]
            #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
            pub struct Both {
                pub key: String,
            }
            #[derive(Clone, Debug, serde::Serialize)]
            pub struct Sent {}
        };
        let text = objects(&mut file);
        assert_eq!(
            text,
            "\n#[cfg(feature = \"lamps\")]\nobject!(Lamp [0 => id: \"id\", 1 => type_: \"type\", 2 => watts: \"watts\"] requires [2]);\n\
             \nempty!(Lamps [lamps]);\n"
        );
        let written = prettyplease::unparse(&file);
        let (lamp, rest) = written.split_once("pub struct Lamps").expect("both");
        assert!(
            !lamp.contains("#[serde") && !lamp.contains("round-trip"),
            "{lamp}"
        );
        assert!(
            rest.contains("deserialize_with") && rest.contains("serde::Serialize"),
            "{rest}"
        );
    }

    #[test]
    fn long_lists_are_wrapped() {
        let entries: Vec<String> = (0..30).map(|number| format!("field_{number}")).collect();
        let text = wrapped("empty!(Lamp [", &entries, "]);\n");
        assert!(text.lines().all(|line| line.len() <= 120), "{text}");
        assert_eq!(text.matches("field_").count(), 30);
        assert!(
            text.starts_with("empty!(Lamp [\n    field_0,") && text.ends_with("field_29,\n]);\n"),
            "{text}"
        );
    }
}
