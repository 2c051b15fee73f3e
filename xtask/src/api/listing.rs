//! The listing: a line for each public item, sorted by its public path.

use std::collections::BTreeSet;

use proc_macro2::TokenTree;
use syn::{Fields, ImplItem, Item, ItemImpl, ItemMacro, TraitItem, UseTree, Visibility};

use crate::api::crate_tree::{Module, is_for_tests};
use crate::api::item::{
    DEFINERS, METHODS, attributes_of, defined, defined_by, is_public, name_of, type_name, used,
};
use crate::api::text::{gate, head, public_parts};
use crate::api::tokens::flat;

/// The longest chain of re-exports that is followed: a circle of them must end.
const HOPS: usize = 8;

/// Lists the public API of the crate `name`.
pub(crate) fn list(name: &str, root: &Module) -> String {
    let mut lister = Lister {
        root,
        lines: BTreeSet::new(),
        begun: BTreeSet::new(),
    };
    lister.module(root, name);
    let mut text: String = lister.lines.into_iter().map(|line| line + "\n").collect();
    for definer in DEFINERS.into_iter().chain(METHODS) {
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
    /// Modules that are listed, with their public paths, so that a circle of re-exports ends.
    begun: BTreeSet<(String, String)>,
}

impl<'a> Lister<'a> {
    fn module(&mut self, module: &'a Module, path: &str) {
        // Two paths to one module are both listed; a circle of re-exports is not followed twice.
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

    /// Lists the items of a `pub use`: those of this crate under the new path, others by their origin.
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
                let found = self
                    .resolve(here, &from)
                    .and_then(|module| self.find(module, &name, HOPS));
                if let Some((module, item)) = found {
                    self.item(module, item, path, Some(&as_name));
                    return;
                }
                from.push(name);
                self.lines
                    .insert(format!("{path}::{as_name}: use {}", from.join("::")));
            }
        }
    }

    /// Finds the item that a module defines or imports under a name, and the module that defines it.
    fn find(&self, here: &'a Module, name: &str, hops: usize) -> Option<(&'a Module, &'a Item)> {
        let own = here
            .items
            .iter()
            .find(|item| defined(item).as_deref() == Some(name));
        if let Some(item) = own {
            return Some((here, item));
        }
        let hops = hops.checked_sub(1)?;
        here.items.iter().find_map(|item| {
            let Item::Use(item) = item else { return None };
            let (from, original) = used(&item.tree, name, Vec::new())?;
            self.find(self.resolve(here, &from)?, &original, hops)
        })
    }

    /// Resolves the path of a module relative to another module.
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

    /// Lists the methods and traits of a type. If several modules define the name, an `impl` belongs to the type of its
    /// own module.
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
                    // Generated modules use the same names for different types, so the line names the module.
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
            if self.is_private(of) {
                return;
            }
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
                ImplItem::Macro(call) => {
                    let of = flat(&item.self_ty);
                    self.lines
                        .insert(format!("{full}{gate}: {} in {of}{place}", flat(&call.mac)));
                    continue;
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

    /// Returns `true` if a trait is a private one of this crate.
    fn is_private(&self, of: &syn::Path) -> bool {
        let items = self.root.all().into_iter().flat_map(|module| &module.items);
        let traits: Vec<bool> = items
            .filter(|item| matches!(item, Item::Trait(item) if of.is_ident(&item.ident)))
            .map(is_public)
            .collect();
        traits.contains(&false) && !traits.contains(&true)
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
        let Some(name) = defined_by(item) else {
            return;
        };
        self.lines
            .insert(format!("{path}::{name}{}: {definer}!", gate(&item.attrs)));
        let Some(TokenTree::Group(body)) = item.mac.tokens.clone().into_iter().last() else {
            return;
        };
        for variant in body.stream().to_string().split(',') {
            let variant = variant.split_whitespace().collect::<Vec<_>>().join(" ");
            if !variant.is_empty() {
                self.lines.insert(format!("{path}::{name}::{variant}"));
            }
        }
    }
}
