//! Pagination: all pages of a list as a stream, with prefetch and resumption.

mod cursor;
mod items;
mod items_with_json;
mod page;
mod pages;
mod refusal;

use std::future::Future;

use katapult_gen::ListOperation;

use crate::call::sealed::Sealed;
use crate::error::Error;
use crate::transport::Call;

pub use items::Items;
pub use items_with_json::ItemsWithJson;
pub use page::Page;
pub use pages::Pages;

/// All items of a list, or all its pages: on the call of every operation that returns a list.
///
/// Settings of the call, such as its deadline and its retry policy, apply to each page.
///
#[cfg_attr(feature = "virtual-machines", doc = "```no_run")]
#[cfg_attr(not(feature = "virtual-machines"), doc = "```ignore")]
/// use katapult_core::{prelude::*, types::OrganizationLookup};
///
/// # async fn run(katapult: katapult_core::Client) -> Result<(), katapult_core::Error> {
/// let acme = OrganizationLookup::sub_domain("acme");
/// let mut machines = katapult.virtual_machines().list(&acme).per_page(100).items();
/// while let Some(machine) = machines.try_next().await? {
///     println!("{}", machine.id);
/// }
/// # Ok(()) }
/// ```
pub trait ListExt<O: ListOperation + 'static>: Sealed + Sized {
    /// Returns the pages of the list, from the call's page (default: the first) to the last.
    fn pages(self) -> Pages<O>;

    /// Returns the items of the list, from the call's page (default: the first) to the last.
    fn items(self) -> Items<O> {
        Items::new(self.pages())
    }

    /// Collects all items.
    ///
    /// # Errors
    ///
    /// That of the first page that failed. The items before it are lost; [`Items::collect_into`] keeps them.
    fn collect_all(self) -> impl Future<Output = Result<Vec<O::Item>, Error>> + Send {
        self.items().collect_all()
    }

    /// Returns the first item, with one request; `None` if the list is empty.
    ///
    /// # Errors
    ///
    /// Those of the call.
    fn first(self) -> impl Future<Output = Result<Option<O::Item>, Error>> + Send;
}

impl<O: ListOperation + 'static> ListExt<O> for Call<O> {
    fn pages(self) -> Pages<O> {
        Pages::new(self)
    }

    async fn first(mut self) -> Result<Option<O::Item>, Error> {
        // With a page number of the caller, another page size would select another item.
        if self.operation().page().is_none() {
            self.operation_mut().set_per_page(1);
        }
        let response = self.send().await?.into_inner();
        Ok(O::into_items(response).into_iter().next())
    }
}
