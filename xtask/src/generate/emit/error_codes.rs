//! The catalogue of error codes, and of what comes with them.

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::Emitter;
use super::print::{HEADER, printed};
use crate::generate::types::variants;

impl Emitter<'_> {
    /// The catalogue of error codes.
    pub(super) fn error_codes(&self) -> Result<String> {
        let codes: Vec<&str> = self.document.codes.keys().map(String::as_str).collect();
        let idents = variants(&codes);
        let lines: String = idents
            .iter()
            .zip(&codes)
            .map(|(ident, code)| format!("        {ident} = {code:?},\n"))
            .collect();
        let mut structs = TokenStream::new();
        let mut kinds = Vec::new();
        let mut arms = Vec::new();
        for (ident, (code, detail)) in idents.iter().zip(&self.document.codes) {
            let Some(detail) = detail else { continue };
            let item = self.finished(detail)?;
            structs.extend(quote!(#item));
            let name = format_ident!("{detail}");
            let about = format!(" With `{code}`.");
            let kind = match ident == "Other" {
                true => format_ident!("OtherCode"),
                false => ident.clone(),
            };
            kinds.push(quote! {
                #[doc = #about]
                #kind(Box<#name>)
            });
            arms.push(quote! {
                ErrorCode::#ident => serde_json::from_value(detail.clone()).ok().map(Self::#kind)
            });
        }
        let tokens = quote! {
            #![doc = " The API's error codes, and what they bring with them."]

            #[allow(unused_imports)]
            use super::types::*;

            /// What an error's code brings with it.
            #[derive(Clone, Debug)]
            #[non_exhaustive]
            pub enum ErrorDetail {
                #(#kinds,)*
                /// With any other code, or of another form than the code's own: as it came.
                Other(serde_json::Value),
            }

            impl ErrorDetail {
                /// Reads what came with a code.
                pub fn from_parts(code: &ErrorCode, detail: &serde_json::Value) -> Self {
                    let typed = match code {
                        #(#arms,)*
                        _ => None,
                    };
                    typed.unwrap_or_else(|| Self::Other(detail.clone()))
                }
            }

            #structs
        };
        Ok(format!(
            "{HEADER}\n{}\nopen_enum! {{\n    /// A code that says what went wrong.\n    pub enum ErrorCode {{\n{lines}    }}\n}}\n",
            printed(tokens)?
        ))
    }
}
