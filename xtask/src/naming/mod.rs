//! Names: case conversion, singular and plural, and reserved words.

pub(crate) mod case;
pub(crate) mod inflect;
pub(crate) mod reserved;
