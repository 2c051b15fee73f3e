//! The listing: a line for each public item, by its public path, in order.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{
    Attribute, Fields, ImplItem, Item, ItemImpl, ItemMacro, Meta, TraitItem, Type, UseTree,
    Visibility,
};

use crate::api::crate_tree::{Module, is_for_tests};

/// What macros of the crates define, which is listed by the call.
const DEFINERS: [&str; 4] = ["open_enum", "lookup", "polymorph", "single_key_lookup"];

/// Lists the API of the crate `name`.
pub(crate) fn list(name: &str, root: &Module) -> String {
    let mut lister = Lister {
        root,
        lines: BTreeSet::new(),
        begun: BTreeSet::new(),
    };
    lister.module(root, name);
    let mut text: String = lister.lines.into_iter().map(|line| line + "\n").collect();
    for definer in DEFINERS {
        let defined = root
            .all()
            .into_iter()
            .flat_map(|module| &module.items)
            .find_map(|item| match item {
                Item::Macro(item) if item.ident.as_ref().is_some_and(|ident| ident == definer) => {
                    Some(item)
                }
                _ => None,
            });
        if let Some(defined) = defined {
            text.push_str(&format!("\nwhat {definer}! makes:\n"));
            for part in public_parts(defined) {
                text.push_str(&format!("  {part}\n"));
            }
        }
    }
    text
}

struct Lister<'a> {
    root: &'a Module,
    lines: BTreeSet<String>,
    /// Modules by path that are listed, so that re-exports in a circle end.
    begun: BTreeSet<(String, String)>,
}

impl<'a> Lister<'a> {
    fn module(&mut self, module: &'a Module, path: &str) {
        if !self.begun.insert((module.name.clone(), path.to_owned())) {
            return;
        }
        for item in &module.items {
            if let Item::Use(item) = item {
                if matches!(item.vis, Visibility::Public(_)) {
                    self.reexport(module, &item.tree, Vec::new(), path);
                }
            } else {
                self.item(module, item, path, None);
            }
        }
        for below in &module.modules {
            if below.public {
                let path = format!("{path}::{}", below.name);
                self.lines
                    .insert(format!("{path}{}: mod", gate(&below.attributes)));
                self.module(below, &path);
            }
        }
    }

