//! From an address to the operation that it is of.
//!
//! Paths carry the bare noun where other APIs have an id: `/tasks/task`. Older clients send `_`,
//! `:task`, or the id itself in that place, and the API takes them all.

use std::collections::HashSet;

use katapult_gen::Api;
use url::Url;

use crate::spec::{Documents, OperationDoc};

/// Finds operations by method and address.
#[derive(Debug)]
pub struct Router<'a> {
    patterns: Vec<Pattern<'a>>,
    words: HashSet<&'a str>,
}

/// An operation with what its address tells.
#[derive(Debug)]
pub struct Route<'a> {
    /// The operation.
    pub operation: &'a OperationDoc,
    /// Ids that stand in the path, each with the noun whose place it takes.
    pub ids: Vec<(&'a str, String)>,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
}

#[derive(Debug)]
struct Pattern<'a> {
    operation: &'a OperationDoc,
    segments: Vec<Segment<'a>>,
}

#[derive(Debug)]
struct Segment<'a> {
    text: &'a str,
    /// Whether it stands for an object, and so may be written in another way.
    noun: bool,
}

/// How a segment of an address fits one of a path; the better fit is the lesser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Literal,
    Placeholder,
    Id,
}

impl<'a> Router<'a> {
    /// A router over every operation of the documents.
    pub fn new(documents: &'a Documents) -> Self {
        let patterns: Vec<_> = documents
            .operations()
            .iter()
            .map(|operation| Pattern {
                operation,
                segments: segments(documents, operation),
            })
            .collect();
        let words = patterns.iter().flat_map(|pattern| &pattern.segments);
        let words = words.map(|segment| segment.text).collect();
        Self { patterns, words }
    }

    /// The operation of a method and a whole address.
    ///
    /// # Errors
    ///
    /// Says why no operation fits.
    pub fn route(&self, method: &str, address: &str) -> Result<Route<'a>, String> {
        let url =
            Url::parse(address).map_err(|error| format!("{address} is no address: {error}"))?;
        let (api, path) = split(url.path()).ok_or_else(|| {
            format!("{address} is of neither API: it has no /core/v1/, no /public/v1/")
        })?;
        let found: Vec<&str> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .collect();
        let best = self
            .patterns
            .iter()
            .filter(|pattern| pattern.operation.api == api && pattern.operation.method == method)
            .filter_map(|pattern| Some((self.fit(pattern, &found)?, pattern)))
            .min_by(|(left, _), (right, _)| left.cmp(right));
        let Some((fits, pattern)) = best else {
            return Err(format!("no operation of the document is {method} {path}"));
        };
        let ids = fits
            .iter()
            .zip(&pattern.segments)
            .zip(&found)
            .filter(|((fit, _), _)| **fit == Fit::Id)
            .map(|((_, segment), id)| (segment.text, (*id).to_owned()))
            .collect();
        Ok(Route {
            operation: pattern.operation,
            ids,
            query: url.query_pairs().into_owned().collect(),
        })
    }

    fn fit(&self, pattern: &Pattern<'_>, found: &[&str]) -> Option<Vec<Fit>> {
        if pattern.segments.len() != found.len() {
            return None;
        }
        let pairs = pattern.segments.iter().zip(found);
        pairs
            .map(|(segment, found)| self.fit_segment(segment, found))
            .collect()
    }

    fn fit_segment(&self, segment: &Segment<'_>, found: &str) -> Option<Fit> {
        if segment.text == found {
            Some(Fit::Literal)
        } else if !segment.noun {
            None
        } else if found == "_" || found.starts_with(':') {
            Some(Fit::Placeholder)
        } else {
            (is_id(found) && !self.words.contains(found)).then_some(Fit::Id)
        }
    }
}

/// The API and the rest of a path: `/core/v1/tasks/task` is of the core API, at `/tasks/task`.
fn split(path: &str) -> Option<(Api, &str)> {
    [Api::Core, Api::Public].into_iter().find_map(|api| {
        let rest = path.strip_prefix(api.prefix())?;
        rest.starts_with('/').then_some((api, rest))
    })
}

