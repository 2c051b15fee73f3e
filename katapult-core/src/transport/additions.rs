//! Additions of the caller to the request of one call: headers, query parameters, fields of the body.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use katapult_gen::__private::{JSON, is_secret_name};
use katapult_gen::{ExposeSecrets, QueryPairs};
use serde::Serialize;
use serde_json::{Map, Value};

/// Headers that cannot be set per call.
// They belong to the client (the token, the type of the bodies), to the connection, or undo the checks of this
// crate: a method override turns a request that may be repeated into one that may not.
const RESERVED_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-http-method-override",
];

/// The additions to one request. They replace arguments with the same name.
#[derive(Clone, Default)]
pub(crate) struct Additions {
    headers: Vec<(HeaderName, HeaderValue)>,
    query: Vec<(String, Value)>,
    body: Vec<(String, Value)>,
    /// The problem of the first addition that is not valid. It fails the call, since a setter returns no error.
    problem: Option<String>,
}

impl Additions {
    pub(crate) fn add_header(&mut self, name: &str, value: &[u8]) {
        match header(name, value) {
            Ok(header) => self.headers.push(header),
            Err(problem) => self.fail(problem),
        }
    }

    pub(crate) fn add_query_param(&mut self, name: &str, value: impl Serialize) {
        match serde_json::to_value(ExposeSecrets(&value)) {
            Ok(_) if name.is_empty() => self.fail("the query parameter has no name".into()),
            Ok(value) => self.query.push((name.to_owned(), value)),
            Err(error) => self.fail(format!("the query parameter {name}: {error}")),
        }
    }

    pub(crate) fn add_body_field(&mut self, name: &str, value: impl Serialize) {
        match serde_json::to_value(ExposeSecrets(&value)) {
            Ok(value) => self.body.push((name.to_owned(), value)),
            Err(error) => self.fail(format!("the field {name} of the body: {error}")),
        }
    }

    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    /// Adds these additions to a request.
    ///
    /// # Errors
    ///
    /// The problem of an addition, for the error of the call.
    pub(crate) fn apply(&self, request: &mut Request<Bytes>) -> Result<(), String> {
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        if !self.query.is_empty() {
            let query = self.query_with(request.uri().query().unwrap_or_default())?;
            *request.uri_mut() = with_query(request.uri(), &query)?;
        }
        if !self.body.is_empty() {
            if [Method::GET, Method::HEAD].contains(request.method()) {
                let method = request.method();
                return Err(format!(
                    "a {method} request has no body: use query_param instead of body_field"
                ));
            }
            *request.body_mut() = self.body_with(request.body())?.into();
            request.headers_mut().insert(CONTENT_TYPE, JSON);
        }
        Ok(())
    }

    /// Returns `true` if one of the additions replaces a parameter of the query.
    pub(super) fn replaces_query_param(&self, name: &str) -> bool {
        self.query.iter().any(|(by, _)| {
            let rest = name.strip_prefix(&**by);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
        })
    }

    /// Returns a query with the parameters of the additions, without those that they replace.
    fn query_with(&self, query: &str) -> Result<String, String> {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !self.replaces_query_param(&name) {
                pairs.append_pair(&name, &value);
            }
        }
        let kept = pairs.finish();
        let mut added = QueryPairs::default();
        for (name, value) in &self.query {
            added.push(name, value);
        }
        let added = added.finish();
        let added = added.map_err(|error| format!("the query parameter {error}"))?;
        let both = !kept.is_empty() && !added.is_empty();
        Ok([&*kept, if both { "&" } else { "" }, &*added].concat())
    }

    /// Returns a body with the fields of the additions.
    fn body_with(&self, body: &[u8]) -> Result<Vec<u8>, String> {
        let mut fields = match body {
            b"" => Map::new(),
            body => serde_json::from_slice(body)
                .map_err(|_| "the body is not an object, so that body_field cannot add to it")?,
        };
        for (name, value) in &self.body {
            set_field(&mut fields, name, value.clone())?;
        }
        serde_json::to_vec(&fields).map_err(|error| error.to_string())
    }
}

fn header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    let Ok(name) = HeaderName::try_from(name) else {
        return Err(format!("{name:?} is not a valid name of a header"));
    };
    if RESERVED_HEADERS.contains(&name.as_str()) {
        let way_out = match name.as_str() {
            "authorization" => ": set the token on the client's builder",
            "user-agent" => ": use user_agent_suffix on the client's builder",
            "host" => ": set the base URL on the client's builder",
            "proxy-authorization" => ": set the proxy on the client's builder",
            _ => "",
        };
        return Err(format!(
            "the header {name} is the client's, and cannot be set per call{way_out}"
        ));
    }
    // The value is not part of the message, because it may be a secret.
    let Ok(mut value) = HeaderValue::from_bytes(value) else {
        return Err(format!(
            "the value of the header {name} has a control character"
        ));
    };
    value.set_sensitive(is_secret_name(name.as_str()));
    Ok((name, value))
}

fn with_query(uri: &Uri, query: &str) -> Result<Uri, String> {
    let separator = if query.is_empty() { "" } else { "?" };
    let target = [uri.path(), separator, query].concat();
    let length = target.len();
    let target = PathAndQuery::try_from(target)
        .map_err(|error| format!("the URL with its query of {length} bytes: {error}"))?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).map_err(|error| error.to_string())
}

/// Sets a field of an object by its name in the notation of a query: `properties[name]`.
fn set_field(fields: &mut Map<String, Value>, name: &str, value: Value) -> Result<(), String> {
    let keys = keys(name);
    let Some((last, parents)) = keys.as_ref().and_then(|keys| keys.split_last()) else {
        return Err(format!(
            "{name:?} is not the name of a field: write \"name\", or \"properties[name]\""
        ));
    };
    let mut object = fields;
    for key in parents {
        let field = object.entry(*key).or_insert(Value::Null);
        if field.is_null() {
            *field = Value::Object(Map::new());
        }
        let Value::Object(inner) = field else {
            return Err(format!(
                "the field {name} cannot be added, because {key} is not an object"
            ));
        };
        object = inner;
    }
    object.insert((*last).to_owned(), value);
    Ok(())
}

/// Returns the keys in the name of a field: `a` and `b` of `a[b]`; `None` if one of them is empty.
fn keys(name: &str) -> Option<Vec<&str>> {
    let (first, rest) = match name.split_once('[') {
        Some((first, rest)) => (first, Some(rest.strip_suffix(']')?)),
        None => (name, None),
    };
    let inner = rest.into_iter().flat_map(|rest| rest.split("]["));
    let keys: Vec<_> = std::iter::once(first).chain(inner).collect();
    let mut valid = keys
        .iter()
        .map(|key| !key.is_empty() && !key.contains(['[', ']']));
    valid.all(|valid| valid).then_some(keys)
}

// Names alone: a value may be a secret.
impl fmt::Debug for Additions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        let names = |fields: &[(String, Value)]| {
            let names = fields.iter().map(|(name, _)| name.clone());
            names.collect::<Vec<_>>()
        };
        f.debug_struct("Additions")
            .field("headers", &headers)
            .field("query", &names(&self.query))
            .field("body", &names(&self.body))
            .finish_non_exhaustive()
    }
}
