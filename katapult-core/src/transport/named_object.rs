//! The objects that a request names: by their ids, or by names that another object may have later.
//!
//! An object's parameter has the name of a segment of the path: `/dns_zones/dns_zone` takes `dns_zone`, in the query or
//! in the body. So this needs no knowledge of the operation, and works for one that the document lacks.

use bytes::Bytes;
use http::Request;
use katapult_gen::__private::ID_PREFIXES;
use katapult_gen::{IdempotencySource, OperationInfo, RequestLookup};
use serde_json::Value;

/// Returns `true` if no other object can have the name: for an `id`, and a trash object's `object_id`.
fn is_by_id(object: &RequestLookup) -> bool {
    object.key() == "id" || object.key().ends_with("_id")
}

/// Returns the id, if the request names the object by its id.
pub(super) fn id(object: &RequestLookup) -> Option<&str> {
    (object.key() == "id").then_some(object.value())
}

/// Returns the reason why no object can have one of these names, if it is evident.
pub(super) fn problem(objects: &[RequestLookup]) -> Option<String> {
    objects.iter().find_map(problem_of)
}

fn problem_of(object: &RequestLookup) -> Option<String> {
    let (parameter, key, value) = (object.parameter(), object.key(), object.value());
    if value.is_empty() {
        return Some(format!("{parameter}[{key}] is empty"));
    }
    let (prefix, _) = value.split_once('_').filter(|_| key == "id")?;
    // An unknown prefix may be that of a new kind of object.
    let (other, _) = ID_PREFIXES.iter().find(|(_, known)| *known == prefix)?;
    (!is_same_kind(parameter, other))
        .then(|| format!("{parameter}[id] is the id of another kind of object ({other}): {value}"))
}

/// Returns `true` if a parameter may name an object of a kind: `access_key` is short for
/// `object_storage_access_key`.
fn is_same_kind(parameter: &str, kind: &str) -> bool {
    let ends_with = |long: &str, short: &str| {
        let rest = long.strip_suffix(short);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    };
    ends_with(parameter, kind) || ends_with(kind, parameter)
}

/// Returns the objects that a request names.
pub(super) fn of_request(request: &Request<Bytes>) -> Vec<RequestLookup> {
    let uri = request.uri();
    named_objects(uri.path(), uri.query().unwrap_or_default(), request.body())
}

/// Returns the index of the object that an operation is about: the last one in its path.
pub(super) fn subject(operation: &OperationInfo, objects: &[RequestLookup]) -> Option<usize> {
    let position = |object: &RequestLookup| {
        let mut segments = operation.path.rsplit('/');
        segments.position(|segment| segment == object.parameter())
    };
    let indices = 0..objects.len();
    indices.min_by_key(|index| position(&objects[*index]).unwrap_or(usize::MAX))
}

/// Returns `true` if a repetition of a request could reach another object than the first attempt.
pub(super) fn is_by_name(operation: &OperationInfo, objects: &[RequestLookup]) -> bool {
    let by_id = objects.iter().all(is_by_id);
    // A read may find another object, and changes none.
    !operation.method.is_safe()
        && match operation.idempotency_source {
            IdempotencySource::Caller => false,
            // A raw path that names nothing may have a name of its own in a segment.
            IdempotencySource::Method => objects.is_empty() || !by_id,
            _ => !by_id,
        }
}

fn named_objects(path: &str, query: &str, body: &[u8]) -> Vec<RequestLookup> {
    let is_object = |name: &str| path.split('/').any(|segment| segment == name);
    let mut objects = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let object = RequestLookup::new(name, value);
        objects.extend(object.filter(|object| is_object(object.parameter())));
    }
    if body.is_empty() {
        return objects;
    }
    // Only a write has a body, and it is small.
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    for (parameter, lookup) in body.as_object().into_iter().flatten() {
        // A lookup has one key. An object with several is a new one, with its properties.
        let keys = lookup.as_object().filter(|keys| keys.len() == 1);
        let keys = keys.into_iter().flatten();
        objects.extend(
            keys.filter(|_| is_object(parameter))
                .filter_map(|(key, value)| {
                    let name = format!("{parameter}[{key}]");
                    RequestLookup::new(name, value.as_str()?)
                }),
        );
    }
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(path: &str, body: &str) -> Vec<RequestLookup> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        named_objects(path, query, body.as_bytes())
    }

    #[test]
    fn object_is_named_by_id_or_by_name() {
        let package = "/core/v1/virtual_machines/virtual_machine/package";
        let cases = [
            (package, r#"{"virtual_machine":{"id":"vm_1"}}"#, true),
            (
                package,
                r#"{"virtual_machine":{"fqdn":"web-1.acme.example"}}"#,
                false,
            ),
            // What the object shall have is not the object.
            (
                package,
                r#"{"virtual_machine":{"id":"vm_1"},"virtual_machine_package":{"permalink":"rock-3"}}"#,
                true,
            ),
            ("/tags/tag?tag%5Bname%5D=web", "", false),
            ("/tags/tag?tag[id]=tag_1&page=2", "", true),
            (
                "/trash_objects/trash_object",
                r#"{"trash_object":{"object_id":"vm_1"}}"#,
                true,
            ),
            (
                "/ip_addresses/ip_address",
                r#"{"ip_address":{"address":"192.0.2.1"}}"#,
                false,
            ),
        ];
        for (path, body, by_id) in cases {
            let objects = objects(path, body);
            assert_eq!(objects.len(), 1, "{path} {body}");
            assert_eq!(is_by_id(&objects[0]), by_id, "{path} {body}");
        }
        assert!(objects("/new", "not JSON").is_empty());
    }

    #[test]
    fn empty_lookup_and_id_of_another_kind_are_problems() {
        let path = "/virtual_machines/virtual_machine";
        let cases = [
            (r#"{"id":""}"#, Some("virtual_machine[id] is empty")),
            (r#"{"fqdn":""}"#, Some("virtual_machine[fqdn] is empty")),
            (
                r#"{"id":"task_1"}"#,
                Some("virtual_machine[id] is the id of another kind of object (task): task_1"),
            ),
            (
                r#"{"id":"vmbuild_1"}"#,
                Some(
                    "virtual_machine[id] is the id of another kind of object (virtual_machine_build): vmbuild_1",
                ),
            ),
            (r#"{"id":"vm_1"}"#, None),
            // A kind that this crate does not know.
            (r#"{"id":"vmx_1"}"#, None),
            (r#"{"fqdn":"task_1.example"}"#, None),
        ];
        let key = objects(
            "/access_keys/access_key",
            r#"{"access_key":{"id":"objkey_1"}}"#,
        );
        assert_eq!(problem(&key), None);
        for (lookup, problem) in cases {
            let objects = objects(path, &format!(r#"{{"virtual_machine":{lookup}}}"#));
            assert_eq!(super::problem(&objects).as_deref(), problem, "{lookup}");
        }
    }
}