    /// Lists what a `pub use` names: items of this crate under the new path, others by where they come from.
    fn reexport(&mut self, here: &'a Module, tree: &UseTree, mut from: Vec<String>, path: &str) {
        match tree {
            UseTree::Path(tree) => {
                from.push(tree.ident.to_string());
                self.reexport(here, &tree.tree, from, path);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.reexport(here, tree, from.clone(), path);
                }
            }
            UseTree::Glob(_) => match self.resolve(here, &from) {
                Some(module) => self.module(module, path),
                None => drop(
                    self.lines
                        .insert(format!("{path}::*: use {}::*", from.join("::"))),
                ),
            },
            UseTree::Name(_) | UseTree::Rename(_) => {
                let (name, as_name) = match tree {
                    UseTree::Rename(tree) => (tree.ident.to_string(), tree.rename.to_string()),
                    UseTree::Name(tree) => (tree.ident.to_string(), tree.ident.to_string()),
                    _ => return,
                };
                if let Some(module) = self.resolve(here, &from)
                    && let Some(item) = module
                        .items
                        .iter()
                        .find(|item| name_of(item).as_ref() == Some(&name))
                {
                    self.item(module, item, path, Some(&as_name));
                    return;
                }
                from.push(name);
                self.lines
                    .insert(format!("{path}::{as_name}: use {}", from.join("::")));
            }
        }
    }

    /// The module of a path, as seen from another.
    fn resolve(&self, here: &'a Module, path: &[String]) -> Option<&'a Module> {
        let first = path.first()?;
        let (mut module, rest) = match first.as_str() {
            "crate" => (self.root, &path[1..]),
            "self" => (here, &path[1..]),
            "super" => (self.parent(self.root, here)?, &path[1..]),
            _ => (here, path),
        };
        for name in rest {
            module = module.module(name)?;
        }
        Some(module)
    }

    fn parent(&self, at: &'a Module, of: &Module) -> Option<&'a Module> {
        let below = at.modules.iter();
        if below.clone().any(|module| std::ptr::eq(module, of)) {
            return Some(at);
        }
        below.into_iter().find_map(|module| self.parent(module, of))
    }

    fn item(&mut self, module: &'a Module, item: &'a Item, path: &str, name: Option<&str>) {
        if let Item::Macro(item) = item {
            self.macro_item(item, path);
            return;
        }
        let (Some(own), true) = (name_of(item), is_public(item)) else {
            return;
        };
        let attributes = attributes_of(item);
        if is_for_tests(attributes) {
            return;
        }
        let full = format!("{path}::{}", name.unwrap_or(&own));
        self.lines
            .insert(format!("{full}{}: {}", gate(attributes), head(item)));
        match item {
            Item::Struct(item) => {
                for (at, field) in item.fields.iter().enumerate() {
                    if matches!(field.vis, Visibility::Public(_)) {
                        let name = field
                            .ident
                            .as_ref()
                            .map_or(at.to_string(), ToString::to_string);
                        self.lines
                            .insert(format!("{full}.{name}: {}", flat(&field.ty)));
                    }
                }
            }
            Item::Enum(item) => {
                for variant in &item.variants {
                    let fields = match &variant.fields {
                        Fields::Unit => String::new(),
                        fields => flat(fields),
                    };
                    self.lines
                        .insert(format!("{full}::{}{fields}: variant", variant.ident));
                }
            }
            Item::Trait(item) => {
                for item in &item.items {
                    if let TraitItem::Fn(function) = item {
                        let provided = if function.default.is_some() {
                            " (provided)"
                        } else {
                            ""
                        };
                        let name = &function.sig.ident;
                        self.lines
                            .insert(format!("{full}::{name}: {}{provided}", flat(&function.sig)));
                    } else {
                        self.lines.insert(format!("{full} needs {}", flat(item)));
                    }
                }
            }
            _ => {}
        }
        self.impls(module, &own, &full);
    }

    /// The methods and traits of a type. An `impl` is of the type of that name in its module, or of the only one.
    fn impls(&mut self, home: &Module, name: &str, full: &str) {
        let all = self.root.all();
        let defines = |module: &Module| {
            module
                .items
                .iter()
                .any(|item| name_of(item).as_deref() == Some(name))
        };
        for module in all {
            if !std::ptr::eq(module, home) && defines(module) {
                continue;
            }
            for item in &module.items {
                if let Item::Impl(item) = item
                    && type_name(&item.self_ty).as_deref() == Some(name)
                    && !is_for_tests(&item.attrs)
                {
                    // A name of a generated module means something else in another: say in which it stands.
                    let place = match std::ptr::eq(module, home) || !module.public {
                        true => String::new(),
                        false => format!(" in the module {}", module.name),
                    };
                    self.one_impl(item, full, &place);
                }
            }
        }
    }

    fn one_impl(&mut self, item: &ItemImpl, full: &str, place: &str) {
        let gate = gate(&item.attrs);
        if let Some((of, _)) = &item.trait_ {
            let associated: Vec<String> = item
                .items
                .iter()
                .filter_map(|item| match item {
                    ImplItem::Type(item) => Some(format!("{} = {}", item.ident, flat(&item.ty))),
                    _ => None,
                })
                .collect();
            let associated = match associated.as_slice() {
                [] => String::new(),
                types => format!(" ({})", types.join(", ")),
            };
            let generics = flat(&item.generics);
            let line = format!(
                "{full}{gate}: impl{generics} {} for {}{associated}{place}",
                flat(of),
                flat(&item.self_ty)
            );
            self.lines.insert(line);
            return;
        }
        for inner in &item.items {
            let (vis, name, text) = match inner {
                ImplItem::Fn(function) => (&function.vis, &function.sig.ident, flat(&function.sig)),
                ImplItem::Const(constant) => {
                    let text = format!("const: {}", flat(&constant.ty));
                    (&constant.vis, &constant.ident, text)
                }
                _ => continue,
            };
            if matches!(vis, Visibility::Public(_)) {
                let of = flat(&item.self_ty);
                self.lines
                    .insert(format!("{full}::{name}{gate}: {text} in {of}{place}"));
            }
        }
    }

    fn macro_item(&mut self, item: &ItemMacro, path: &str) {
        if let Some(name) = &item.ident {
            if item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("macro_export"))
            {
                self.lines
                    .insert(format!("{path}::{name}!{}: macro", gate(&item.attrs)));
            }
            return;
        }
        let definer = flat(&item.mac.path);
        if !DEFINERS.contains(&definer.as_str()) {
            return;
        }
        let tokens: Vec<String> = item
            .mac
            .tokens
            .clone()
            .into_iter()
            .map(|token| token.to_string())
            .collect();
        let Some(at) = tokens.iter().position(|token| token == "enum") else {
            // `single_key_lookup!(Name, key)`
            let name = tokens.first().cloned().unwrap_or_default();
            self.lines
                .insert(format!("{path}::{name}{}: {definer}!", gate(&item.attrs)));
            return;
        };
        let name = tokens.get(at + 1).cloned().unwrap_or_default();
        self.lines
            .insert(format!("{path}::{name}{}: {definer}!", gate(&item.attrs)));
        let body = tokens.last().map_or("", String::as_str);
        for variant in body.trim_matches(['{', '}']).split(',') {
            let variant = variant.split_whitespace().collect::<Vec<_>>().join(" ");
            if !variant.is_empty() {
                self.lines.insert(format!("{path}::{name}::{variant}"));
            }
        }
    }
}

/// The lines of a macro's definition that say what it makes.
fn public_parts(item: &ItemMacro) -> Vec<String> {
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

fn name_of(item: &Item) -> Option<String> {
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

fn is_public(item: &Item) -> bool {
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

fn attributes_of(item: &Item) -> &[Attribute] {
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

/// An item without what is in it: its kind, its generics and its derives.
fn head(item: &Item) -> String {
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
fn gate(attributes: &[Attribute]) -> String {
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

/// The name of a type of this crate, which is named without a path.
fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) if path.path.segments.len() == 1 => {
            path.path.segments.last().map(|last| last.ident.to_string())
        }
        Type::Reference(reference) => type_name(&reference.elem),
        _ => None,
    }
}

/// Tokens in one line, with spaces about where people write them.
fn flat(tokens: &impl ToTokens) -> String {
    tidy(&tokens.to_token_stream().to_string())
}

fn tidy(text: &str) -> String {
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
