//! The catalogue of error codes: `x-katapult-error-codes`.

use serde_json::Value;

use crate::schema::Schema;

/// An error code of the API, with its statuses and the schema of its detail.
#[derive(Clone, Copy, Debug)]
pub struct ErrorCode<'a> {
    root: &'a Value,
    code: &'a str,
    entry: &'a Value,
}

impl<'a> ErrorCode<'a> {
    pub(crate) fn new(root: &'a Value, code: &'a str, entry: &'a Value) -> Self {
        Self { root, code, entry }
    }

    /// Returns the code: `object_in_trash`.
    pub fn code(self) -> &'a str {
        self.code
    }

    /// Returns the HTTP statuses of responses with this code.
    pub fn statuses(self) -> impl Iterator<Item = u16> + 'a {
        let statuses = self.entry["statuses"].as_array().into_iter().flatten();
        statuses.filter_map(|status| status.as_u64()?.try_into().ok())
    }

    /// Returns the schema of the error's `detail`, if the document has one.
    pub fn detail(self) -> Option<Schema<'a>> {
        let node = self.entry.get("detail")?;
        Some(Schema::new(self.root, node))
    }
}
