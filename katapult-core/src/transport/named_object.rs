//! The objects that a request names: by their ids, or by names that another object may have later.
//!
//! An object's parameter has the name of a segment of the path: `/dns_zones/dns_zone` takes `dns_zone`, in the query or
//! in the body. So this needs no knowledge of the operation, and works for one that the document lacks.

use std::borrow::Cow;
use std::fmt;

use katapult_gen::__private::{ID_PREFIXES, is_secret_name};
use katapult_gen::{IdempotencySource, OperationInfo, SentRequest};
use memchr::{memchr, memchr2, memchr3};
use serde_json::Value;

/// An object that a request names. It displays as `fqdn web-1.acme.example`, and as the key alone if the value is
/// secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedObject<'a> {
    /// The parameter, such as `virtual_machine`.
    parameter: Cow<'a, str>,
    /// The property by which the object is named, such as `fqdn`.
    key: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl<'a> NamedObject<'a> {
    /// Returns `true` if no other object can have the name: for an `id`, and a trash object's `object_id`.
    fn is_by_id(&self) -> bool {
        self.key == "id" || self.key.ends_with("_id")
    }

    /// Returns `true` if a segment of the path has the name of the parameter.
    fn is_in_path_of(&self, request: &SentRequest) -> bool {
        let mut segments = request.uri().path().split('/');
        segments.any(|segment| segment == self.parameter)
    }

    /// Returns the reason why no object can have this name, if it is evident.
    fn problem(&self) -> Option<String> {
        let Self {
            parameter,
            key,
            value,
        } = self;
        if value.is_empty() {
            return Some(format!("{parameter}[{key}] is empty"));
        }
        let (prefix, _) = value.split_once('_').filter(|_| key == "id")?;
        // An unknown prefix may be that of a new kind of object.
        let (other, _) = ID_PREFIXES.iter().find(|(_, known)| *known == prefix)?;
        (!is_same_kind(parameter, other)).then(|| {
            format!("{parameter}[id] is the id of another kind of object ({other}): {value}")
        })
    }

    /// Returns the object that a pair of a query names: `virtual_machine%5Bfqdn%5D=web-1.acme.example`.
    fn of_pair(pair: &'a str) -> Option<Self> {
        let (name, value) = pair.split_at(memchr(b'=', pair.as_bytes()).unwrap_or(pair.len()));
        let (parameter, key) = lookup_name(name)?;
        let value = match value.strip_prefix('=') {
            Some(value) if memchr2(b'%', b'+', value.as_bytes()).is_none() => value.into(),
            // With its equals sign, so that it is decoded as a value.
            _ => match form_urlencoded::parse(value.as_bytes()).next() {
                Some((_, value)) => value,
                None => "".into(),
            },
        };
        Some(Self {
            parameter,
            key,
            value,
        })
    }
}

impl fmt::Display for NamedObject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        match is_secret_name(&self.key) {
            true => Ok(()),
            false => write!(f, " {}", self.value),
        }
    }
}

/// Splits the name of a pair, `virtual_machine[fqdn]`, into the parameter and the key. `None` if it has no key.
fn lookup_name(encoded: &str) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
    // As this crate encodes them: every request is read, and nearly none needs a copy of the name.
    let special = |text: &str| memchr3(b'%', b'+', b'[', text.as_bytes());
    let (parameter, key) = encoded.split_at(special(encoded).unwrap_or(0));
    let key = key
        .strip_prefix("%5B")
        .and_then(|key| key.strip_suffix("%5D"));
    if let Some(key) = key.filter(|key| special(key).is_none()) {
        return Some((parameter.into(), key.into()));
    }
    let (name, _) = form_urlencoded::parse(encoded.as_bytes()).next()?;
    let (parameter, key) = name.strip_suffix(']')?.split_once('[')?;
    Some((parameter.to_owned().into(), key.to_owned().into()))
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

/// Returns the reason why no object can have one of the names in a request, if it is evident.
pub(super) fn problem(request: &SentRequest) -> Option<String> {
    // The path is read last, since nearly no request has a problem.
    lookups(request).find_map(|lookup| {
        let problem = lookup.problem()?;
        lookup.is_in_path_of(request).then_some(problem)
    })
}

/// Returns the object that an operation is about: the last one in its path.
pub(super) fn subject<'a>(
    operation: &OperationInfo,
    request: &'a SentRequest,
) -> Option<NamedObject<'a>> {
    of_request(request).min_by_key(|object| {
        let mut segments = operation.path.rsplit('/');
        let position = segments.position(|segment| segment == object.parameter);
        position.unwrap_or(usize::MAX)
    })
}

/// Returns the id by which a request names the object of a parameter; `None` if it names none, or by something else.
pub(super) fn id<'a>(request: &'a SentRequest, parameter: &str) -> Option<Cow<'a, str>> {
    let mut lookups = lookups(request);
    let is_named = |lookup: &NamedObject<'_>| lookup.parameter == parameter && lookup.key == "id";
    let object = lookups.find(|lookup| is_named(lookup) && lookup.is_in_path_of(request));
    object.map(|object| object.value)
}

