//! The imports of a generated file: exactly those that its paths need.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Ident, Item, LitStr, Path, parse_quote};

/// Items outside the document that generated code names without a path, by module. A document's
/// types cannot have these names: `naming::reserved` refuses them.
const KNOWN: &[(Module, &[&str])] = &[
    (Module::External("std::collections"), &["HashMap"]),
    (
        Module::Crate,
        &[
            "Api",
            "Call",
            "Client",
            "IntoLookup",
            "IntoSubject",
            "ListOperation",
            "LookupError",
            "Operation",
            "OperationInfo",
            "Patch",
            "QueryPairs",
            "Secret",
            "SettlingOperation",
            "StateOperation",
            "StateResource",
            "TaskOperation",
            "Timestamp",
            "Transport",
            "TrashOperation",
        ],
    ),
    (Module::InCrate("wire::json"), &["from_json", "to_json"]),
];

#[derive(Clone, Copy)]
enum Module {
    /// The root of katapult-gen.
    Crate,
    /// A module of katapult-gen.
    InCrate(&'static str),
    /// A module of another crate.
    External(&'static str),
}

impl Module {
    fn path(self) -> syn::Result<TokenStream> {
        Ok(match self {
            Module::Crate => quote!(crate),
            Module::InCrate(path) => {
                let path: Path = syn::parse_str(path)?;
                quote!(crate::#path)
            }
            Module::External(path) => syn::parse_str::<Path>(path)?.into_token_stream(),
        })
    }
}

/// Returns the `use` items of a file, except for names that the file defines.
///
/// `types` are the document's types, and `more` are names in calls of macros.
pub(super) fn imports<'a>(
    items: &[Item],
    types: impl Iterator<Item = &'a String>,
    more: &[String],
) -> Result<TokenStream> {
    let mut used = used_names(items.iter(), more);
    for name in items.iter().filter_map(defined_name) {
        used.remove(&name);
    }
    let types: Vec<&str> = types.map(String::as_str).collect();
    let document = (Module::InCrate("types"), types.as_slice());
    let mut imports = TokenStream::new();
    for (module, names) in KNOWN.iter().copied().chain([document]) {
        let names: Vec<Ident> = names
            .iter()
            .filter(|name| used.contains(**name))
            .map(|name| format_ident!("{name}"))
            .collect();
        let module = module.path()?;
        match names.as_slice() {
            [] => {}
            [name] => imports.extend(quote!(use #module::#name;)),
            names => imports.extend(quote!(use #module::{#(#names),*};)),
        }
    }
    Ok(imports)
}

/// Writes out the paths in gated items, except for names that other items use too.
///
/// Without the features of the gated items, an import for them alone would be unused.
pub(super) fn qualify_gated(items: &mut [Item], is_gated: fn(&Item) -> bool) -> Result<()> {
    let ungated = items.iter().filter(|item| !is_gated(item));
    let imported = used_names(ungated, &[]);
    let mut prefixes = BTreeMap::new();
    for (module, names) in KNOWN {
        let path = module.path()?;
        let names = names.iter().filter(|name| !imported.contains(**name));
        prefixes.extend(names.map(|name| (*name, path.clone())));
    }
    let mut qualify = Qualify(prefixes);
    for item in items.iter_mut().filter(|item| is_gated(item)) {
        qualify.visit_item_mut(item);
    }
    Ok(())
}

struct Qualify(BTreeMap<&'static str, TokenStream>);

impl VisitMut for Qualify {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        let first = path.segments.first().map(|first| first.ident.to_string());
        if let Some(prefix) = first.and_then(|first| self.0.get(first.as_str())) {
            *path = parse_quote!(#prefix::#path);
        }
    }

    fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
        let mut text = attribute.meta.to_token_stream().to_string();
        for (name, prefix) in &self.0 {
            let prefix = prefix.to_string().replace(' ', "");
            text = text.replace(&format!("\"{name}::"), &format!("\"{prefix}::{name}::"));
        }
        if attribute.path().is_ident("serde")
            && let Ok(meta) = syn::parse_str(&text)
        {
            attribute.meta = meta;
        }
    }
}

/// Returns the names that begin a path.
fn used_names<'a>(items: impl Iterator<Item = &'a Item>, more: &[String]) -> BTreeSet<String> {
    let mut names = Names(more.iter().cloned().collect());
    for item in items {
        names.visit_item(item);
    }
    names.0
}

struct Names(BTreeSet<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            self.0.insert(first.ident.to_string());
        }
        visit::visit_path(self, path);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        // serde takes paths in strings: `skip_serializing_if = "Patch::is_absent"`.
        if attribute.path().is_ident("serde") {
            let _ = attribute.parse_nested_meta(|meta| {
                if meta.input.peek(syn::Token![=]) {
                    let text: LitStr = meta.value()?.parse()?;
                    if meta.path.is_ident("skip_serializing_if")
                        || meta.path.is_ident("deserialize_with")
                    {
                        let text = text.value();
                        self.0.extend(text.split("::").next().map(str::to_owned));
                    }
                }
                Ok(())
            });
        }
        visit::visit_attribute(self, attribute);
    }
}

fn defined_name(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        _ => None,
    }
}
