//! The `impl Operation`: the metadata, the query and body of the request, and the decoding of the response.

use std::collections::BTreeMap;

use katapult_openapi::{Api, Schema};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

use crate::generate::operation::parts::OperationParts;
use crate::generate::types::fields::type_name;
use crate::naming::case::pascal;

/// Returns the `impl Operation`.
pub(super) fn operation_impl(parts: &OperationParts<'_>, response: &Type) -> TokenStream {
    let name = &parts.name;
    let info = info(parts);
    let query = query(parts);
    let body = body(parts);
    let decode = decode(parts);
    quote! {
        impl Operation for #name {
            type Response = #response;
            const INFO: &'static OperationInfo = #info;

            #query
            #body

            #decode
        }
    }
}

/// Returns the metadata.
fn info(parts: &OperationParts<'_>) -> TokenStream {
    let spec = &parts.operation.spec;
    let (id, title, path) = (&spec.id, &spec.title, &spec.path);
    let method = format_ident!("{}", spec.method);
    let mut info = quote!(OperationInfo::new(#id, #title, http::Method::#method, #path));
    if spec.api != Api::Core {
        let api = format_ident!("{}", pascal(spec.api.name()));
        info.extend(quote!(.api(Api::#api)));
    }
    let scopes = &spec.scopes;
    if !scopes.is_empty() {
        info.extend(quote!(.scopes(&[#(#scopes),*])));
    }
    if !parts.error_codes.is_empty() {
        let codes = error_codes(&parts.error_codes);
        info.extend(quote!(.error_codes(#codes)));
    }
    if spec.idempotent {
        info.extend(quote!(.idempotent(true)));
    }
    quote!(&#info)
}

/// Returns the expression for error codes with their HTTP status.
pub(crate) fn error_codes(by_status: &BTreeMap<u16, Vec<String>>) -> TokenStream {
    let codes = by_status.iter().flat_map(|(status, codes)| {
        let status = Literal::u16_unsuffixed(*status);
        codes.iter().map(move |code| quote!((#status, #code)))
    });
    quote!(&[#(#codes),*])
}

/// Returns the `query` method; nothing if the operation has no query.
fn query(parts: &OperationParts<'_>) -> Option<TokenStream> {
    let arguments = parts.method.arguments.iter();
    let pushes: Vec<TokenStream> = arguments
        .filter_map(|argument| {
            let wire = argument.wire.as_ref()?;
            let name = format_ident!("{}", argument.name);
            let schema = type_name(&argument.ty).and_then(|name| parts.document.types.get(&name));
            let is_lookup = schema.is_some_and(|schema| Schema::new(schema, schema).is_lookup());
            // A lookup not through JSON, since most requests have one.
            Some(match is_lookup {
                true => quote!(query.push_lookup(#wire, self.#name.as_pair());),
                false => quote!(query.push(#wire, &self.#name);),
            })
        })
        .collect();
    (!pushes.is_empty()).then(|| {
        quote! {
            #[inline]
            fn query(&self, query: &mut QueryPairs) {
                #(#pushes)*
            }
        }
    })
}

/// Returns the `body` method; nothing if the operation has no body.
fn body(parts: &OperationParts<'_>) -> Option<TokenStream> {
    parts.body.as_ref()?;
    let body = match parts.operation.body_alone() {
        Some(_) => quote!(self),
        None => quote!(&self.body),
    };
    Some(quote! {
        #[inline]
        fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
            to_json(#body)
        }
    })
}

/// Returns the `decode` method of a response that is no JSON.
fn decode(parts: &OperationParts<'_>) -> Option<TokenStream> {
    parts.response.is_none().then(|| {
        quote! {
            fn decode(body: &[u8]) -> Result<Self::Response, serde_json::Error> {
                Ok(String::from_utf8_lossy(body).into_owned())
            }
        }
    })
}
