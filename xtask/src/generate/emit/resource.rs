//! The file of one resource: its handle, and its operations.

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{ItemStruct, parse_quote};

use super::Emitter;
use super::print::{HEADER, printed};
use crate::generate::document::component_of;
use crate::generate::types::{inner, wire_name};
use crate::generate::{example, operations, prepare};
use crate::text::{english, identifier, singular};

impl Emitter<'_> {
    /// The file of one resource.
    pub(super) fn resource(&self, resource: &str) -> Result<String> {
        let handle = format_ident!("{}", self.document.handle(resource));
        let accessor = identifier(resource);
        let mut entries = TokenStream::new();
        let mut items = TokenStream::new();
        for (id, operation) in &self.document.operations {
            if operation.spec.resource != resource {
                continue;
            }
            let method = self
                .generated
                .methods
                .get(&id.replace('.', "_"))
                .with_context(|| format!("progenitor made no method of {id}"))?;
            let own = |role: &str, there: bool| {
                there
                    .then(|| self.structure(&prepare::own_type(id, role)))
                    .transpose()
            };
            let properties = operation
                .body
                .as_ref()
                .and_then(|body| reference(&body["properties"]["properties"]))
                .map(|name| self.finished(name))
                .transpose()?;
            let code = operations::code(
                id,
                &self.document.operation_type(operation),
                operation,
                method,
                own("Response", operation.response.is_some())?,
                own("Body", operation.body.is_some())?,
                properties.as_ref(),
                self.item_id(operation)?,
            )
            .with_context(|| id.clone())?;
            entries.extend(code.entry);
            items.extend(code.items);
        }
        let about = format!(
            " {}: the operations, and what they send and answer.",
            crate::text::capitalized(&english(resource))
        );
        let example = example::of(self.document, resource);
        let handle_about = format!(" Operations on {}.", english(resource));
        let accessor_about = format!(" Operations on {}.", english(resource));
        let tokens = quote! {
            #![doc = #about]
            #(#![doc = #example])*

            #[allow(unused_imports)]
            use super::types::*;
            #[allow(unused_imports)]
            use crate::{Api, Call, Client, ListOperation, Operation, TaskOperation, Transport, TrashOperation};

            #[doc = #handle_about]
            #[derive(Clone)]
            pub struct #handle<T> {
                transport: T,
            }

            impl<T: Transport> Client<T> {
                #[doc = #accessor_about]
                pub fn #accessor(&self) -> #handle<T> {
                    #handle { transport: self.transport.clone() }
                }
            }

            impl<T> std::fmt::Debug for #handle<T> {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.debug_struct(stringify!(#handle)).finish_non_exhaustive()
                }
            }

            impl<T: Transport> #handle<T> {
                #entries
            }

            #items
        };
        let printed = printed(tokens).with_context(|| format!("the module {resource}"))?;
        Ok(format!("{HEADER}\n{printed}"))
    }

    /// The way to the id of a list's `item`: its own, or that of the object that it holds and the list is named after
    /// (`disk` in `disks`); none where it has neither.
    fn item_id(
        &self,
        operation: &crate::generate::document::Operation,
    ) -> Result<Option<TokenStream>> {
        let Some(items) = operation.spec.list.as_ref().map(|list| list.items.as_str()) else {
            return Ok(None);
        };
        let listed = operation
            .response
            .as_ref()
            .and_then(|response| reference(&response["properties"][items]["items"]));
        let Some(listed) = listed else {
            return Ok(None);
        };
        let item = self.finished(listed)?;
        let noun = singular(items);
        let held = item.fields.iter().find_map(|field| {
            let ty = inner(&field.ty, "Option").filter(|_| wire_name(field) == noun)?;
            let ty = inner(ty, "Box").unwrap_or(ty);
            Some((field.ident.as_ref()?, quote!(#ty).to_string()))
        });
        let held = match held {
            Some((field, ty)) if self.generated.structs.contains_key(&ty) => {
                has_id(&self.finished(&ty)?)
                    .then(|| quote!(item.#field.as_ref().map(|#field| #field.id.as_str())))
            }
            _ => None,
        };
        let own = quote!(Some(item.id.as_str()));
        Ok(match (has_id(&item), held) {
            (true, Some(held)) => Some(quote!(#own.filter(|id| !id.is_empty()).or_else(|| #held))),
            (true, None) => Some(own),
            (false, held) => held,
        })
    }
}

fn has_id(item: &ItemStruct) -> bool {
    let string: [syn::Type; 2] = [parse_quote!(String), parse_quote!(::std::string::String)];
    item.fields
        .iter()
        .any(|field| wire_name(field) == "id" && string.contains(&field.ty))
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str())
        .map(component_of)
}
