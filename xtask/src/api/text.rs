//! Rendering of an item as one line.

use syn::{Attribute, Item, ItemMacro, Meta};

use crate::api::item::attributes_of;
use crate::api::tokens::{flat, tidy};

/// Returns the public items in the definition of a macro.
pub(crate) fn public_parts(item: &ItemMacro) -> Vec<String> {
    // The body of a macro is no valid Rust before it is expanded, so it is read as text.
    let text = item.mac.tokens.to_string();
    let mut parts = Vec::new();
    for piece in text.split_inclusive(['{', ';']) {
        for begin in ["pub ", "impl ", "impl<", "# [derive"] {
            if let Some(at) = piece.find(begin) {
                let words: Vec<&str> = piece[at..]
                    .trim_end_matches(['{', ';', ' '])
                    .split_whitespace()
                    .collect();
                parts.push(words.join(" "));
                break;
            }
        }
    }
    parts
}

/// Renders an item without its contents: kind, generics and derives.
pub(crate) fn head(item: &Item) -> String {
    let marks: Vec<String> = attributes_of(item)
        .iter()
        .filter(|attribute| {
            ["derive", "non_exhaustive", "must_use", "deprecated"]
                .iter()
                .any(|name| attribute.path().is_ident(name))
                || matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("cfg_attr") && list.tokens.to_string().contains("derive"))
        })
        .map(flat)
        .collect();
    let text = match item {
        Item::Struct(item) => format!("struct{}", flat(&item.generics)),
        Item::Enum(item) => format!("enum{}", flat(&item.generics)),
        Item::Trait(item) => {
            let bounds = flat(&item.supertraits);
            format!(
                "trait{}{}{bounds}",
                flat(&item.generics),
                if bounds.is_empty() { "" } else { ": " }
            )
        }
        Item::Type(item) => format!("type{} = {}", flat(&item.generics), flat(&item.ty)),
        Item::Fn(item) => flat(&item.sig),
        Item::Const(item) => format!("const: {}", flat(&item.ty)),
        Item::Static(item) => format!("static: {}", flat(&item.ty)),
        _ => String::new(),
    };
    match marks.as_slice() {
        [] => text,
        marks => format!("{text} {}", marks.join(" ")),
    }
}

/// Renders the `cfg`s of an item.
pub(crate) fn gate(attributes: &[Attribute]) -> String {
    attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::List(list) if list.path.is_ident("cfg") => {
                Some(format!(" [{}]", tidy(&list.tokens.to_string())))
            }
            _ => None,
        })
        .collect()
}
