//! An item in one line.

use std::collections::BTreeMap;

use quote::ToTokens;
use syn::{Attribute, Item, ItemMacro, Meta};

use crate::api::item::attributes_of;

/// The lines of a macro's definition that say what it makes.
pub(crate) fn public_parts(item: &ItemMacro) -> Vec<String> {
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

/// An item without what is in it: its kind, its generics and its derives.
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

/// The features that something is behind.
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

/// Tokens in one line, with spaces about where people write them.
pub(crate) fn flat(tokens: &impl ToTokens) -> String {
    tidy(&tokens.to_token_stream().to_string())
}

pub(crate) fn tidy(text: &str) -> String {
    let pairs: BTreeMap<&str, &str> = BTreeMap::from([
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" ( ", "("),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        ("# [", "#["),
        ("< ", "<"),
        (" <", "<"),
        ("[ ", "["),
        (" ]", "]"),
        ("<'", "<'"),
    ]);
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in pairs {
        text = text.replace(from, to);
    }
    text.replace("(mut self", "(self")
        .replace("->", " -> ")
        .replace("  ", " ")
        .replace(",)", ")")
}
