//! Reads the public items of generated files.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use quote::ToTokens;
use syn::{Fields, ImplItem, Item, ReturnType, Type, Visibility};

use super::items::{ItemName, PublicApi};

impl PublicApi {
    /// Reads the public API of generated files, by their names.
    pub(crate) fn of_sources(files: &BTreeMap<String, String>) -> Result<Self> {
        read(files)
    }
}

/// Reads generated files, by their names.
fn read(files: &BTreeMap<String, String>) -> Result<PublicApi> {
    let mut api = PublicApi::default();
    for (file, text) in files {
        let parsed = syn::parse_file(text)
            .with_context(|| format!("the generated file {file} is not valid Rust"))?;
        let Some(module) = module(file) else { continue };
        api.add(ItemName::new(&module, ""), "mod");
        let mut reader = Reader {
            api: &mut api,
            module,
        };
        parsed.items.iter().for_each(|item| reader.item(item));
    }
    Ok(api)
}

/// Returns the public module of a file. The files of `types` are private modules, and `types` exports what is in them.
fn module(file: &str) -> Option<String> {
    let name = file.strip_suffix(".rs")?;
    match name.split('/').next()? {
        "mod" => None, // only modules and macros over all operations
        module => Some(module.to_owned()),
    }
}

struct Reader<'a> {
    api: &'a mut PublicApi,
    module: String,
}

