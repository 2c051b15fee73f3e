//! The result of a reconcile check, and the search of a list for it.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use katapult_gen::{ListOperation, Operation, RawResponse, Response};

use crate::client::Client;
use crate::error::Error;
use crate::transport::Call;

/// Items per page of a search.
// For few requests: each call of the check costs quota while the caller waits.
const SEARCH_PER_PAGE: i64 = 100;

/// Searches a list for the item that `matches` recognizes: the first page, and then from the last one back to
/// the first. Objects that are deleted during the search move the others to earlier pages, where a search
/// forwards would miss them.
pub(super) async fn search_list<L, G, F>(
    client: Client,
    mut list: Call<L>,
    matches: Arc<F>,
) -> Result<Option<Reconciled>, Error>
where
    L: ListOperation,
    G: Operation,
    F: Fn(&Client, &L::Item) -> Option<Call<G>>,
{
    let mut page = 1;
    let mut backwards = false;
    loop {
        list.operation_mut().set_page(page);
        list.operation_mut().set_per_page(SEARCH_PER_PAGE);
        let (response, _) = list.clone().send().await?.into_parts();
        let pages = L::pagination(&response).total_pages;
        let items = L::into_items(response);
        let is_empty = items.is_empty();
        let get = items.iter().find_map(|item| matches(&client, item));
        drop(items);
        if let Some(get) = get {
            return Reconciled::from_get_result(get.send().await);
        }
        page = match (page, pages) {
            (1, _) if backwards => return Ok(None),
            (page, _) if backwards => page - 1,
            (1, Some(pages)) if pages > 1 => {
                backwards = true;
                pages
            }
            (_, Some(_)) => return Ok(None),
            // A large list does not state its size, and ends with an empty page.
            (_, None) if is_empty => return Ok(None),
            (page, None) => page + 1,
        };
    }
}

/// The result of a write whose response was lost, in the form of that response.
///
/// The response of a creation and that of a get operation name the object in the same way
/// (`{"virtual_machine": {…}}`), so that the one can replace the other.
///
/// ```
/// use katapult_core::Reconciled;
///
/// let body = serde_json::json!({"task": {"id": "task_1"}});
/// let reconciled = Reconciled::from_json(&body);
/// # drop(reconciled);
/// ```
#[derive(Clone)]
pub struct Reconciled(RawResponse);

impl Reconciled {
    /// Creates the result from the JSON body that the lost response would have had.
    pub fn from_json(body: &serde_json::Value) -> Self {
        let body = body.to_string().into();
        let mut response = RawResponse::new(StatusCode::OK, HeaderMap::new(), body);
        response.attempts = 0; // nothing was sent for it
        Self(response)
    }

    /// Creates the result from that of a get operation: `None` if the object was not found.
    ///
    /// # Errors
    ///
    /// The given error, unless it is a 404.
    pub fn from_get_result<T>(result: Result<Response<T>, Error>) -> Result<Option<Self>, Error> {
        match result {
            Ok(response) => Ok(Some(response.into())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn into_response(self) -> RawResponse {
        self.0
    }
}

impl<T> From<Response<T>> for Reconciled {
    fn from(response: Response<T>) -> Self {
        Self(response.into_parts().1)
    }
}

impl fmt::Debug for Reconciled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciled")
            .field("status", &self.0.status)
            .finish_non_exhaustive()
    }
}
