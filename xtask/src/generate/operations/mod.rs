//! One operation as code: its value, its response, its facts, and the methods by which it is reached.

mod about;
mod facts;
mod input;
mod roles;

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Field, ItemStruct, Type, parse_quote};

use about::about;
use facts::facts;
use input::{Input, Place, inputs, is_optional, setters, value};
use roles::roles;

use crate::generate::document::Operation;
use crate::generate::progenitor::Method;
use crate::generate::types::{Ways, finish, inner, taken, wire_name};
use crate::text::{english, identifier, is_plural, snake};

/// The code of one operation.
pub(crate) struct Code {
    /// The method on the resource's handle.
    pub(crate) entry: TokenStream,
    /// Types and impls.
    pub(crate) items: TokenStream,
}

/// Writes an operation; `response` and `body` are its own structs, `properties` the one of the body's field of that name,
/// `item_id` the way to the id of a list's `item`.
#[allow(clippy::too_many_arguments)]
pub(crate) fn code(
    id: &str,
    name: &str,
    operation: &Operation,
    method: &Method,
    response: Option<ItemStruct>,
    body: Option<ItemStruct>,
    properties: Option<&ItemStruct>,
    item_id: Option<TokenStream>,
) -> Result<Code> {
    let action = &operation.spec.action;
    let name = format_ident!("{name}");
    let entry = identifier(&snake(action));
    let entry_name = entry.to_string();
    let about = about(operation);
    let body = body.map(|mut body| {
        body.ident = format_ident!("{name}Body");
        finish(
            body,
            Ways {
                sent: true,
                received: false,
            },
        )
    });
    let inputs = inputs(method, body.as_ref(), properties);
    let mut names: BTreeSet<String> = body.iter().map(|_| "body".to_owned()).collect();
    for input in &inputs {
        let in_query = matches!(input.place, Place::Query);
        if (in_query || input.name != "body") && !names.insert(input.name.to_string()) {
            bail!(
                "its field `{}` would be there twice, as `{}`: teach xtask/src/generate to tell them apart",
                input.wire,
                input.name
            );
        }
    }
    let (required, optional): (Vec<&Input>, Vec<&Input>) =
        inputs.iter().partition(|input| !is_optional(&input.ty));
    let mut required = required;
    let nouns: Vec<&str> = operation.spec.path.split('/').collect();
    required.sort_by_key(|input| {
        let place = nouns.iter().position(|noun| *noun == input.wire);
        (place.unwrap_or(usize::MAX), input.wire.clone())
    });

    let parameters = required.iter().map(|input| {
        let (argument, _) = taken(&input.name, &input.ty);
        let name = &input.name;
        quote!(#name: #argument)
    });
    let value = value(&name, &inputs, body.as_ref());
    let entry = quote! {
        #(#[doc = #about])*
        pub fn #entry(&self, #(#parameters),*) -> Call<T, #name> {
            Call::new(self.transport.clone(), #value)
        }
    };

    let query_fields = inputs
        .iter()
        .filter(|input| matches!(input.place, Place::Query))
        .map(|input| {
            let (name, ty, wire) = (&input.name, &input.ty, &input.wire);
            let about = match wire.as_str() {
                "page" => " The page, counted from 1; the first if it is not given.".to_owned(),
                "per_page" => " How many a page; the API gives 30 if it is not given.".to_owned(),
                wire => format!(" The {}.", english(wire)),
            };
            let rename = (name != wire)
                .then(|| quote!(#[cfg_attr(feature = "round-trip", serde(rename = #wire))]));
            let default = is_optional(ty)
                .then(|| quote!(#[cfg_attr(feature = "round-trip", serde(default))]));
            quote! {
                #[doc = #about]
                #rename
                #default
                pub #name: #ty
            }
        });
    let body_field = body.as_ref().map(|body| {
        let ty = &body.ident;
        quote! {
            /// What is sent as the body.
            pub body: #ty
        }
    });
    let own_about = format!(
        " {} {}",
        about[0].trim(),
        format_args!("Made by the method `{entry_name}`.")
    );
    let response_type: Type = match &response {
        Some(_) => {
            let name = format_ident!("{name}Response");
            parse_quote!(#name)
        }
        None => parse_quote!(String),
    };
    let response = response.map(|mut response| {
        response.ident = format_ident!("{name}Response");
        let mut response = finish(
            response,
            Ways {
                sent: false,
                received: true,
            },
        );
        response.fields.iter_mut().for_each(doubtful_list);
        response
    });
    let setters = setters(&name, &optional);
    let facts = facts(
        id,
        operation,
        &name,
        &response_type,
        response.as_ref(),
        method,
    );
    let roles = roles(operation, &name, response.as_ref(), item_id)?;
    let items = quote! {
        #[doc = #own_about]
        #[derive(Clone, Debug)]
        #[cfg_attr(feature = "round-trip", derive(serde::Deserialize))]
        #[non_exhaustive]
        pub struct #name {
            #(#query_fields,)*
            #body_field
        }
        #body
        #response
        #facts
        #roles
        #setters
    };
    Ok(Code { entry, items })
}

/// A list whose name is that of one object is a slip, of the name or of the type, and nothing recorded
/// tells which: it is read from the plural name and from one bare object as well.
fn doubtful_list(field: &mut Field) {
    let wire = wire_name(field);
    if inner(&field.ty, "Vec").is_some() && !is_plural(&wire) {
        let plural = format!("{wire}s");
        field.attrs.push(parse_quote!(
            #[serde(alias = #plural, deserialize_with = "crate::operation::one_or_many")]
        ));
    }
}
