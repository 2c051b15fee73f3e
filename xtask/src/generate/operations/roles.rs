//! The traits of lists, tasks and trash, and the way from a response to what it is about.

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, ItemStruct};

use crate::generate::document::Operation;
use crate::generate::types::{inner, wire_name};

/// The traits of lists, tasks and trash, and the way from a response to what it is about.
pub(super) fn roles(
    operation: &Operation,
    name: &Ident,
    response: Option<&ItemStruct>,
    item_id: Option<TokenStream>,
) -> Result<TokenStream> {
    let Some(response) = response else {
        return Ok(TokenStream::new());
    };
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
            .with_context(|| format!("the response has no {wire}"))
    };
    let mut roles = TokenStream::new();
    if let Some(subject) = &operation.spec.subject
        && let Some(field) = field(subject)
        && inner(&field.ty, "Option").is_none()
    {
        let (ty, ident) = (&field.ty, ident(subject)?);
        roles.extend(quote! {
            impl std::ops::Deref for #response_name {
                type Target = #ty;

                fn deref(&self) -> &Self::Target {
                    &self.#ident
                }
            }
        });
    }
    if let Some(list) = &operation.spec.list {
        let items = &list.items;
        let field = field(items).context("the response has no list")?;
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
    if let Some(task) = &operation.spec.task {
        let task = ident(task)?;
        roles.extend(quote! {
            impl TaskOperation for #name {
                fn task(response: &Self::Response) -> &Task {
                    &response.#task
                }
            }
        });
    }
    if let Some(trash) = &operation.spec.trash {
        let trash = ident(trash)?;
        roles.extend(quote! {
            impl TrashOperation for #name {
                fn trash_object(response: &Self::Response) -> &TrashObject {
                    &response.#trash
                }
            }
        });
    }
    Ok(roles)
}
