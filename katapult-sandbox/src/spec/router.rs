//! From a method and a path to the operation. Paths carry the bare noun where other APIs have an id;
//! older clients send `_`, `:noun` or the id itself in its place, and all are taken.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use crate::spec::{Document, DocumentError};

/// The documents, and the way to their operations.
pub(crate) type Known = (Arc<Document>, Arc<Router>);

/// The documents of this repository, which are read once a process.
pub(crate) fn own() -> Result<Known, DocumentError> {
    static OWN: OnceLock<Known> = OnceLock::new();
    if let Some(own) = OWN.get() {
        return Ok(own.clone());
    }
    let own = known(None, None)?;
    Ok(OWN.get_or_init(|| own).clone())
}

/// The documents of these texts, those of this repository where none is given.
pub(crate) fn known(core: Option<&str>, public: Option<&str>) -> Result<Known, DocumentError> {
    let document = Document::read(core, public)?;
    let router = Router::new(&document);
    Ok((Arc::new(document), Arc::new(router)))
}

/// Finds operations by method and path.
#[derive(Debug)]
pub(crate) struct Router {
    exact: HashMap<(String, String), usize>,
    patterns: Vec<Pattern>,
    words: HashSet<String>,
}

#[derive(Debug)]
struct Pattern {
    operation: usize,
    method: String,
    prefix: &'static str,
    /// Each with whether it stands for an object.
    segments: Vec<(String, bool)>,
}

/// An operation, with the ids that stood in its path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: usize,
    pub(crate) ids: Vec<(String, String)>,
}

impl Router {
    pub(crate) fn new(document: &Document) -> Self {
        let mut router = Self {
            exact: HashMap::new(),
            patterns: Vec::new(),
            words: HashSet::new(),
        };
        for (index, operation) in document.operations.iter().enumerate() {
            let address = format!("{}{}", operation.api.prefix(), operation.path);
            router
                .exact
                .insert((operation.method.clone(), address), index);
            let mut after_noun = true;
            let segments = split(&operation.path).map(|text| {
                let noun = !after_noun && document.argument(operation, text).is_some();
                after_noun = noun;
                (text.to_owned(), noun)
            });
            let segments: Vec<_> = segments.collect();
            router
                .words
                .extend(segments.iter().map(|(text, _)| text.clone()));
            router.patterns.push(Pattern {
                operation: index,
                method: operation.method.clone(),
                prefix: operation.api.prefix(),
                segments,
            });
        }
        router
    }

    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Route> {
        if let Some(index) = self.exact.get(&(method.to_owned(), path.to_owned())) {
            return Some(Route {
                operation: *index,
                ids: Vec::new(),
            });
        }
        let fits = self.patterns.iter().filter_map(|pattern| {
            let rest = path.strip_prefix(pattern.prefix)?;
            let (ids, distance) = self.fit(pattern, method, rest)?;
            Some((
                distance,
                Route {
                    operation: pattern.operation,
                    ids,
                },
            ))
        });
        fits.min_by_key(|(distance, _)| *distance)
            .map(|(_, route)| route)
    }

    fn fit(
        &self,
        pattern: &Pattern,
        method: &str,
        rest: &str,
    ) -> Option<(Vec<(String, String)>, usize)> {
        if pattern.method != method || pattern.segments.len() != split(rest).count() {
            return None;
        }
        let mut ids = Vec::new();
        let mut distance = 0;
        for ((text, noun), found) in pattern.segments.iter().zip(split(rest)) {
            if text == found {
                continue;
            }
            distance += 1;
            if !noun {
                return None;
            }
            if found == "_" || found.starts_with(':') {
                continue;
            }
            if self.words.contains(found) {
                return None;
            }
            ids.push((text.clone(), found.to_owned()));
        }
        Some((ids, distance))
    }
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_paths_are_taken_too() {
        let document = Document::read(None, None).unwrap();
        let router = Router::new(&document);
        let cases = [
            (
                "GET",
                "/core/v1/virtual_machines/virtual_machine",
                Some(("virtual_machines.get", None)),
            ),
            (
                "GET",
                "/core/v1/virtual_machines/_",
                Some(("virtual_machines.get", None)),
            ),
            (
                "GET",
                "/core/v1/tasks/task_abc",
                Some(("tasks.get", Some("task_abc"))),
            ),
            (
                "GET",
                "/core/v1/load_balancers/rules/_",
                Some(("load_balancer_rules.get", None)),
            ),
            (
                "GET",
                "/core/v1/load_balancers/lb_1/rules",
                Some(("load_balancer_rules.list", Some("lb_1"))),
            ),
            (
                "GET",
                "/core/v1/networks/:network",
                Some(("networks.get", None)),
            ),
            ("GET", "/public/v1/stats", Some(("public.get_stats", None))),
            ("PUT", "/core/v1/zones", None),
            ("GET", "/core/v1/nothing", None),
        ];
        for (method, path, expected) in cases {
            let found = router.find(method, path);
            let found = found.as_ref().map(|route| {
                (
                    document.operations[route.operation].id.as_str(),
                    route.ids.first().map(|(_, id)| id.as_str()),
                )
            });
            assert_eq!(found, expected, "{method} {path}");
        }
    }
}
