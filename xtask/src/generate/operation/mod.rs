//! The code of one operation: its value, its request and response, its metadata, and its methods.

pub(super) mod docs;
mod parameters;
pub(super) mod parts;
pub(super) mod request;
mod states;
mod traits;

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Field, ItemStruct, Type, parse_quote};

use crate::generate::descriptions::{Owner, of_field};
use crate::generate::deserialize;
use crate::generate::types::fields::{inner, is_optional, setter_argument, wire_name};
use crate::generate::types::structs::finish_struct;
use crate::generate::usage::Usage;
use crate::naming::case::snake;
use crate::naming::inflect::is_plural;
use crate::naming::reserved::identifier;
use parameters::{Location, Parameter};
use parts::OperationParts;

/// The code of one operation.
pub(crate) struct OperationCode {
    /// The method of the resource's handle.
    pub(crate) method: TokenStream,
    /// Types and impls.
    pub(crate) items: TokenStream,
}

/// Generates the code of an operation.
pub(crate) fn code(mut parts: OperationParts<'_>) -> Result<OperationCode> {
    let name = parts.name.clone();
    let method_name = identifier(&snake(&parts.operation.spec.action));
    let is_body = parts.operation.body_alone().is_some();
    if let Some(body) = &mut parts.body {
        body.ident = match is_body {
            true => name.clone(),
            false => format_ident!("{name}Body"),
        };
        *body = finish_struct(body.clone(), Usage::REQUEST);
        if let Some(properties) = &parts.properties {
            require_properties(body, properties);
        }
    }
    if let Some(response) = &mut parts.response {
        response.ident = format_ident!("{name}Response");
        *response = finish_struct(response.clone(), Usage::RESPONSE);
        let with_id = &parts.operation.fields_with_id;
        for field in &mut response.fields {
            read_response_field(field, with_id.contains(&wire_name(field)));
        }
        accept_instead(response, &parts.operation.spec);
        deserialize::mark_response(response);
    }
    let (body, response) = (&parts.body, &parts.response);
    let query_doc = |wire: &str| {
        let parameter = parts.operation.query.get(wire);
        let schema = parameter.map_or(&serde_json::Value::Null, |parameter| &parameter.schema);
        of_field(
            parts.document,
            Owner::Request(parts.operation),
            wire,
            schema,
        )
    };
    let properties = parts.properties.as_ref();
    let parameters = parameters::parameters(parts.method, body.as_ref(), properties, query_doc);
    check_distinct(&parameters, body.is_some() && !is_body)?;
    let (mut required, optional): (Vec<&Parameter>, Vec<&Parameter>) = parameters
        .iter()
        .partition(|parameter| !is_optional(&parameter.ty));
    // In the order of the path, as people name things: the organization before what is in it.
    let nouns: Vec<&str> = parts.operation.spec.path.split('/').collect();
    required.sort_by_key(|parameter| {
        let position = nouns.iter().position(|noun| *noun == parameter.wire);
        (position.unwrap_or(usize::MAX), parameter.wire.clone())
    });

    let docs = docs::docs(&parts, &required, &optional, &method_name.to_string());
    let (method_docs, operation_docs, aliases) = (docs.method, docs.operation, docs.aliases);
    let arguments = required.iter().map(|parameter| {
        let (argument, _) = setter_argument(&parameter.name, &parameter.ty);
        let name = &parameter.name;
        quote!(#name: #argument)
    });
    let value = parameters::value(&parts, &parameters);
    let deprecated = parts.operation.spec.deprecated.then(
        || quote!(#[deprecated = "The API advises against the operation, and can remove it."]),
    );
    let method = quote! {
        #(#[doc = #method_docs])*
        #[doc(alias(#(#aliases),*))]
        #deprecated
        pub fn #method_name(&self, #(#arguments),*) -> Call<T, #name> {
            Call::new(self.transport.clone(), #value)
        }
    };

    let response_type: Type = match &response {
        Some(response) => {
            let name = &response.ident;
            parse_quote!(#name)
        }
        None => parse_quote!(String),
    };
    let value_type = value_type(&parts, &operation_docs, &parameters);
    let operation_impl = request::operation_impl(&parts, &response_type);
    let traits = traits::traits(&parts)?;
    let states = states::traits(&parts, &method_name, &required)?;
    let setters = parameters::setters(&parts, &optional);
    let items = quote! {
        #value_type
        #response
        #operation_impl
        #traits
        #states
        #setters
    };
    Ok(OperationCode { method, items })
}

/// Returns the type of the operation's value: its body, or its query parameters, with the body in a field of its own
/// if there are both.
fn value_type(
    parts: &OperationParts<'_>,
    docs: &[String],
    parameters: &[Parameter],
) -> TokenStream {
    let (name, body) = (&parts.name, &parts.body);
    if let Some(body) = body
        && parts.operation.body_alone().is_some()
    {
        let mut value = body.clone();
        value
            .attrs
            .retain(|attribute| !attribute.path().is_ident("doc"));
        return quote!(#(#[doc = #docs])* #value);
    }
    let query_fields = parameters
        .iter()
        .filter(|parameter| matches!(parameter.location, Location::Query))
        .map(query_field);
    let body_field = body.as_ref().map(|body| {
        let ty = &body.ident;
        quote! {
            /// The request body.
            pub body: #ty
        }
    });
    quote! {
        #(#[doc = #docs])*
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
        #[non_exhaustive]
        pub struct #name {
            #(#query_fields,)*
            #body_field
        }
        #body
    }
}

/// Makes optional `properties` required if one of their fields is: it is an argument of the method, so they are always
/// sent.
fn require_properties(body: &mut ItemStruct, properties: &ItemStruct) {
    if properties.fields.iter().all(|field| is_optional(&field.ty)) {
        return;
    }
    for field in &mut body.fields {
        if wire_name(field) == "properties"
            && let Some(ty) = inner(&field.ty, "Patch").cloned()
        {
            field.ty = ty;
            field
                .attrs
                .retain(|attribute| !attribute.path().is_ident("serde"));
        }
    }
}

/// Returns an error if two parameters have one name in Rust.
fn check_distinct(parameters: &[Parameter], has_body: bool) -> Result<()> {
    let mut names: BTreeSet<String> = has_body.then(|| "body".to_owned()).into_iter().collect();
    for parameter in parameters {
        let in_query = matches!(parameter.location, Location::Query);
        if (in_query || parameter.name != "body") && !names.insert(parameter.name.to_string()) {
            bail!(
                "its field `{0}` would be a second `{1}`: leave it out in openapi/corrections.yaml, with the rule \
                 `ignore_fields` and its place `RESOURCE.ACTION.{0}`",
                parameter.wire,
                parameter.name
            );
        }
    }
    Ok(())
}

/// Returns the field of the operation's value for a query parameter.
fn query_field(parameter: &Parameter) -> TokenStream {
    let (name, ty, wire) = (&parameter.name, &parameter.ty, &parameter.wire);
    let doc = match wire.as_str() {
        "page" => " The page, counted from 1. Default: 1.".to_owned(),
        "per_page" => " The number of items per page. Default: 30.".to_owned(),
        _ => format!(" {}", parameter.doc),
    };
    let rename =
        (name != wire).then(|| quote!(#[cfg_attr(feature = "serde", serde(rename = #wire))]));
    // A query is sent as pairs; the value as a whole is written only where a program stores it.
    let default = is_optional(ty).then(|| {
        quote!(#[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))])
    });
    quote! {
        #[doc = #doc]
        #rename
        #default
        pub #name: #ty
    }
}

/// Lets the subject be absent if another status of success has another field instead.
fn accept_instead(response: &mut ItemStruct, operation: &katapult_openapi::Operation) {
    let others: Vec<&str> = (operation.instead_of_subject.iter())
        .map(String::as_str)
        .collect();
    let list = others.join("` or `");
    for field in &mut response.fields {
        let wire = wire_name(field);
        if others.contains(&wire.as_str()) {
            deserialize::accept_instead(field);
        } else if !others.is_empty() && operation.subject.as_ref() == Some(&wire) {
            let doc = format!(" Empty, without an id, if the API returns `{list}` instead.");
            field.attrs.push(parse_quote!(#[doc = ""]));
            field.attrs.push(parse_quote!(#[doc = #doc]));
        }
    }
}

/// Lets a field read what the document does not state, and demand an id where it has one.
///
/// A list with a singular name accepts the plural name and a single object: either the name or the type of such a field
/// is a mistake of the document, and no recording shows which.
fn read_response_field(field: &mut Field, has_id: bool) {
    let wire = wire_name(field);
    if inner(&field.ty, "Vec").is_some() && !is_plural(&wire) {
        deserialize::accept_one_or_many(field);
    }
    if has_id {
        deserialize::require_id(field);
    }
}
