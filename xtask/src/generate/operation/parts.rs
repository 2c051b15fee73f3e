//! The parts from which the code of an operation is generated.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use syn::ItemStruct;

use crate::generate::progenitor::output::Method;
use crate::spec::{Document, Operation};

pub(crate) struct OperationParts<'a> {
    pub(crate) document: &'a Document,
    /// The name of the operation's type.
    pub(crate) name: Ident,
    /// The name of the resource's handle.
    pub(crate) handle: Ident,
    pub(crate) operation: &'a Operation,
    /// The error codes that not all operations have.
    pub(crate) error_codes: BTreeMap<u16, Vec<String>>,
    pub(crate) method: &'a Method,
    /// The struct of the response; `None` if the response is text.
    pub(crate) response: Option<ItemStruct>,
    /// The struct of the request body, if there is one.
    pub(crate) body: Option<ItemStruct>,
    /// The struct of the body's field `properties`, if there is one.
    pub(crate) properties: Option<ItemStruct>,
    /// The struct of the object whose state changes in the background, if the operation returns one.
    pub(crate) with_state: Option<ItemStruct>,
    /// The expression for the id of a list's `item`.
    pub(crate) item_id: Option<TokenStream>,
}
