//! The facts of an operation, and how its request is built and its response is read.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Field, Ident, ItemStruct, Type};

use crate::generate::document::Operation;
use crate::generate::progenitor::Method;
use crate::generate::types::{inner, wire_name};
use crate::text::pascal;

pub(super) fn facts(
    id: &str,
    operation: &Operation,
    name: &Ident,
    response: &Type,
    fields: Option<&ItemStruct>,
    method: &Method,
) -> TokenStream {
    let verb = format_ident!("{}", operation.spec.method);
    let (title, path) = (&operation.spec.title, &operation.spec.path);
    let api = format_ident!("{}", pascal(operation.spec.api.name()));
    let scopes = &operation.spec.scopes;
    let codes = operation.spec.error_codes.iter().map(|(status, codes)| {
        let status = proc_macro2::Literal::u16_unsuffixed(*status);
        quote!((#status, &[#(#codes),*]))
    });
    let idempotent = operation.spec.idempotent;
    let request = &method.request;
    let checks: Vec<TokenStream> = fields
        .into_iter()
        .flat_map(|response| &response.fields)
        .filter(|field| operation.identified.contains(&wire_name(field)))
        .map(id_check)
        .collect();
    let decode = match operation.response {
        Some(_) if checks.is_empty() => quote!(crate::operation::decode_json(body)),
        Some(_) => quote! {
            let response: Self::Response = crate::operation::decode_json(body)?;
            #(#checks)*
            Ok(response)
        },
        None => quote!(Ok(String::from_utf8_lossy(body).into_owned())),
    };
    quote! {
        impl Operation for #name {
            type Response = #response;
            const ID: &'static str = #id;
            const TITLE: &'static str = #title;
            const METHOD: http::Method = http::Method::#verb;
            const PATH: &'static str = #path;
            const API: Api = Api::#api;
            const SCOPES: &'static [&'static str] = &[#(#scopes),*];
            const ERROR_CODES: &'static [(u16, &'static [&'static str])] = &[#(#codes),*];
            const IDEMPOTENT: bool = #idempotent;

            #[inline]
            fn request(&self, http: &reqwest::Client, base_url: &str) -> Result<reqwest::Request, reqwest::Error> {
                let url = [base_url, Self::PATH].concat();
                #request
            }

            #[inline] // compiled where it is used, and only if it is
            fn decode(body: &[u8]) -> Result<Self::Response, serde_json::Error> {
                #decode
            }
        }
    }
}

/// The check that an object at the top of a response, or each item of a list there, has its id.
fn id_check(field: &Field) -> TokenStream {
    let (name, wire) = (&field.ident, wire_name(field));
    let optional = inner(&field.ty, "Option");
    let is_list = inner(optional.unwrap_or(&field.ty), "Vec").is_some();
    match (is_list, optional.is_some()) {
        (true, true) => quote! {
            crate::operation::require_ids(#wire, response.#name.iter().flatten().map(|item| item.id.as_str()))?;
        },
        (true, false) => quote! {
            crate::operation::require_ids(#wire, response.#name.iter().map(|item| item.id.as_str()))?;
        },
        (false, true) => quote! {
            if let Some(object) = &response.#name {
                crate::operation::require_id(#wire, &object.id)?;
            }
        },
        (false, false) => quote! {
            crate::operation::require_id(#wire, &response.#name.id)?;
        },
    }
}