impl Reader<'_> {
    fn owner(&self, name: &impl ToString) -> String {
        format!("{}::{}", self.module, name.to_string())
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Struct(item) if is_public(&item.vis) => {
                let owner = self.owner(&item.ident);
                self.api.add(ItemName::new(&owner, ""), "struct");
                self.derives(&owner, &item.attrs);
                for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                    if let Some(name) = &field.ident {
                        let member = plain(&name.to_string());
                        self.api.add(ItemName::new(&owner, member), text(&field.ty));
                    }
                }
            }
            Item::Enum(item) if is_public(&item.vis) => {
                let owner = self.owner(&item.ident);
                self.api.add(ItemName::new(&owner, ""), "enum");
                self.derives(&owner, &item.attrs);
                for variant in &item.variants {
                    let member = variant.ident.to_string();
                    let signature = match &variant.fields {
                        Fields::Unit => String::new(),
                        fields => text(fields),
                    };
                    self.api.add(ItemName::new(&owner, member), signature);
                }
            }
            Item::Const(item) if is_public(&item.vis) => {
                let owner = self.owner(&item.ident);
                self.api.add(ItemName::new(owner, ""), text(&item.ty));
            }
            Item::Impl(item) => self.implementation(item),
            Item::Macro(item) => self.definition(&item.mac),
            _ => {}
        }
    }

    fn derives(&mut self, owner: &str, attributes: &[syn::Attribute]) {
        // What `cfg_attr` derives belongs to the feature `serde`, without which it is absent.
        let derives = attributes
            .iter()
            .filter(|one| one.path().is_ident("derive"));
        for derive in derives {
            let _ = derive.parse_nested_meta(|meta| {
                if let Some(last) = meta.path.segments.last() {
                    let item = ItemName::new(owner, last.ident.to_string());
                    self.api.add(item, "");
                }
                Ok(())
            });
        }
    }

    fn implementation(&mut self, item: &syn::ItemImpl) {
        let owner = self.implementor(&item.self_ty);
        let implementation = item.trait_.as_ref().map(|(path, _)| {
            let last = path.segments.last().map(text).unwrap_or_default();
            ItemName::new(&owner, last)
        });
        if let Some(implementation) = &implementation {
            self.api.add(implementation.clone(), "");
            if implementation.member.starts_with("From<") {
                return; // its one function has the same name in all of them
            }
        }
        for member in &item.items {
            let in_trait = implementation.is_some();
            let (name, signature) = match member {
                ImplItem::Fn(member) if in_trait || is_public(&member.vis) => {
                    (&member.sig.ident, signature(&member.sig))
                }
                ImplItem::Const(member) if in_trait || is_public(&member.vis) => {
                    (&member.ident, text(&member.ty))
                }
                ImplItem::Type(member) => (&member.ident, text(&member.ty)),
                _ => continue,
            };
            let member = ItemName::new(&owner, plain(&name.to_string()));
            if let Some(implementation) = &implementation {
                let implementations = &mut self.api.implementations;
                implementations.insert(member.clone(), implementation.clone());
            }
            self.api.add(member, signature);
        }
    }

    /// Returns the owner of an impl: `tags::Tags` for `Tags<T>`, `Call<tags::Create>` for `Call<T, Create>`.
    fn implementor(&self, ty: &Type) -> String {
        let name = text(ty).replace("<T>", "").replace("T,", "");
        match name.split_once('<') {
            Some((outer, inner)) => {
                format!("{outer}<{}>", self.owner(&inner.trim_end_matches('>')))
            }
            None if name == "Client" => name,
            None => self.owner(&name),
        }
    }

    /// Adds the items of a macro that defines a type.
    fn definition(&mut self, call: &syn::Macro) {
        let definer = text(&call.path);
        let implemented = match definer.as_str() {
            "impl_deserialize" | "impl_deserialize_only" => Some("Deserialize"),
            "impl_serialize" => Some("Serialize"),
            _ => None,
        };
        if let Some(implemented) = implemented {
            let first = call.tokens.clone().into_iter().next();
            if let Some(name) = first.filter(|token| token.to_string() != "#") {
                let item = ItemName::new(self.owner(&name), implemented);
                self.api.add(item, "");
            }
            return;
        }
        // The keys and texts of variants read as discriminants.
        let Ok(defined) = call.parse_body::<syn::ItemEnum>() else {
            return;
        };
        let owner = self.owner(&defined.ident);
        self.api.add(ItemName::new(&owner, ""), definer.clone());
        for variant in &defined.variants {
            let name = variant.ident.to_string();
            let key = variant.discriminant.as_ref().map(|(_, key)| text(key));
            if let Some((_, syn::Expr::Lit(literal))) = &variant.discriminant
                && let syn::Lit::Str(value) = &literal.lit
            {
                let key = (owner.clone(), value.value());
                self.api.variants.insert(key, name.clone());
            }
            self.api.add(ItemName::new(&owner, name), "");
            if let (true, Some(key)) = (definer == "lookup", key) {
                self.api.add(ItemName::new(&owner, plain(&key)), "fn");
            }
        }
        // A key in parentheses is no text, from which alone a lookup converts.
        let is_text = defined
            .variants
            .iter()
            .all(|variant| variant.fields.is_empty());
        if definer == "lookup" && defined.variants.len() == 1 && is_text {
            let patch = format!("Patch<{owner}>");
            self.api.add(ItemName::new(&owner, "From<&str>"), "");
            self.api.add(ItemName::new(&owner, "From<String>"), "");
            self.api.add(ItemName::new(patch, "From<&str>"), "");
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Returns the name without `r#`.
fn plain(name: &str) -> String {
    name.trim_start_matches("r#").to_owned()
}

/// Returns the types of the arguments and of the result: their names are no part of the API.
fn signature(signature: &syn::Signature) -> String {
    let arguments = signature.inputs.iter().map(|argument| match argument {
        syn::FnArg::Receiver(receiver) => match text(receiver) {
            by_value if by_value == "mut self" => "self".to_owned(), // the same to a caller
            receiver => receiver,
        },
        syn::FnArg::Typed(argument) => text(&argument.ty),
    });
    let arguments = Vec::from_iter(arguments).join(", ");
    match &signature.output {
        ReturnType::Default => format!("({arguments})"),
        ReturnType::Type(_, ty) => format!("({arguments}) -> {}", text(ty)),
    }
}

/// Returns tokens as text, without the spaces that would make equal types differ.
fn text(tokens: &(impl ToTokens + ?Sized)) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let words = ["impl ", "dyn ", "mut "];
    let mut text = String::new();
    for word in spaced.split(' ') {
        text.push_str(word);
        if words.iter().any(|keyword| keyword.trim_end() == word) {
            text.push(' ');
        }
    }
    // Where a name would be ambiguous, the generator writes its path.
    text.replace("crate::", "")
}
