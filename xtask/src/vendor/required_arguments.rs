//! Arguments that the API refuses to do without, although the document does not require them.

use std::collections::BTreeMap;

use crate::vendor::upstream::{Node, NodeId, Property, Upstream};

/// The field of a body whose fields are arguments too.
const PROPERTIES: &str = "properties";

/// Makes arguments required, each given as `resource.action.argument`: a field of the request body, or of its
/// `properties`. Returns the number of those that the document does not require.
///
/// `names` has the names of the operations, in the document's order.
pub(super) fn require(upstream: &mut Upstream, names: &[String], at: &[String]) -> usize {
    let mut count = 0;
    for (operation, argument) in at.iter().filter_map(|place| place.rsplit_once('.')) {
        let Some(index) = names.iter().position(|name| name == operation) else {
            continue;
        };
        if let Some(body) = upstream.operations[index].body
            && let Some(corrected) = with_required(upstream, body, argument)
        {
            upstream.operations[index].body = Some(corrected);
            count += 1;
        }
    }
    count
}

/// Returns a copy of a body that requires the argument; `None` if the body requires it or does not have it.
///
/// A copy, since other operations can use the same schema: an update that changes one field sends no other.
fn with_required(upstream: &mut Upstream, body: NodeId, argument: &str) -> Option<NodeId> {
    let mut fields = fields(upstream, body)?;
    if let Some(field) = fields.get_mut(argument) {
        require_field(field)?;
    } else {
        let properties = fields.get_mut(PROPERTIES)?;
        properties.schema.node = with_required_field(upstream, properties.schema.node, argument)?;
        properties.required = true;
    }
    Some(add(upstream, fields))
}

fn with_required_field(upstream: &mut Upstream, object: NodeId, name: &str) -> Option<NodeId> {
    let mut fields = fields(upstream, object)?;
    require_field(fields.get_mut(name)?)?;
    Some(add(upstream, fields))
}

fn require_field(field: &mut Property) -> Option<()> {
    let was_required = std::mem::replace(&mut field.required, true);
    (!was_required).then_some(())
}

fn fields(upstream: &Upstream, node: NodeId) -> Option<BTreeMap<String, Property>> {
    match &upstream.nodes[node] {
        Node::Object(fields) => Some(fields.clone()),
        _ => None,
    }
}

fn add(upstream: &mut Upstream, fields: BTreeMap<String, Property>) -> NodeId {
    upstream.nodes.push(Node::Object(fields));
    upstream.nodes.len() - 1
}
