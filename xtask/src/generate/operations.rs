//! One operation as code: its value, its reply, its facts, and the methods by which it is reached.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Field, Ident, ItemStruct, Type, parse_quote};

use crate::generate::document::Operation;
use crate::generate::progenitor::Method;
use crate::generate::types::{
    Ways, about_setter, field_value, finish, inner, setter, taken, wire_name,
};
use crate::text::{english, identifier, is_plural, pascal, snake};

/// The code of one operation.
pub(crate) struct Code {
    /// The method on the resource's handle.
    pub(crate) entry: TokenStream,
    /// Types and impls.
    pub(crate) items: TokenStream,
}

/// An argument that must be given, or an option that can be.
struct Input {
    name: Ident,
    ty: Type,
    wire: String,
    place: Place,
}

enum Place {
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

/// Writes an operation; `reply` and `body` are its own structs, `properties` the one of the body's field of that name,
/// `item_id` the way to the id of a list's `item`.
#[allow(clippy::too_many_arguments)]
pub(crate) fn code(
    id: &str,
    name: &str,
    operation: &Operation,
    method: &Method,
    reply: Option<ItemStruct>,
    body: Option<ItemStruct>,
    properties: Option<&ItemStruct>,
    item_id: Option<TokenStream>,
) -> Result<Code> {
    let action = operation.fact("action");
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
    let nouns: Vec<&str> = operation.path.split('/').collect();
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
    let reply_type: Type = match &reply {
        Some(_) => {
            let name = format_ident!("{name}Reply");
            parse_quote!(#name)
        }
        None => parse_quote!(String),
    };
    let reply = reply.map(|mut reply| {
        reply.ident = format_ident!("{name}Reply");
        let mut reply = finish(
            reply,
            Ways {
                sent: false,
                received: true,
            },
        );
        reply.fields.iter_mut().for_each(doubtful_list);
        reply
    });
    let setters = setters(&name, &optional);
    let facts = facts(id, operation, &name, &reply_type, reply.as_ref(), method);
    let roles = roles(operation, &name, reply.as_ref(), item_id)?;
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
        #reply
        #facts
        #roles
        #setters
    };
    Ok(Code { entry, items })
}

fn is_optional(ty: &Type) -> bool {
    inner(ty, "Option").is_some() || inner(ty, "Patch").is_some()
}

fn inputs(
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
fn value(name: &Ident, inputs: &[Input], body: Option<&ItemStruct>) -> TokenStream {
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

fn setters(name: &Ident, optional: &[&Input]) -> TokenStream {
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

fn facts(
    id: &str,
    operation: &Operation,
    name: &Ident,
    reply: &Type,
    fields: Option<&ItemStruct>,
    method: &Method,
) -> TokenStream {
    let verb = format_ident!("{}", operation.method);
    let (title, path) = (operation.fact("title"), &operation.path);
    let api = format_ident!("{}", pascal(operation.api));
    let scopes = texts(&operation.facts["scopes"]);
    let codes = operation.facts["errors"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(status, codes)| {
            let status = proc_macro2::Literal::u16_unsuffixed(status.parse().unwrap_or(0));
            let codes = texts(codes);
            quote!((#status, &[#(#codes),*]))
        });
    let idempotent = operation.facts["idempotent"].as_bool().unwrap_or(false);
    let request = &method.request;
    let checks: Vec<TokenStream> = fields
        .into_iter()
        .flat_map(|reply| &reply.fields)
        .filter(|field| operation.identified.contains(&wire_name(field)))
        .map(id_check)
        .collect();
    let decode = match operation.reply {
        Some(_) if checks.is_empty() => quote!(crate::operation::decode_json(body)),
        Some(_) => quote! {
            let reply: Self::Reply = crate::operation::decode_json(body)?;
            #(#checks)*
            Ok(reply)
        },
        None => quote!(Ok(String::from_utf8_lossy(body).into_owned())),
    };
    quote! {
        impl Operation for #name {
            type Reply = #reply;
            const ID: &'static str = #id;
            const TITLE: &'static str = #title;
            const METHOD: http::Method = http::Method::#verb;
            const PATH: &'static str = #path;
            const API: Api = Api::#api;
            const SCOPES: &'static [&'static str] = &[#(#scopes),*];
            const ERROR_CODES: &'static [(u16, &'static [&'static str])] = &[#(#codes),*];
            const IDEMPOTENT: bool = #idempotent;

            fn request(&self, http: &reqwest::Client, base_url: &str) -> Result<reqwest::Request, reqwest::Error> {
                let url = [base_url, Self::PATH].concat();
                #request
            }

            fn decode(body: &[u8]) -> Result<Self::Reply, serde_json::Error> {
                #decode
            }
        }
    }
}

/// The check that an object at the top of a reply, or each item of a list there, has its id.
fn id_check(field: &Field) -> TokenStream {
    let (name, wire) = (&field.ident, wire_name(field));
    let optional = inner(&field.ty, "Option");
    let is_list = inner(optional.unwrap_or(&field.ty), "Vec").is_some();
    match (is_list, optional.is_some()) {
        (true, true) => quote! {
            crate::operation::require_ids(#wire, reply.#name.iter().flatten().map(|item| item.id.as_str()))?;
        },
        (true, false) => quote! {
            crate::operation::require_ids(#wire, reply.#name.iter().map(|item| item.id.as_str()))?;
        },
        (false, true) => quote! {
            if let Some(object) = &reply.#name {
                crate::operation::require_id(#wire, &object.id)?;
            }
        },
        (false, false) => quote! {
            crate::operation::require_id(#wire, &reply.#name.id)?;
        },
    }
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

fn texts(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The traits of lists, tasks and trash, and the way from a reply to what it is about.
fn roles(
    operation: &Operation,
    name: &Ident,
    reply: Option<&ItemStruct>,
    item_id: Option<TokenStream>,
) -> Result<TokenStream> {
    let Some(reply) = reply else {
        return Ok(TokenStream::new());
    };
    let reply_name = &reply.ident;
    let field = |wire: &str| reply.fields.iter().find(|field| wire_name(field) == wire);
    let ident = |wire: &str| {
        field(wire)
            .and_then(|field| field.ident.clone())
            .with_context(|| format!("the reply has no {wire}"))
    };
    let mut roles = TokenStream::new();
    if let Some(subject) = operation.facts["subject"].as_str()
        && let Some(field) = field(subject)
        && inner(&field.ty, "Option").is_none()
    {
        let (ty, ident) = (&field.ty, ident(subject)?);
        roles.extend(quote! {
            impl std::ops::Deref for #reply_name {
                type Target = #ty;

                fn deref(&self) -> &Self::Target {
                    &self.#ident
                }
            }
        });
    }
    if let Some(items) = operation.facts["list"]["items"].as_str() {
        let field = field(items).context("the reply has no list")?;
        let item = inner(&field.ty, "Vec").context("the list is no list")?;
        let (items, wire) = (ident(items)?, items);
        let pagination = ident("pagination")?;
        let item_id = item_id.map(|id| {
            quote! {
                fn item_id(item: &Self::Item) -> Option<&str> {
                    #id
                }
            }
        });
        roles.extend(quote! {
            impl ListOperation for #name {
                type Item = #item;
                const ITEMS: &'static str = #wire;

                fn set_page(&mut self, page: i64) {
                    self.page = Some(page);
                }

                fn page(&self) -> Option<i64> {
                    self.page
                }

                fn set_per_page(&mut self, per_page: i64) {
                    self.per_page = Some(per_page);
                }

                fn per_page(&self) -> Option<i64> {
                    self.per_page
                }

                fn into_items(reply: Self::Reply) -> Vec<Self::Item> {
                    reply.#items
                }

                fn pagination(reply: &Self::Reply) -> &Pagination {
                    &reply.#pagination
                }

                #item_id
            }
        });
    }
    if let Some(task) = operation.facts["task"].as_str() {
        let task = ident(task)?;
        roles.extend(quote! {
            impl TaskOperation for #name {
                fn task(reply: &Self::Reply) -> &Task {
                    &reply.#task
                }
            }
        });
    }
    if let Some(trash) = operation.facts["trash"].as_str() {
        let trash = ident(trash)?;
        roles.extend(quote! {
            impl TrashOperation for #name {
                fn trash_object(reply: &Self::Reply) -> &TrashObject {
                    &reply.#trash
                }
            }
        });
    }
    Ok(roles)
}

/// The lines of an operation's documentation.
fn about(operation: &Operation) -> Vec<String> {
    const EVERYWHERE: &[&str] = &[
        "invalid_api_token",
        "invalid_capabilities_token",
        "missing_api_token",
        "permission_denied",
        "rate_limit_reached",
        "scope_not_granted",
        "service_unavailable",
        "unauthorized_network_for_api_token",
    ];
    let mut lines = vec![
        format!(" {}.", crate::text::capitalized(operation.fact("title"))),
        String::new(),
        format!(" `{} {}`", operation.method, operation.path),
    ];
    let scopes = texts(&operation.facts["scopes"]);
    let mut facts = vec![match scopes.as_slice() {
        [] => "Needs no scope".to_owned(),
        [only] => format!("Needs the scope `{only}`"),
        several => format!("Needs one of the scopes `{}`", several.join("`, `")),
    }];
    if operation.facts.get("list").is_some() {
        facts.push("answers page by page".to_owned());
    }
    if operation.facts.get("task").is_some() {
        facts.push("queues a task".to_owned());
    }
    if operation.facts.get("trash").is_some() {
        facts.push("moves the object to the trash".to_owned());
    }
    if !operation.facts["idempotent"].as_bool().unwrap_or(false) {
        facts.push("is not idempotent".to_owned());
    }
    lines.push(String::new());
    lines.push(format!(" {}.", facts.join("; ")));
    let own: Vec<String> = operation.facts["errors"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(status, codes)| {
            texts(codes)
                .into_iter()
                .filter(|code| !EVERYWHERE.contains(code))
                .map(move |code| format!("{status} `{code}`"))
        })
        .collect();
    if !own.is_empty() {
        lines.push(String::new());
        lines.push(" # Errors".to_owned());
        lines.push(String::new());
        lines.push(format!(
            " Besides what every operation can answer: {}.",
            own.join(", ")
        ));
    }
    lines
}
