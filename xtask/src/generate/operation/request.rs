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
    let mut written = TokenStream::new();
    // The last call that can fail, which returns the result.
    let mut pending: Option<TokenStream> = None;
    for argument in &parts.method.arguments {
        let Some(wire) = &argument.wire else { continue };
        let name = format_ident!("{}", argument.name);
        if let Some(push) = pending.take() {
            written.extend(quote!(#push?;));
        }
        let schema = type_name(&argument.ty).and_then(|name| parts.document.types.get(&name));
        if schema.is_some_and(|schema| Schema::new(schema, schema).is_lookup()) {
            // Not through JSON, since most requests have one.
            written.extend(quote! {
                let (key, value) = self.#name.as_pair();
                query.push_lookup(#wire, key, &value);
            });
        } else {
            pending = Some(quote!(query.push(#wire, &self.#name)));
        }
    }
    if pending.is_none() && written.is_empty() {
        return None;
    }
    let result = pending.unwrap_or_else(|| quote!(Ok(())));
    Some(quote! {
        #[inline]
        fn query(&self, query: &mut QueryPairs) -> Result<(), serde_json::Error> {
            #written
            #result
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
