//! What an item is called, and what a `use` or a macro calls.

use proc_macro2::TokenTree;
use syn::{Attribute, Item, ItemMacro, Type, UseTree, Visibility};

use crate::api::text::flat;

/// What macros of the crates define, which is listed by the call.
pub(crate) const DEFINERS: [&str; 4] = ["open_enum", "lookup", "tagged_union", "reference"];
/// What macros give methods to a type, in its `impl`.
pub(crate) const METHODS: [&str; 1] = ["settings"];

/// What a `use` takes under this name: the path, and the name there.
pub(crate) fn used(
    tree: &UseTree,
    name: &str,
    mut path: Vec<String>,
) -> Option<(Vec<String>, String)> {
    match tree {
        UseTree::Path(tree) => {
            path.push(tree.ident.to_string());
            used(&tree.tree, name, path)
        }
        UseTree::Group(group) => {
            let mut trees = group.items.iter();
            trees.find_map(|tree| used(tree, name, path.clone()))
        }
        UseTree::Name(tree) if tree.ident == name => Some((path, name.to_owned())),
        UseTree::Rename(tree) if tree.rename == name => Some((path, tree.ident.to_string())),
        _ => None,
    }
}

/// The name that an item, or the call of a macro, defines.
pub(crate) fn defined(item: &Item) -> Option<String> {
    match item {
        Item::Macro(item) => defined_by(item),
        item => name_of(item),
    }
}

/// The type that the call of one of the [`DEFINERS`] defines: its first word that is no attribute, `pub` or `enum`.
pub(crate) fn defined_by(item: &ItemMacro) -> Option<String> {
    let known = item.ident.is_none() && DEFINERS.contains(&flat(&item.mac.path).as_str());
    let words = item
        .mac
        .tokens
        .clone()
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        });
    known
        .then(|| {
            words
                .into_iter()
                .find(|word| word != "pub" && word != "enum")
        })
        .flatten()
}

pub(crate) fn name_of(item: &Item) -> Option<String> {
    Some(match item {
        Item::Struct(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Const(item) => item.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        _ => return None,
    })
}

pub(crate) fn is_public(item: &Item) -> bool {
    let vis = match item {
        Item::Struct(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Const(item) => &item.vis,
        Item::Static(item) => &item.vis,
        _ => return false,
    };
    matches!(vis, Visibility::Public(_))
}

pub(crate) fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        _ => &[],
    }
}

/// The name of a type of this crate, which is named without a path.
pub(crate) fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.path.segments.len() == 1 => {
            path.path.segments.last().map(|last| last.ident.to_string())
        }
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}
