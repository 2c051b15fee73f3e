//! The traits of lists, tasks and trash, and those by which a response leads to its subject.

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::quote;

use crate::generate::operation::parts::OperationParts;
use crate::generate::types::fields::{inner, wire_name};

/// Returns the impls of the traits that apply to the operation and its response.
pub(super) fn traits(parts: &OperationParts<'_>) -> Result<TokenStream> {
    let Some(response) = &parts.response else {
        return Ok(TokenStream::new());
    };
    let (name, spec) = (&parts.name, &parts.operation.spec);
    let response_name = &response.ident;
    let field = |wire: &str| {
        response
            .fields
            .iter()
            .find(|field| wire_name(field) == wire)
    };
    let ident = |wire: &str| {
        field(wire)
            .and_then(|field| field.ident.clone())
            .with_context(|| format!("the response has no field {wire}"))
    };
    let mut impls = TokenStream::new();
    if let Some(subject) = parts.operation.subject()
        && let Some(field) = field(subject)
        // A reference to an optional field could not be returned.
        && inner(&field.ty, "Option").is_none()
    {
        let (ty, ident) = (&field.ty, ident(subject)?);
        impls.extend(quote! {
            impl std::ops::Deref for #response_name {
                type Target = #ty;

                #[inline]
                fn deref(&self) -> &Self::Target {
                    &self.#ident
                }
            }
            impl IntoSubject for #response_name {
                #[inline]
                fn into_subject(self) -> Self::Target {
                    self.#ident
                }
            }
        });
    }
    if let Some(list) = &spec.list {
        let items = &list.items;
        let field = field(items).context("the response has no list")?;
        let item = inner(&field.ty, "Vec").context("the field of the list is not a list")?;
        let (items, wire) = (ident(items)?, items);
        let pagination = ident("pagination")?;
        let item_id = parts.item_id.as_ref().map(|id| {
            quote! {
                fn item_id(item: &Self::Item) -> Option<&str> {
                    #id
                }
            }
        });
        impls.extend(quote! {
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

                fn into_items(response: Self::Response) -> Vec<Self::Item> {
                    response.#items
                }

                fn pagination(response: &Self::Response) -> &Pagination {
                    &response.#pagination
                }

                #item_id
            }
        });
    }
    if let Some(task) = &spec.task {
        let is_optional = field(task).is_some_and(|field| inner(&field.ty, "Option").is_some());
        let task = ident(task)?;
        let value = match is_optional {
            true => quote!(response.#task.as_ref()),
            false => quote!(Some(&response.#task)),
        };
        impls.extend(quote! {
            impl TaskOperation for #name {
                fn task(response: &Self::Response) -> Option<&Task> {
                    #value
                }
            }
        });
    }
    if let Some(trash) = &spec.trash {
        let trash = ident(trash)?;
        impls.extend(quote! {
            impl TrashOperation for #name {
                fn trash_object(response: &Self::Response) -> &TrashObject {
                    &response.#trash
                }
            }
        });
    }
    Ok(impls)
}