/// A segment is a noun when the operation takes an argument of that name, in its query or body, and
/// the segment before is none: `io_profile` in `/disks/disk/io_profile` is what is done to the disk.
fn segments<'a>(documents: &Documents, operation: &'a OperationDoc) -> Vec<Segment<'a>> {
    let body = documents.body(operation);
    let is_argument = |name: &str| {
        operation
            .parameters
            .iter()
            .any(|parameter| parameter.name == name)
            || body.is_some_and(|body| body.property(name).is_some())
    };
    let mut after_noun = true;
    let segments = operation
        .path
        .split('/')
        .filter(|segment| !segment.is_empty());
    segments
        .map(|text| {
            let noun = !after_noun && is_argument(text);
            after_noun = noun;
            Segment { text, noun }
        })
        .collect()
}

/// Whether the text has the form of an id: `task_` and letters or digits.
fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, rest)| {
        !prefix.is_empty()
            && prefix.bytes().all(|byte| byte.is_ascii_lowercase())
            && !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_every_form_find_their_operation() {
        let documents = Documents::load().unwrap();
        let router = Router::new(&documents);
        let core = "https://api.katapult.io/core/v1";
        let cases = [
            (
                "GET",
                "/virtual_machines/virtual_machine",
                Some(("/virtual_machines/virtual_machine", "")),
            ),
            (
                "GET",
                "/virtual_machines/_",
                Some(("/virtual_machines/virtual_machine", "")),
            ),
            (
                "GET",
                "/virtual_machines/:virtual_machine",
                Some(("/virtual_machines/virtual_machine", "")),
            ),
            (
                "GET",
                "/virtual_machines/vm_abc",
                Some(("/virtual_machines/virtual_machine", "vm_abc")),
            ),
            (
                "POST",
                "/virtual_machines/_/shutdown",
                Some(("/virtual_machines/virtual_machine/shutdown", "")),
            ),
            (
                "GET",
                "/virtual_machines/virtual_machine/disks",
                Some(("/virtual_machines/virtual_machine/disks", "")),
            ),
            (
                "GET",
                "/virtual_machines/builds/_",
                Some(("/virtual_machines/builds/virtual_machine_build", "")),
            ),
            (
                "GET",
                "/load_balancers/rules/_",
                Some(("/load_balancers/rules/load_balancer_rule", "")),
            ),
            (
                "GET",
                "/load_balancers/_/rules",
                Some(("/load_balancers/load_balancer/rules", "")),
            ),
            (
                "GET",
                "/load_balancers/rules/lbrule_1",
                Some(("/load_balancers/rules/load_balancer_rule", "lbrule_1")),
            ),
            ("GET", "/tasks/task_abc", Some(("/tasks/task", "task_abc"))),
            (
                "PUT",
                "/disks/_/io_profile",
                Some(("/disks/disk/io_profile", "")),
            ),
            ("PUT", "/disks/disk/_", None),
            ("GET", "/organizations/disk_templates", None),
            ("GET", "/virtual_machines/nonsense", None),
            ("POST", "/virtual_machines/virtual_machine", None),
            ("GET", "/moons", None),
        ];
        for (method, path, expected) in cases {
            let found = router
                .route(method, &format!("{core}{path}?a%5Bid%5D=1"))
                .ok();
            let found = found.as_ref().map(|route| {
                assert_eq!(route.query, [("a[id]".to_owned(), "1".to_owned())]);
                (
                    route.operation.path.as_str(),
                    route.ids.first().map_or("", |(_, id)| id),
                )
            });
            assert_eq!(found, expected, "{method} {path}");
        }
    }

    #[test]
    fn each_api_has_its_own_operations() {
        let documents = Documents::load().unwrap();
        let router = Router::new(&documents);
        let public = router
            .route("GET", "http://localhost:1/public/v1/stats")
            .unwrap();
        assert_eq!(public.operation.api, Api::Public);
        let both = ["core", "public"].map(|api| {
            router
                .route("GET", &format!("https://h/{api}/v1/data_centers"))
                .unwrap()
                .operation
                .api
        });
        assert_eq!(both, [Api::Core, Api::Public]);
        for address in [
            "stats",
            "https://h/stats",
            "https://h/core/v10/zones",
            "https://h/core/v1/stats",
        ] {
            assert!(router.route("GET", address).is_err(), "{address}");
        }
    }
}
