//! Types of requests and responses: structs from progenitor, and custom types.

pub(super) mod boxes;
pub(super) mod custom;
pub(super) mod fields;
pub(super) mod json_schema;
pub(super) mod structs;
pub(super) mod variants;
