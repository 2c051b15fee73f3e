//! Request matching: from a method and a path to the operation.

use std::collections::{HashMap, HashSet};

use crate::document::Document;
use crate::operation::{Api, Operation};

/// An operation, with the ids in its request's path.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Route<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The ids in the path, each with the noun that it replaces: `("task", "task_abc")`.
    pub ids: Vec<(String, String)>,
}

/// Matches requests to operations.
#[derive(Debug)]
pub(crate) struct Router {
    /// Operations by whole path and method: nearly every request has the canonical path.
    exact: HashMap<String, Vec<(String, Index)>>,
    patterns: Vec<Pattern>,
    /// The segments of all paths. None of them is an id, though some have the form of one.
    words: HashSet<String>,
}

/// The place of an operation in the two documents.
type Index = (Api, usize);

#[derive(Debug)]
struct Pattern {
    operation: Index,
    method: String,
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    text: String,
    /// Names an object, so a placeholder or an id can replace it.
    is_noun: bool,
}

/// The match of one segment; the better one is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Match {
    Literal,
    Placeholder,
    Id,
}

impl Router {
    pub(crate) fn new(documents: &[Document; 2]) -> Self {
        let mut router = Self {
            exact: HashMap::new(),
            patterns: Vec::new(),
            words: HashSet::new(),
        };
        for document in documents {
            for (index, operation) in document.operations().iter().enumerate() {
                router.add((document.api(), index), operation);
            }
        }
        router
    }

    fn add(&mut self, index: Index, operation: &Operation) {
        let path = format!("{}{}", operation.api.prefix(), operation.path);
        let method = operation.method.clone();
        let exact = self.exact.entry(path).or_default();
        exact.push((method.clone(), index));
        let segments = segments(operation);
        let words = segments.iter().map(|segment| segment.text.clone());
        self.words.extend(words);
        self.patterns.push(Pattern {
            operation: index,
            method,
            segments,
        });
    }

    pub(crate) fn route<'a>(
        &self,
        documents: &'a [Document; 2],
        method: &str,
        path: &str,
    ) -> Option<Route<'a>> {
        let exact = self.exact.get(path);
        if let Some(at) = exact.and_then(|all| all.iter().find(|(known, _)| known == method)) {
            return Some(Route {
                operation: operation_at(documents, at.1)?,
                ids: Vec::new(),
            });
        }
        let (api, rest) = split_prefix(path)?;
        let found: Vec<&str> = split(rest).collect();
        let candidates = self
            .patterns
            .iter()
            .filter(|pattern| pattern.operation.0 == api && pattern.method == method);
        let (matches, pattern) = candidates
            .filter_map(|pattern| Some((self.match_path(pattern, &found)?, pattern)))
            // Compared from the left: a literal segment decides before those behind it.
            .min_by(|(left, _), (right, _)| left.cmp(right))?;
        let ids = matches.iter().zip(&pattern.segments).zip(&found);
        let ids = ids
            .filter(|((matched, _), _)| **matched == Match::Id)
            .map(|((_, segment), id)| (segment.text.clone(), (*id).to_owned()));
        Some(Route {
            operation: operation_at(documents, pattern.operation)?,
            ids: ids.collect(),
        })
    }

    fn match_path(&self, pattern: &Pattern, found: &[&str]) -> Option<Vec<Match>> {
        if pattern.segments.len() != found.len() {
            return None;
        }
        let pairs = pattern.segments.iter().zip(found);
        pairs
            .map(|(segment, found)| self.match_segment(segment, found))
            .collect()
    }

    fn match_segment(&self, segment: &Segment, found: &str) -> Option<Match> {
        if segment.text == found {
            Some(Match::Literal)
        } else if !segment.is_noun {
            None
        } else if found == "_" || found.starts_with(':') {
            Some(Match::Placeholder)
        } else {
            (!self.words.contains(found)).then_some(Match::Id)
        }
    }
}

fn operation_at(documents: &[Document; 2], (api, index): Index) -> Option<&Operation> {
    let mut documents = documents.iter();
    let document = documents.find(|document| document.api() == api)?;
    document.operations().get(index)
}

/// `/core/v1/tasks/task` is `/tasks/task` of the core API.
fn split_prefix(path: &str) -> Option<(Api, &str)> {
    Api::ALL.into_iter().find_map(|api| {
        let rest = path.strip_prefix(api.prefix())?;
        rest.starts_with('/').then_some((api, rest))
    })
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

/// A segment is a noun if the operation takes an argument of that name and the segment before is no
/// noun: `io_profile` in `/disks/disk/io_profile` is an attribute of the disk.
fn segments(operation: &Operation) -> Vec<Segment> {
    // The first segment is a collection, never an object.
    let mut after_noun = true;
    let segments = split(&operation.path).map(|text| {
        let is_noun = !after_noun && operation.argument(text).is_some();
        after_noun = is_noun;
        Segment {
            text: text.to_owned(),
            is_noun,
        }
    });
    segments.collect()
}
