//! progenitor's structs, made the crate's: each goes the way it is used, and can grow.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use katapult_openapi::Schema;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Field, GenericArgument, Ident, ItemStruct, PathArguments, Type, parse_quote};

use crate::text::capitalized;
use crate::text::{english, is_identifier, pascal, snake};

/// Which way a type goes over the wire.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    pub(crate) sent: bool,
    pub(crate) received: bool,
}

/// A struct of the crate: with the derives of its ways, open to new fields, and three states for what a
/// request can leave out.
pub(crate) fn finish(mut item: ItemStruct, ways: Ways) -> ItemStruct {
    item.attrs
        .retain(|attribute| attribute.path().is_ident("doc"));
    tidy_docs(&mut item.attrs);
    let mut derives: Vec<TokenStream> = vec![quote!(Clone), quote!(Debug)];
    if ways.received {
        derives.push(quote!(serde::Deserialize));
    }
    if ways.sent {
        derives.push(quote!(serde::Serialize));
    }
    for field in &mut item.fields {
        tidy_docs(&mut field.attrs);
        if ways.sent {
            three_states(field);
        }
        if ways.received
            && field.ident.as_ref().is_some_and(|name| name == "id")
            && !["Option", "Patch"]
                .iter()
                .any(|wrapper| inner(&field.ty, wrapper).is_some())
        {
            field
                .attrs
                .push(parse_quote!(#[serde(default, skip_serializing_if = "String::is_empty")]));
        }
    }
    if ways.sent
        && item
            .fields
            .iter()
            .all(|field| inner(&field.ty, "Patch").is_some())
    {
        derives.push(quote!(Default));
    }
    item.attrs.push(parse_quote!(#[derive(#(#derives),*)]));
    if !(ways.sent && ways.received) {
        let back = if ways.sent {
            quote!(serde::Deserialize)
        } else {
            quote!(serde::Serialize)
        };
        item.attrs
            .push(parse_quote!(#[cfg_attr(feature = "round-trip", derive(#back))]));
    }
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    item
}

fn tidy_docs(attributes: &mut [syn::Attribute]) {
    for attribute in attributes {
        if let syn::Meta::NameValue(meta) = &mut attribute.meta
            && let syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) = &meta.value
        {
            let text = format!(" {}", text.value().trim());
            meta.value = parse_quote!(#text);
        }
    }
}

/// `Option<T>` in what is sent becomes `Patch<T>`.
fn three_states(field: &mut Field) {
    let Some(value) = inner(&field.ty, "Option").cloned() else {
        return;
    };
    field.ty = parse_quote!(crate::Patch<#value>);
    let name = field.attrs.iter().find_map(renamed);
    field
        .attrs
        .retain(|attribute| !attribute.path().is_ident("serde"));
    let rename = name.map(|name| quote!(rename = #name,));
    field.attrs.push(
        parse_quote!(#[serde(#rename default, skip_serializing_if = "crate::Patch::is_absent")]),
    );
}

fn renamed(attribute: &syn::Attribute) -> Option<String> {
    if !attribute.path().is_ident("serde") {
        return None;
    }
    let mut name = None;
    let _ = attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("rename") {
            let text: syn::LitStr = meta.value()?.parse()?;
            name = Some(text.value());
        } else if meta.input.peek(syn::Token![=]) {
            let _: syn::Expr = meta.value()?.parse()?;
        }
        Ok(())
    });
    name
}

/// The name of a field on the wire.
pub(crate) fn wire_name(field: &Field) -> String {
    let own = field
        .ident
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    field.attrs.iter().find_map(renamed).unwrap_or(own)
}

/// The `T` of `Wrapper<T>`.
pub(crate) fn inner<'a>(ty: &'a Type, wrapper: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if last.ident != wrapper {
        return None;
    }
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => {
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

/// How a setter or a constructor takes a value: the argument's type, and what makes the value of it.
pub(crate) fn taken(name: &Ident, ty: &Type) -> (TokenStream, TokenStream) {
    if let Some(value) = inner(ty, "Patch") {
        return (
            quote!(impl Into<crate::Patch<#value>>),
            quote!(#name.into()),
        );
    }
    if let Some(value) = inner(ty, "Option") {
        let (argument, made) = taken(name, value);
        return (argument, quote!(Some(#made)));
    }
    if let Some(item) = inner(ty, "Vec") {
        return (
            quote!(impl IntoIterator<Item = impl Into<#item>>),
            quote!(#name.into_iter().map(Into::into).collect()),
        );
    }
    let plain = ["i64", "bool", "f64"]
        .iter()
        .any(|plain| matches!(ty, Type::Path(path) if path.path.is_ident(plain)));
    if plain {
        (quote!(#ty), quote!(#name))
    } else {
        (quote!(impl Into<#ty>), quote!(#name.into()))
    }
}

/// `name: value`, or `name` alone where that is the value.
pub(crate) fn field_value(name: &Ident, value: TokenStream) -> TokenStream {
    if *name == value.to_string() {
        quote!(#name)
    } else {
        quote!(#name: #value)
    }
}

/// The setter of a field: called like it, or with `_` where another method is called so.
pub(crate) fn setter(field: &Ident, reserved: &[&str]) -> Ident {
    if reserved.iter().any(|reserved| field == reserved) {
        format_ident!("{field}_")
    } else {
        field.clone()
    }
}

/// What a setter's documentation says.
pub(crate) fn about_setter(wire: &str, ty: &Type) -> String {
    let words = english(wire);
    match inner(ty, "Patch") {
        Some(_) => format!(" Sets the {words}; `None` sends `null`, which clears it."),
        None => format!(" Sets the {words}."),
    }
}

/// A constructor of what must be given, and a setter for each field that need not be.
pub(crate) fn builder(item: &ItemStruct) -> TokenStream {
    let name = &item.ident;
    let mut parameters = Vec::new();
    let mut values = Vec::new();
    let mut setters = Vec::new();
    for field in &item.fields {
        let Some(ident) = &field.ident else { continue };
        let (argument, made) = taken(ident, &field.ty);
        let optional = ["Patch", "Option"]
            .iter()
            .any(|wrapper| inner(&field.ty, wrapper).is_some());
        if optional {
            let about = about_setter(&wire_name(field), &field.ty);
            let setter = setter(ident, &["new"]);
            setters.push(quote! {
                #[doc = #about]
                #[must_use]
                pub fn #setter(mut self, #ident: #argument) -> Self {
                    self.#ident = #made;
                    self
                }
            });
            values.push(quote!(#ident: Default::default()));
        } else {
            parameters.push(quote!(#ident: #argument));
            values.push(field_value(ident, made));
        }
    }
    let about = format!(
        " {} with what must be given; the rest is set by methods.",
        capitalized(&english(&name.to_string()))
    );
    quote! {
        #[allow(clippy::new_without_default)]
        impl #name {
            #[doc = #about]
            pub fn new(#(#parameters),*) -> Self {
                Self { #(#values),* }
            }
            #(#setters)*
        }
    }
}

/// A lookup, an enumeration or a polymorph, as a call of the macro that defines it. Written as text, since
/// nothing formats what stands in a macro.
pub(crate) fn ours(name: &str, schema: &Value) -> Result<Vec<String>> {
    let words = english(name);
    let schema = Schema::new(schema, schema);
    if let Some(lookup) = schema.lookup() {
        let keys: Vec<&str> = lookup.keys().collect();
        for key in &keys {
            if !is_identifier(key) || *key == "as_pair" {
                bail!(
                    "{name}: a lookup cannot have the key `{key}`, which Rust takes for no method's name: correct it in openapi/corrections.yaml"
                );
            }
        }
        let lines = keys
            .iter()
            .map(|key| format!("{} = {},", pascal(key), snake(key)));
        let about = format!("Names one {}.", words.trim_end_matches(" lookup"));
        let mut written = vec![defined("lookup", &about, name, lines)];
        if let [only] = keys.as_slice() {
            written.push(format!("single_key_lookup!({name}, {});\n", snake(only)));
        }
        return Ok(written);
    }
    if schema.is_tagged_union() {
        let mut lines = Vec::new();
        for (kind, target) in schema.variants() {
            let target = target
                .name()
                .context("a polymorph's kind is no reference")?;
            lines.push(format!("{target} = {kind:?},"));
        }
        let about = format!("{}: one of several types.", capitalized(&words));
        return Ok(vec![defined("polymorph", &about, name, lines.into_iter())]);
    }
    let values = schema.enum_values().iter();
    let values: Vec<&str> = values.filter_map(Value::as_str).collect();
    let lines = variants(&values)
        .into_iter()
        .zip(&values)
        .map(|(variant, value)| format!("{variant} = {value:?},"));
    Ok(vec![defined(
        "open_enum",
        &format!("{}.", capitalized(&words)),
        name,
        lines,
    )])
}

fn defined(definer: &str, about: &str, name: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("        {line}\n")).collect();
    format!("{definer}! {{\n    /// {about}\n    pub enum {name} {{\n{lines}    }}\n}}\n")
}

/// A variant for each value; values that differ only in what no identifier can hold are numbered.
pub(crate) fn variants(values: &[&str]) -> Vec<Ident> {
    let mut seen = BTreeSet::from(["Unknown".to_owned(), "Self".to_owned()]);
    values
        .iter()
        .map(|value| {
            let mut name = pascal(value);
            if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
                name = format!("Value{name}");
            }
            let mut free = name.clone();
            let mut number = 2;
            while !seen.insert(free.clone()) {
                free = format!("{name}{number}");
                number += 1;
            }
            format_ident!("{free}")
        })
        .collect()
}
