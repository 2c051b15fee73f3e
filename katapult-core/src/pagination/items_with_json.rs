//! The items of a list as a stream, each with its JSON.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use katapult_gen::ListOperation;
use serde_json::Value;

use super::items::Items;
use crate::error::Error;
use crate::resume_token::ResumeToken;

/// The items of a list, each with its JSON, as a [`Stream`]; created by [`Items::with_json`].
#[must_use = "a stream does nothing until it is polled"]
pub struct ItemsWithJson<O: ListOperation + 'static> {
    items: Items<O>,
}

impl<O: ListOperation + 'static> Items<O> {
    /// Returns each item together with its JSON, which includes fields that this SDK does not know. Call it before
    /// the first item is read: for the rest of a page that was begun, the JSON is `null`.
    ///
    #[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
    #[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
    /// use katapult_core::{prelude::*, types::OrganizationLookup};
    ///
    /// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
    /// let acme = OrganizationLookup::sub_domain("acme");
    /// let mut machines = katapult.virtual_machines().list(&acme).items().with_json();
    /// while let Some((machine, json)) = machines.try_next().await? {
    ///     println!("{}: {}", machine.id, json["new_field"]);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn with_json(mut self) -> ItemsWithJson<O> {
        self.keep_json();
        ItemsWithJson { items: self }
    }
}

impl<O: ListOperation + 'static> ItemsWithJson<O> {
    /// Returns the position after the item that was returned last. See [`Items::resume_token`].
    pub fn resume_token(&self) -> Option<ResumeToken> {
        self.items.resume_token()
    }

    /// Returns the next item and its JSON; `None` after the last one, and after an error.
    ///
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<(O::Item, Value), Error>> {
        poll_fn(|context| self.poll_item(context)).await
    }

    /// Returns the next item and its JSON; `None` after the last one.
    ///
    /// # Errors
    ///
    /// That of a page that failed, with [a token to resume](Error::resume_token).
    pub async fn try_next(&mut self) -> Result<Option<(O::Item, Value)>, Error> {
        self.next().await.transpose()
    }

    fn poll_item(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<(O::Item, Value), Error>>> {
        self.items
            .poll_item(context)
            .map_ok(|item| (item, self.items.take_json()))
    }
}

// No field is pinned.
impl<O: ListOperation + 'static> Unpin for ItemsWithJson<O> {}

impl<O: ListOperation + 'static> Stream for ItemsWithJson<O> {
    type Item = Result<(O::Item, Value), Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_item(context)
    }
}

impl<O: ListOperation + 'static> fmt::Debug for ItemsWithJson<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ItemsWithJson").field(&self.items).finish()
    }
}
