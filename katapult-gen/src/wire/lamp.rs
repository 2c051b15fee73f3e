//! An object for tests, with an id that may be absent.

#[derive(Debug, PartialEq)]
pub(super) struct Lamp {
    pub(super) id: String,
}

impl_deserialize!(Lamp, 0 {} optional { 0 id: "id" });
