//! One page, as it is given.

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    pub(super) number: i64,
    pub(super) total: Option<i64>,
    pub(super) total_pages: Option<i64>,
    pub(super) items: Vec<T>,
}

impl<T> Page<T> {
    /// Its number; pages count from 1.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// How many objects the list has in all; `None` of a large set.
    pub fn total(&self) -> Option<i64> {
        self.total
    }

    /// How many pages the list has in all; `None` of a large set.
    pub fn total_pages(&self) -> Option<i64> {
        self.total_pages
    }

    /// What is on it, less what was on an earlier page.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// What is on it, taken out.
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
