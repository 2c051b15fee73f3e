//! Places in a response, for errors.

#![allow(dead_code)] // some features have no response with ids

use std::fmt;

/// The place of an object in a response: the name of a field, and the index if it is in a list.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    field: &'static str,
    index: Option<usize>,
}

impl Place {
    /// Returns the place of a field.
    pub(crate) fn field(field: &'static str) -> Self {
        Self { field, index: None }
    }

    /// Returns the place of an item in the list at this place.
    pub(crate) fn item(self, index: usize) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field)?;
        match self.index {
            Some(index) => write!(f, "[{index}]"),
            None => Ok(()),
        }
    }
}
