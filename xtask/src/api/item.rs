//! Names of items, and of the items that a `use` or a macro's call defines.

use proc_macro2::TokenTree;
use syn::{Attribute, Item, ItemMacro, Type, UseTree, Visibility};

use crate::api::tokens::flat;

/// Macros of the crates that define an item.
pub(crate) const DEFINERS: [&str; 4] = ["open_enum", "lookup", "tagged_union", "reference"];
/// Macros of the crates that define methods, within an `impl`.
pub(crate) const METHODS: [&str; 1] = ["settings"];

/// Returns the path that a `use` imports under this name, and the item's original name.
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

/// Returns the name that an item or a macro's call defines.
pub(crate) fn defined(item: &Item) -> Option<String> {
    match item {
        Item::Macro(item) => defined_by(item),
        item => name_of(item),
    }
}

/// Returns the type that a call of one of the [`DEFINERS`] defines: the first word that is not an attribute, `pub` or
/// `enum`.
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

/// Returns the name of a type that is written without a path, as types of the same crate are.
pub(crate) fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.path.segments.len() == 1 => {
            path.path.segments.last().map(|last| last.ident.to_string())
        }
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}
