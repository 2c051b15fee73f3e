//! Places in a JSON value.

/// A place in a JSON value, written twice: with the indices of items, and without.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// With the indices of items: `disks[1].size`.
    pub exact: String,
    /// Without: `disks[].size`.
    pub general: String,
}

impl Place {
    /// The place of a field here.
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

    /// The place of an item here.
    pub fn item(&self, index: usize) -> Self {
        Self {
            exact: format!("{}[{index}]", self.exact),
            general: format!("{}[]", self.general),
        }
    }
}
