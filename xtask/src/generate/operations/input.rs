//! What an operation takes: arguments that must be given, and options that can be, which are setters.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, ItemStruct, Type};

use crate::generate::progenitor::Method;
use crate::generate::types::{about_setter, field_value, inner, setter, taken, wire_name};

/// An argument that must be given, or an option that can be.
pub(super) struct Input {
    pub(super) name: Ident,
    pub(super) ty: Type,
    pub(super) wire: String,
    pub(super) place: Place,
}

pub(super) enum Place {
    Query,
    Body,
    /// In the body's `properties`.
    Properties,
}

/// Names that a setter cannot have: the call's own methods, and those that katapult-core gives it.
const RESERVED: &[&str] = &[
    "attempt_timeout",
    "clone",
    "deadline",
    "first",
    "items",
    "new",
    "pages",
    "reconcile",
    "reconcile_in",
    "retry",
    "safe",
    "trash",
    "wait",
    "send",
    "operation",
    "operation_mut",
    "options",
    "options_mut",
    "transport",
    "into_future",
];

pub(super) fn is_optional(ty: &Type) -> bool {
    inner(ty, "Option").is_some() || inner(ty, "Patch").is_some()
}

pub(super) fn inputs(
    method: &Method,
    body: Option<&ItemStruct>,
    properties: Option<&ItemStruct>,
) -> Vec<Input> {
    let mut inputs = Vec::new();
    for argument in &method.arguments {
        if let Some(wire) = &argument.wire {
            inputs.push(Input {
                name: format_ident!("{}", argument.name),
                ty: argument.ty.clone(),
                wire: wire.clone(),
                place: Place::Query,
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
                for inner_field in &properties.fields {
                    let wire = wire_name(inner_field);
                    if let Some(name) = &inner_field.ident
                        && !body_fields.contains(&wire)
                    {
                        inputs.push(Input {
                            name: name.clone(),
                            ty: inner_field.ty.clone(),
                            wire,
                            place: Place::Properties,
                        });
                    }
                }
            }
            _ => inputs.push(Input {
                name: name.clone(),
                ty: field.ty.clone(),
                wire,
                place: Place::Body,
            }),
        }
    }
    inputs
}

/// The operation's value, made of the arguments that must be given.
pub(super) fn value(name: &Ident, inputs: &[Input], body: Option<&ItemStruct>) -> TokenStream {
    let field = |input: &Input| {
        let name = &input.name;
        let ty = &input.ty;
        if inner(ty, "Patch").is_some() {
            quote!(#name: crate::Patch::Absent)
        } else if inner(ty, "Option").is_some() {
            quote!(#name: None)
        } else {
            let (_, made) = taken(name, ty);
            field_value(name, made)
        }
    };
    let query = inputs
        .iter()
        .filter(|input| matches!(input.place, Place::Query))
        .map(field);
    let body = body.map(|body| {
        let ty = &body.ident;
        let own = inputs
            .iter()
            .filter(|input| matches!(input.place, Place::Body))
            .map(field);
        let of_properties: Vec<&Input> = inputs
            .iter()
            .filter(|input| matches!(input.place, Place::Properties))
            .collect();
        let properties = body
            .fields
            .iter()
            .find(|field| wire_name(field) == "properties")
            .filter(|_| !of_properties.is_empty());
        let properties = properties.map(|properties| {
            let ty = inner(&properties.ty, "Patch").unwrap_or(&properties.ty);
            let given = of_properties
                .iter()
                .filter(|input| !is_optional(&input.ty))
                .map(|input| {
                    let (_, made) = taken(&input.name, &input.ty);
                    made
                });
            quote!(properties: <#ty>::new(#(#given),*),)
        });
        quote!(body: #ty { #(#own,)* #properties })
    });
    quote!(#name { #(#query,)* #body })
}

pub(super) fn setters(name: &Ident, optional: &[&Input]) -> TokenStream {
    if optional.is_empty() {
        return TokenStream::new();
    }
    let setters = optional.iter().map(|input| {
        let field = &input.name;
        let setter = setter(field, RESERVED);
        let (argument, made) = taken(field, &input.ty);
        let about = match input.wire.as_str() {
            "page" => " Asks for this page; they count from 1.".to_owned(),
            "per_page" => " Asks for this many a page; the API gives 30 otherwise.".to_owned(),
            wire => about_setter(wire, &input.ty),
        };
        let target = match input.place {
            Place::Query => quote!(self.operation.#field),
            Place::Body => quote!(self.operation.body.#field),
            Place::Properties => quote!(self.operation.body.properties.#field),
        };
        quote! {
            #[doc = #about]
            pub fn #setter(mut self, #field: #argument) -> Self {
                #target = #made;
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
