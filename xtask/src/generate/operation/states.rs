//! The traits of operations that return an object whose state changes in the background.

use anyhow::{Context, Result};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Field, Type, parse_quote};

use crate::generate::operation::parameters::Parameter;
use crate::generate::operation::parts::OperationParts;
use crate::generate::types::fields::{inner, is_optional, wire_name};
use crate::naming::case::english;

/// Returns the impls of the traits of states; nothing for an operation without them.
///
/// `required` are the arguments of the operation's `method`.
pub(super) fn traits(
    parts: &OperationParts<'_>,
    method: &Ident,
    required: &[&Parameter],
) -> Result<TokenStream> {
    let Some((object, states)) = parts
        .with_state
        .as_ref()
        .zip(parts.operation.spec.wait_states.as_ref())
    else {
        return Ok(TokenStream::new());
    };
    let (name, handle, object_name) = (&parts.name, &parts.handle, &object.ident);
    let field = |wire: &str| object.fields.iter().find(|field| wire_name(field) == wire);
    let state = field(&states.field)
        .with_context(|| format!("{object_name} has no field {}", states.field))?;
    let state_type = inner(&state.ty, "Option").unwrap_or(&state.ty);
    let state_name = &state.ident;
    let state = match is_optional(&state.ty) {
        true => quote!(object.#state_name.as_ref().map(|state| state.as_str())),
        false => quote!(Some(object.#state_name.as_str())),
    };
    let noun = parts.operation.subject().map(english).unwrap_or_default();
    let failed = &states.failed;
    let timeout = states.timeout.as_secs();
    let id = field("id").filter(|id| is_text(id)).map(|_| {
        quote! {
            fn id(object: &Self::Object) -> &str {
                &object.id
            }
        }
    });
    let succeeded = (!states.succeeded.is_empty()).then(|| {
        let succeeded = &states.succeeded;
        quote!(const SUCCEEDED: &'static [&'static str] = &[#(#succeeded),*];)
    });
    let failed_after = (!states.failed_after.is_zero()).then(|| {
        let seconds = states.failed_after.as_secs();
        quote!(const FAILED_AFTER: std::time::Duration = std::time::Duration::from_secs(#seconds);)
    });
    let pending_codes = (!states.pending_codes.is_empty()).then(|| {
        let codes = &states.pending_codes;
        quote!(const PENDING_CODES: &'static [&'static str] = &[#(#codes),*];)
    });
    let mut impls = quote! {
        impl StateOperation for #name {
            type Object = #object_name;
            type State = #state_type;
            const NOUN: &'static str = #noun;
            #succeeded
            const FAILED: &'static [&'static str] = &[#(#failed),*];
            #failed_after
            #pending_codes
            const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(#timeout);

            #[inline]
            fn into_object(response: Self::Response) -> Self::Object {
                response.into_subject()
            }

            #id

            #[inline]
            fn state(object: &Self::Object) -> Option<&str> {
                #state
            }
        }
    };
    if !states.succeeded.is_empty() {
        impls.extend(quote!(impl SettlingOperation for #name {}));
    }
    if let [lookup] = required {
        let lookup = &lookup.ty;
        impls.extend(quote! {
            impl<T: Transport> StateResource<T> for #handle<T> {
                type Lookup = #lookup;
                type Get = #name;

                fn get_state(&self, lookup: Self::Lookup) -> Call<T, Self::Get> {
                    self.#method(lookup)
                }
            }
        });
    }
    Ok(impls)
}

fn is_text(field: &Field) -> bool {
    let text: Type = parse_quote!(String);
    field.ty == text
}
