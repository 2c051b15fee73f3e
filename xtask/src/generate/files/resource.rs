//! The file of one resource: its handle and its operations.

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{ItemStruct, Type, parse_quote};

use super::emitter::Emitter;
use super::format::{format, parse};
use super::imports::imports;
use crate::generate::descriptions::{of_operation, split_summary};
use crate::generate::operation::parts::OperationParts;
use crate::generate::progenitor::input::operation_type;
use crate::generate::types::fields::{inner, wire_name};
use crate::generate::{aliases, example, operation};
use crate::naming::case::{english, snake};
use crate::naming::inflect::singular;
use crate::naming::reserved::identifier;
use crate::spec::{Document, Operation, referred};

/// Returns the file of one resource.
pub(super) fn file(emitter: &Emitter<'_>, resource: &str) -> Result<String> {
    let handle = format_ident!("{}", emitter.document.handle(resource));
    let accessor = identifier(resource);
    let mut methods = TokenStream::new();
    let mut items = TokenStream::new();
    for (id, operation) in &emitter.document.operations {
        if operation.spec.resource != resource {
            continue;
        }
        let code = parts(emitter, id, operation)
            .and_then(operation::code)
            .with_context(|| id.clone())?;
        methods.extend(code.method);
        items.extend(code.items);
    }
    let words = english(resource);
    let module_doc = module_docs(emitter.document, resource, &words);
    let handle_doc = format!(" Operations on {words}.");
    let resource_doc = emitter.document.descriptions.resource(resource);
    let resource_doc: Vec<String> = (resource_doc.iter())
        .flat_map(|text| [String::new(), format!(" {text}")])
        .collect();
    let aliases = aliases::of_resource(emitter.document, resource);
    let aliases = (!aliases.is_empty()).then(|| quote!(#[doc(alias(#(#aliases),*))]));
    let accessor_doc = format!(" Returns the operations on {words}.");
    let file = parse(quote! {
        #[doc = #handle_doc]
        #(#[doc = #resource_doc])*
        #aliases
        #[derive(Clone)]
        pub struct #handle<T> {
            transport: T,
        }

        impl<T: Transport> Client<T> {
            #[doc = #accessor_doc]
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
            #methods
        }

        #items
    })
    .with_context(|| format!("the module {resource}"))?;
    // After parsing, since the imports depend on the paths in the items.
    let imports = imports(&file.items, emitter.document.types.keys(), &[])?;
    let items = file.items;
    let file = parse(quote! {
        #(#![doc = #module_doc])*
        #imports
        #(#items)*
    })?;
    Ok(format(file, ""))
}

/// Returns the documentation of a resource's module: the handle first, with its methods, and an example.
fn module_docs(document: &Document, resource: &str, words: &str) -> Vec<String> {
    let handle = document.handle(resource);
    // Lists of modules have the first paragraph alone.
    let mut lines = match document.descriptions.resource(resource) {
        None => vec![format!(
            " Operations on {words}, with their requests and responses."
        )],
        Some(text) => match split_summary(text) {
            (summary, None) => vec![format!(" {summary}")],
            (summary, Some(rest)) => {
                vec![format!(" {summary}"), String::new(), format!(" {rest}")]
            }
        },
    };
    lines.extend([
        String::new(),
        format!(
            " `katapult.{}()` returns the handle [`{handle}`], which has a method for each operation:",
            identifier(resource)
        ),
        String::new(),
        " | method | effect |".to_owned(),
        " | --- | --- |".to_owned(),
    ]);
    for operation in document.operations.values() {
        let spec = &operation.spec;
        if spec.resource == resource {
            let method = identifier(&snake(&spec.action));
            let (effect, _) = of_operation(document, operation);
            lines.push(format!(" | [`{method}`]({handle}::{method}) | {effect} |"));
        }
    }
    let example = example::of_resource(document, resource);
    if !example.is_empty() {
        lines.push(String::new());
        lines.extend(example);
    }
    lines
}

/// Returns the parts of an operation.
fn parts<'a>(
    emitter: &'a Emitter<'_>,
    id: &str,
    operation: &'a Operation,
) -> Result<OperationParts<'a>> {
    let document = emitter.document;
    let methods = &emitter.generated.methods;
    let method = methods
        .get(&id.replace('.', "_"))
        .context("progenitor made no method of it")?;
    let structure = |role: &str, exists: bool| {
        exists
            .then(|| emitter.structure(&operation_type(id, role)))
            .transpose()
    };
    let properties = operation
        .body
        .as_ref()
        .and_then(|body| referred(&body["properties"]["properties"]))
        .map(|name| emitter.finished(name))
        .transpose()?;
    let common = document.common_error_codes(operation.spec.api);
    let mut error_codes = operation.spec.error_codes.clone();
    error_codes.retain(|status, codes| {
        let common = common.get(status);
        codes.retain(|code| !common.is_some_and(|common| common.contains(code)));
        !codes.is_empty()
    });
    Ok(OperationParts {
        document,
        name: format_ident!("{}", document.operation_type(operation)),
        handle: format_ident!("{}", document.handle(&operation.spec.resource)),
        operation,
        error_codes,
        method,
        response: structure("Response", operation.response.is_some())?,
        body: structure("Body", operation.body.is_some())?,
        properties,
        with_state: with_state(emitter, operation)?,
        item_id: item_id(emitter, operation)?,
    })
}

/// Returns the struct of the object whose state changes in the background. `None` if the operation returns no such
/// object.
fn with_state(emitter: &Emitter<'_>, operation: &Operation) -> Result<Option<ItemStruct>> {
    if operation.spec.wait_states.is_none() {
        return Ok(None);
    }
    let object = operation
        .subject()
        .zip(operation.response.as_ref())
        .and_then(|(subject, response)| referred(&response["properties"][subject]));
    object.map(|name| emitter.finished(name)).transpose()
}

/// Returns the expression for the id of a list's `item`: its own, or that of the field that the list
/// is named after (`disk` in `disks`). `None` if the item has neither.
fn item_id(emitter: &Emitter<'_>, operation: &Operation) -> Result<Option<TokenStream>> {
    let Some(items) = operation.spec.list.as_ref().map(|list| list.items.as_str()) else {
        return Ok(None);
    };
    let listed = operation
        .response
        .as_ref()
        .and_then(|response| referred(&response["properties"][items]["items"]));
    let Some(listed) = listed else {
        return Ok(None);
    };
    let item = emitter.finished(listed)?;
    let noun = singular(items);
    let nested = item.fields.iter().find_map(|field| {
        let ty = inner(&field.ty, "Option").filter(|_| wire_name(field) == noun)?;
        let ty = inner(ty, "Box").unwrap_or(ty);
        Some((field.ident.as_ref()?, quote!(#ty).to_string()))
    });
    let nested = match nested {
        Some((field, ty)) if emitter.generated.structs.contains_key(&ty) => {
            has_id(&emitter.finished(&ty)?)
                .then(|| quote!(item.#field.as_ref().map(|#field| #field.id.as_str())))
        }
        _ => None,
    };
    // An empty id is an absent one, so the nested id is tried.
    let own = quote!(Some(item.id.as_str()));
    Ok(match (has_id(&item), nested) {
        (true, Some(nested)) => Some(quote!(#own.filter(|id| !id.is_empty()).or_else(|| #nested))),
        (true, None) => Some(own),
        (false, nested) => nested,
    })
}

fn has_id(item: &ItemStruct) -> bool {
    let string: Type = parse_quote!(String);
    item.fields
        .iter()
        .any(|field| wire_name(field) == "id" && field.ty == string)
}
