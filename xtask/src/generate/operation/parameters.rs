//! The parameters of an operation: required ones are arguments, optional ones have setters.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, ItemStruct, Type};

use crate::generate::operation::parts::OperationParts;
use crate::generate::progenitor::output::Method;
use crate::generate::types::fields::{
    doc_text, field_value, inner, is_optional, setter_argument, setter_docs, setter_name, wire_name,
};

/// A query parameter, or a field of the body or of its `properties`.
pub(super) struct Parameter {
    pub(super) name: Ident,
    pub(super) ty: Type,
    pub(super) wire: String,
    /// The documentation in one line.
    pub(super) doc: String,
    pub(super) location: Location,
}

pub(super) enum Location {
    Query,
    Body,
    /// In the body's `properties`.
    Properties,
    /// In the body's `properties`, which are not sent if none is set.
    OptionalProperties,
}

/// Names that a setter cannot have: the methods of `Call`, and those of katapult-core's extension traits.
const RESERVED: &[&str] = &[
    "attempt_timeout",
    "body_field",
    "clone",
    "collect_all",
    "deadline",
    "first",
    "header",
    "items",
    "items_blocking",
    "new",
    "pages",
    "pages_blocking",
    "query_param",
    "reconcile",
    "reconcile_by_key",
    "reconcile_for",
    "reconcile_in",
    "retry",
    "trash",
    "validate",
    "wait",
    "wait_blocking",
    "wait_for",
    "wait_until_gone",
    "send",
    "send_blocking",
    "operation",
    "operation_mut",
    "options",
    "options_mut",
    "transport",
    "into_future",
];

/// Returns the parameters of an operation; `query_doc` documents those of the query by their names.
pub(super) fn parameters(
    method: &Method,
    body: Option<&ItemStruct>,
    properties: Option<&ItemStruct>,
    query_doc: impl Fn(&str) -> String,
) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    for argument in &method.arguments {
        if let Some(wire) = &argument.wire {
            parameters.push(Parameter {
                name: format_ident!("{}", argument.name),
                ty: argument.ty.clone(),
                wire: wire.clone(),
                doc: query_doc(wire),
                location: Location::Query,
            });
        }
    }
    let body_fields: Vec<String> = body
        .map(|body| body.fields.iter().map(wire_name).collect())
        .unwrap_or_default();
    for field in body.iter().flat_map(|body| &body.fields) {
        let wire = wire_name(field);
        let Some(name) = &field.ident else { continue };
        match properties {
            Some(properties) if wire == "properties" => {
                let is_optional = inner(&field.ty, "Patch").is_some();
                for inner_field in &properties.fields {
                    let wire = wire_name(inner_field);
                    if let Some(name) = &inner_field.ident
                        // A field of the body takes precedence over a property of its name.
                        && !body_fields.contains(&wire)
                    {
                        parameters.push(Parameter {
                            name: name.clone(),
                            ty: inner_field.ty.clone(),
                            wire,
                            doc: doc_text(inner_field),
                            location: match is_optional {
                                true => Location::OptionalProperties,
                                false => Location::Properties,
                            },
                        });
                    }
                }
            }
            _ => parameters.push(Parameter {
                name: name.clone(),
                ty: field.ty.clone(),
                wire,
                doc: doc_text(field),
                location: Location::Body,
            }),
        }
    }
    parameters
}

/// Returns the expression for the operation's value, from the required arguments.
pub(super) fn value(parts: &OperationParts<'_>, parameters: &[Parameter]) -> TokenStream {
    let name = &parts.name;
    let field = |parameter: &Parameter| {
        let name = &parameter.name;
        let ty = &parameter.ty;
        if inner(ty, "Patch").is_some() {
            quote!(#name: Patch::Absent)
        } else if inner(ty, "Option").is_some() {
            quote!(#name: None)
        } else {
            let (_, value) = setter_argument(name, ty);
            field_value(name, value)
        }
    };
    let query = parameters
        .iter()
        .filter(|parameter| matches!(parameter.location, Location::Query))
        .map(field);
    let body = parts.body.as_ref().map(|body| {
        let ty = &body.ident;
        let own = parameters
            .iter()
            .filter(|parameter| matches!(parameter.location, Location::Body))
            .map(field);
        let of_properties: Vec<&Parameter> = parameters
            .iter()
            .filter(|parameter| {
                let location = &parameter.location;
                matches!(
                    location,
                    Location::Properties | Location::OptionalProperties
                )
            })
            .collect();
        let properties = body
            .fields
            .iter()
            .find(|field| wire_name(field) == "properties")
            .filter(|_| !of_properties.is_empty());
        let properties = properties.map(|properties| {
            let ty = &properties.ty;
            if inner(ty, "Patch").is_some() {
                return quote!(properties: Patch::Absent,);
            }
            let given = of_properties
                .iter()
                .filter(|parameter| !is_optional(&parameter.ty))
                .map(|parameter| {
                    let (_, value) = setter_argument(&parameter.name, &parameter.ty);
                    value
                });
            // Users see the properties as arguments of the method, not as a type to construct.
            quote!(properties: #ty::new(#(#given),*),)
        });
        let fields = quote!(#(#own,)* #properties);
        match parts.operation.body_alone() {
            Some(_) => fields,
            None => quote!(body: #ty { #fields }),
        }
    });
    quote!(#name { #(#query,)* #body })
}

/// Returns the name of the setter of an optional parameter.
pub(super) fn setter(parameter: &Parameter) -> Ident {
    setter_name(&parameter.name, RESERVED)
}

/// Returns the setters of the optional parameters.
pub(super) fn setters(parts: &OperationParts<'_>, optional: &[&Parameter]) -> TokenStream {
    let name = &parts.name;
    let body = match parts.operation.body_alone() {
        Some(_) => quote!(self.operation),
        None => quote!(self.operation.body),
    };
    if optional.is_empty() {
        return TokenStream::new();
    }
    let setters = optional.iter().map(|parameter| {
        let field = &parameter.name;
        let setter = setter(parameter);
        let (argument, value) = setter_argument(field, &parameter.ty);
        let docs = match parameter.wire.as_str() {
            "page" => vec![" Sets the page, counted from 1. Default: 1.".to_owned()],
            "per_page" => vec![" Sets the number of items per page. Default: 30.".to_owned()],
            wire => setter_docs(wire, &parameter.ty, &parameter.doc),
        };
        let set = match parameter.location {
            Location::Query => quote!(self.operation.#field = #value;),
            Location::Body => quote!(#body.#field = #value;),
            Location::Properties => quote!(#body.properties.#field = #value;),
            Location::OptionalProperties => quote! {
                let known = #body.properties.value();
                let mut properties = known.cloned().unwrap_or_default();
                properties.#field = #value;
                #body.properties = Patch::Value(properties);
            },
        };
        quote! {
            #(#[doc = #docs])*
            pub fn #setter(mut self, #field: #argument) -> Self {
                #set
                self
            }
        }
    });
    quote! {
        impl<T: Transport> Call<T, #name> {
            #(#setters)*
        }
    }
}