/// Returns `true` if a repetition of a request could reach another object than the first attempt.
pub(super) fn is_by_name(operation: &OperationInfo, request: &SentRequest) -> bool {
    // A read may find another object, and changes none.
    if operation.method.is_safe() {
        return false;
    }
    let objects: Vec<_> = of_request(request).collect();
    let by_id = objects.iter().all(NamedObject::is_by_id);
    match operation.idempotency_source {
        IdempotencySource::Caller => false,
        // A raw path that names nothing may have a name of its own in a segment.
        IdempotencySource::Method => objects.is_empty() || !by_id,
        _ => !by_id,
    }
}

/// Returns the objects that a request names.
fn of_request(request: &SentRequest) -> impl Iterator<Item = NamedObject<'_>> {
    lookups(request).filter(|lookup| lookup.is_in_path_of(request))
}

/// Returns what has the form of a lookup in a request: the objects that it names, and others that are properties.
fn lookups(request: &SentRequest) -> impl Iterator<Item = NamedObject<'_>> {
    let in_query = request.uri().query().unwrap_or_default().split('&');
    let in_query = in_query.filter_map(NamedObject::of_pair);
    in_query.chain(in_body(request.body()))
}

/// Returns the lookups of a body.
fn in_body(body: &[u8]) -> Vec<NamedObject<'static>> {
    if body.is_empty() {
        return Vec::new();
    }
    // Only a write has a body, and it is small.
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Vec::new();
    };
    let lookups = fields.into_iter().filter_map(|(parameter, lookup)| {
        let Value::Object(keys) = lookup else {
            return None;
        };
        // A lookup has one key. An object with several is a new one, with its properties.
        let mut keys = keys.into_iter();
        match (keys.next(), keys.next()) {
            (Some((key, Value::String(value))), None) => Some(NamedObject {
                parameter: parameter.into(),
                key: key.into(),
                value: value.into(),
            }),
            _ => None,
        }
    });
    lookups.collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn request(target: &str, body: &str) -> SentRequest {
        let request = Request::builder().uri(target);
        SentRequest::of(&request.body(body.to_owned().into()).unwrap())
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
            let request = request(path, body);
            let objects: Vec<_> = of_request(&request).collect();
            assert_eq!(objects.len(), 1, "{path} {body}");
            assert_eq!(objects[0].is_by_id(), by_id, "{path} {body}");
        }
        assert_eq!(of_request(&request("/new", "not JSON")).count(), 0);
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
        let key = request(
            "/access_keys/access_key",
            r#"{"access_key":{"id":"objkey_1"}}"#,
        );
        assert_eq!(super::problem(&key), None);
        for (lookup, problem) in cases {
            let request = request(path, &format!(r#"{{"virtual_machine":{lookup}}}"#));
            assert_eq!(super::problem(&request).as_deref(), problem, "{lookup}");
        }
    }

    #[test]
    fn names_in_queries_are_decoded_however_they_are_encoded() {
        let path = "/virtual_machines/virtual_machine/a b";
        for (query, expected) in [
            ("virtual_machine%5Bfqdn%5D=web-1", Some(("fqdn", "web-1"))),
            ("virtual_machine%5bfqdn%5d=web-1", Some(("fqdn", "web-1"))),
            ("virtual_machine[fqdn]=a+b%20=", Some(("fqdn", "a b ="))),
            ("virtual%5Fmachine%5Bfqdn%5D=x", Some(("fqdn", "x"))),
            ("virtual_machine%5Bid%5D", Some(("id", ""))),
            (
                "page=2&&virtual_machine%5Bid%5D=vm_1&x",
                Some(("id", "vm_1")),
            ),
            ("virtual_machine%5Ba%5D%5Bb%5D=x", Some(("a][b", "x"))),
            ("virtual_machine%5Ba=x", None),
            ("virtual_machine=x", None),
            ("zone%5Bid%5D=zone_1", None),
        ] {
            let request = request(&format!("{}?{query}", path.replace(' ', "%20")), "");
            let found: Vec<_> = of_request(&request).collect();
            let found: Vec<_> = found
                .iter()
                .map(|object| (&*object.key, &*object.value))
                .collect();
            assert_eq!(found, Vec::from_iter(expected), "{query}");
        }
    }

    #[test]
    fn value_of_a_secret_key_is_not_displayed() {
        for (query, expected) in [
            ("token[token]=sesame", "token"),
            ("token[id]=token_1", "id token_1"),
        ] {
            let request = request(&format!("/token?{query}"), "");
            let shown = of_request(&request).next().map(|object| object.to_string());
            assert_eq!(shown.as_deref(), Some(expected));
        }
    }
}
