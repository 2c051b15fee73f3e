//! The model of an upstream document.

use std::collections::BTreeMap;

use super::carried::Carried;

/// An upstream document.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Facts that need no model.
    pub(crate) carried: Carried,
    /// The version of the document, from `info`.
    pub(crate) version: String,
    /// The version of the product; older documents have none.
    pub(crate) product_version: Option<String>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) nodes: Vec<Node>,
    /// Each thing that is dropped or becomes a raw JSON value, with its place and the reason, one line each.
    pub(crate) notes: Vec<String>,
    /// The operations of `corrections.yaml` to ignore that the document has.
    pub(crate) ignored: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) tag: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) query: Vec<QueryParam>,
    pub(crate) body: Option<NodeId>,
    pub(crate) status: u16,
    pub(crate) response: ResponseBody,
    /// The other statuses of success, each with its fields.
    pub(crate) other_successes: BTreeMap<u16, ResponseBody>,
    pub(crate) deprecated: bool,
    /// Error codes by status, each with the schemas of its detail.
    pub(crate) errors: BTreeMap<u16, BTreeMap<String, Vec<NodeId>>>,
    /// `true` if the errors lack the envelope that the API puts around them.
    pub(crate) bare_errors: bool,
}

#[derive(Debug)]
pub(crate) enum ResponseBody {
    Json(NodeId),
    Text,
}

/// A query parameter as the document writes it: `virtual_machine[id]`.
#[derive(Debug)]
pub(crate) struct QueryParam {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) schema: SchemaRef,
}

pub(crate) type NodeId = usize;

/// A use of a schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SchemaRef {
    pub(crate) node: NodeId,
    pub(crate) nullable: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) schema: SchemaRef,
    pub(crate) required: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Object(BTreeMap<String, Property>),
    Array(SchemaRef),
    /// An object whose names are data: all values have one schema.
    Map(SchemaRef),
    Enum(Vec<String>),
    Scalar(Scalar),
    /// One of several schemas, by their names. Only a correction can state how they are distinguished.
    OneOf(BTreeMap<String, NodeId>),
    /// Any value: a schema without constraints, or one that this model cannot express.
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scalar {
    String,
    /// A text that the document, or a correction, states to be secret.
    Secret,
    Integer,
    Number,
    Boolean,
}
