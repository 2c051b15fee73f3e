//! The file of error codes and their details.

use anyhow::Result;
use katapult_openapi::Api;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::emitter::Emitter;
use super::format::{format, parse};
use super::imports::imports;
use crate::generate::descriptions::of_code;
use crate::generate::operation::docs::common_error_codes;
use crate::generate::operation::request::error_codes;
use crate::generate::types::custom::macro_call;
use crate::generate::types::variants::variants;

/// Returns the file of error codes.
pub(super) fn file(emitter: &Emitter<'_>) -> Result<String> {
    let codes: Vec<&str> = emitter.document.codes.keys().map(String::as_str).collect();
    let idents = variants(&codes);
    let lines = idents.iter().zip(&codes).flat_map(|(ident, code)| {
        let doc = of_code(emitter.document, code);
        doc.into_iter().chain([format!("{ident} = {code:?},")])
    });
    let error_code = macro_call(
        "open_enum",
        &[
            "/// Reason of an error, as the API states it.",
            "///",
            "/// The documentation of each operation lists its codes with their HTTP statuses. A code that this version",
            "/// does not know is `Unknown`; the API has some that its document lacks.",
        ]
        .map(str::to_owned),
        "ErrorCode",
        lines,
    );
    let mut structs = TokenStream::new();
    let mut detail_variants = Vec::new();
    let mut arms = Vec::new();
    for (ident, (code, detail)) in idents.iter().zip(&emitter.document.codes) {
        let Some(detail) = detail else { continue };
        let item = emitter.finished(detail)?;
        structs.extend(quote!(#item));
        let name = format_ident!("{detail}");
        let doc = format!(" Details of `{code}`.");
        // The enumeration of details has a variant `Other` of its own.
        let variant = match ident == "Other" {
            true => format_ident!("OtherCode"),
            false => ident.clone(),
        };
        detail_variants.push(quote! {
            #[doc = #doc]
            #variant(Box<#name>)
        });
        arms.push(quote! {
            ErrorCode::#ident => serde::Deserialize::deserialize(detail).ok().map(Self::#variant)
        });
    }
    let common = Api::ALL.map(|api| common_codes(emitter, api));
    let file = parse(quote! {
        #(#common)*

        /// Details of an error, in the type that belongs to its code.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum ErrorDetail {
            #(#detail_variants,)*
            /// Details of another code, or in a form other than the code's, verbatim.
            Other(serde_json::Value),
        }

        impl ErrorDetail {
            /// Reads the details of a code.
            #[inline]
            pub fn from_parts(code: &ErrorCode, detail: &serde_json::Value) -> Self {
                let typed = match code {
                    #(#arms,)*
                    _ => None,
                };
                typed.unwrap_or_else(|| Self::Other(detail.clone()))
            }
        }

        #structs
    })?;
    // After parsing, since the imports depend on the paths in the items.
    let imports = imports(&file.items, emitter.document.types.keys(), &[])?;
    let items = file.items;
    let file = parse(quote! {
        #![doc = " Error codes of the API, and the details that belong to them."]
        #imports
        #(#items)*
    })?;
    Ok(format(file, &format!("\n{error_code}")))
}

/// Returns the constant with the error codes that all operations of an API have.
fn common_codes(emitter: &Emitter<'_>, api: Api) -> TokenStream {
    let name = format_ident!("{}", common_error_codes(api));
    let common = emitter.document.common_error_codes(api);
    let doc =
        format!(" Error codes that every operation of the {api} API documents, by HTTP status:");
    let lines = common.iter().map(|(status, codes)| {
        let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
        format!(" - {status}: {}", codes.join(", "))
    });
    let values = error_codes(&common);
    quote! {
        #[doc = #doc]
        #[doc = ""]
        #(#[doc = #lines])*
        pub const #name: &[(u16, &str)] = #values;
    }
}
