//! One page of a list.

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub(super) number: i64,
    pub(super) total: Option<i64>,
    pub(super) total_pages: Option<i64>,
    pub(super) items: Vec<T>,
}

impl<T> Page<T> {
    /// Returns the number of the page; the first is 1.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// Returns the number of objects in the list; `None` for a large list, of which the API does not state it.
    pub fn total(&self) -> Option<i64> {
        self.total
    }

    /// Returns the number of pages in the list; `None` for a large list, of which the API does not state it.
    pub fn total_pages(&self) -> Option<i64> {
        self.total_pages
    }

    /// Returns the items of the page, without those of earlier pages.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Returns the items of the page by value.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}
