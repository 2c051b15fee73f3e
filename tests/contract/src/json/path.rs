//! Paths of values in a JSON document.

/// A path with and without the indices of array items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JsonPath {
    /// The path with indices: `disks[1].size`.
    pub exact: String,
    /// The path without indices: `disks[].size`.
    pub general: String,
}

impl JsonPath {
    /// Returns the path of a field of this value.
    pub fn key(&self, key: &str) -> Self {
        let join = |base: &str| match base {
            "" => key.to_owned(),
            base => format!("{base}.{key}"),
        };
        Self {
            exact: join(&self.exact),
            general: join(&self.general),
        }
    }

    /// Returns the path of an item of this value.
    pub fn item(&self, index: usize) -> Self {
        Self {
            exact: format!("{}[{index}]", self.exact),
            general: format!("{}[]", self.general),
        }
    }
}
