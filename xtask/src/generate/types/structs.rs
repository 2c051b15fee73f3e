//! Structs from progenitor, finished for the crate: attributes by usage, and open to new fields.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Field, ItemStruct, parse_quote};

use crate::generate::types::fields::{
    doc_text, field_value, inner, is_optional, renamed, setter_argument, setter_docs, setter_name,
    wire_name,
};
use crate::generate::usage::Usage;
use crate::naming::case::english;

/// Finishes a struct: derives by its usage, `#[non_exhaustive]`, and [`Patch`](patch_optional) for the
/// optional fields of a request.
pub(crate) fn finish_struct(mut item: ItemStruct, usage: Usage) -> ItemStruct {
    // The derives of typify give way to those of the usage.
    item.attrs
        .retain(|attribute| attribute.path().is_ident("doc"));
    tidy_docs(&mut item.attrs);
    let mut derives: Vec<TokenStream> = vec![quote!(Clone), quote!(Debug), quote!(PartialEq)];
    if usage.response {
        derives.push(quote!(serde::Deserialize));
    }
    if usage.request {
        derives.push(quote!(serde::Serialize));
    }
    for field in &mut item.fields {
        tidy_docs(&mut field.attrs);
        if usage.request {
            patch_optional(field);
        }
        if usage.response
            && field.ident.as_ref().is_some_and(|name| name == "id")
            && is_text(&field.ty)
        {
            // A type unites all its projections, some of which have no id.
            field
                .attrs
                .push(parse_quote!(#[serde(default, skip_serializing_if = "String::is_empty")]));
        }
    }
    if usage.request
        && item
            .fields
            .iter()
            .all(|field| inner(&field.ty, "Patch").is_some())
    {
        // Clippy requires it beside a `new` without arguments.
        derives.push(quote!(Default));
    }
    item.attrs.push(parse_quote!(#[derive(#(#derives),*)]));
    if !(usage.request && usage.response) {
        let reverse = if usage.request {
            quote!(serde::Deserialize)
        } else {
            quote!(serde::Serialize)
        };
        item.attrs
            .push(parse_quote!(#[cfg_attr(feature = "serde", derive(#reverse))]));
    }
    // A new field of the API must not break users.
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    item
}

/// Returns `true` for `String`.
pub(crate) fn is_text(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.is_ident("String"))
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

/// Replaces `Option<T>` by `Patch<T>`, since a request distinguishes absent and `null`.
fn patch_optional(field: &mut Field) {
    let Some(value) = inner(&field.ty, "Option").cloned() else {
        return;
    };
    field.ty = parse_quote!(Patch<#value>);
    let name = field.attrs.iter().find_map(renamed);
    field
        .attrs
        .retain(|attribute| !attribute.path().is_ident("serde"));
    let rename = name.map(|name| quote!(rename = #name,));
    field
        .attrs
        .push(parse_quote!(#[serde(#rename default, skip_serializing_if = "Patch::is_absent")]));
}

/// Returns a constructor of a type in requests from the required fields, and a setter for each optional one.
pub(crate) fn builder(item: &ItemStruct) -> TokenStream {
    let name = &item.ident;
    let mut parameters = Vec::new();
    let mut values = Vec::new();
    let mut setters = Vec::new();
    for field in &item.fields {
        let Some(ident) = &field.ident else { continue };
        let (argument, value) = setter_argument(ident, &field.ty);
        if is_optional(&field.ty) {
            let docs = setter_docs(&wire_name(field), &field.ty, &doc_text(field));
            let setter = setter_name(ident, &["new"]);
            setters.push(quote! {
                #(#[doc = #docs])*
                #[must_use]
                pub fn #setter(mut self, #ident: #argument) -> Self {
                    self.#ident = #value;
                    self
                }
            });
            values.push(quote!(#ident: Patch::Absent));
        } else {
            parameters.push(quote!(#ident: #argument));
            values.push(field_value(ident, value));
        }
    }
    let doc = format!(
        " Creates {} from the required fields. Methods set the optional ones.",
        english(&name.to_string())
    );
    let value = match parameters.is_empty() {
        true => quote!(Self::default()),
        false => quote!(Self { #(#values),* }),
    };
    quote! {
        impl #name {
            #[doc = #doc]
            pub fn new(#(#parameters),*) -> Self {
                #value
            }
            #(#setters)*
        }
    }
}
