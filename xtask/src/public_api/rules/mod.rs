//! The rules of the public API that rustdoc's JSON output can show; `docs/public-api.md` has all of them.

use std::collections::BTreeSet;

use rustdoc_types::{
    Attribute, Crate, FunctionSignature, Id, Item, ItemEnum, StructKind, Type, VariantKind,
    Visibility,
};

/// A rule that an item can violate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    Debug,
    Send,
    Sync,
    Error,
    NonExhaustive,
    MustUse,
    Flag,
    GetPrefix,
    ErrorsSection,
}

impl Rule {
    /// Returns what an item that violates the rule must do.
    pub(super) fn message(self) -> &'static str {
        match self {
            Rule::Debug => "must implement Debug",
            Rule::Send => "must be Send",
            Rule::Sync => "must be Sync",
            Rule::Error => "must implement std::error::Error, as its name promises",
            Rule::NonExhaustive => "must be #[non_exhaustive], so that it can grow",
            Rule::MustUse => "must be #[must_use], or its type: it returns what it sets",
            Rule::Flag => "must not have a `bool` argument, unless it sets that alone",
            Rule::GetPrefix => "must be named without `get_`",
            Rule::ErrorsSection => "must state its errors in a section `# Errors`",
        }
    }
}

/// Items that a rule does not apply to: the rule, the item, and the reason.
const EXCEPTIONS: &[(Rule, &str, &str)] = &[
    (Rule::Sync, "HttpBody", "a stream, which one task reads"),
    (Rule::Sync, "Items", "a stream, which one task reads"),
    (
        Rule::Sync,
        "ItemsWithJson",
        "a stream, which one task reads",
    ),
    (
        Rule::Sync,
        "OperationWaiter",
        "a future, which one task awaits",
    ),
    (Rule::Sync, "Pages", "a stream, which one task reads"),
    (Rule::Sync, "ResourceCondition", "a part of a future"),
    (Rule::Sync, "StateStream", "a stream, which one task reads"),
    (Rule::Sync, "TaskCondition", "a part of a future"),
    (Rule::Sync, "WaitAll", "a stream, which one task reads"),
    (Rule::Sync, "Waiter", "a future, which one task awaits"),
    (
        Rule::MustUse,
        "ExpectedCalls::times",
        "the expectation counts already",
    ),
    (
        Rule::MustUse,
        "ExpectedCalls::when",
        "the expectation counts already",
    ),
    (
        Rule::NonExhaustive,
        "AllOr",
        "all or a list: there is no third",
    ),
    (Rule::NonExhaustive, "Patch", "JSON has these three states"),
    (
        Rule::NonExhaustive,
        "WaitState",
        "a condition is pending, or met, or can no longer be met",
    ),
    (
        Rule::NonExhaustive,
        "katapult_openapi::Api",
        "the generator must know all APIs",
    ),
    (
        Rule::NonExhaustive,
        "SchemaType",
        "the types that the document can have",
    ),
];

/// An item that violates a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Violation {
    pub(super) rule: Rule,
    /// The type, the function or the method: `Client::request`, after the name of the crate.
    pub(super) item: String,
}

/// Returns the violations in the documentation of a crate, without the exceptions. Adds the exceptions that apply to
/// `applied`.
pub(super) fn violations(docs: &Crate, applied: &mut BTreeSet<usize>) -> Vec<Violation> {
    let mut found = Finder {
        docs,
        crate_name: name(docs, docs.root),
        violations: Vec::new(),
    };
    for item in docs.index.values().filter(|item| item.crate_id == 0) {
        found.check(item);
    }
    let mut violations = found.violations;
    violations.sort();
    violations.dedup();
    violations.retain(|violation| {
        let exception = EXCEPTIONS.iter().position(|(rule, item, _)| {
            let named = violation.item == *item || violation.item.ends_with(&format!("::{item}"));
            *rule == violation.rule && named
        });
        applied.extend(exception);
        exception.is_none()
    });
    violations
}

/// Returns the exceptions that no item needs, given those that applied.
pub(super) fn unused_exceptions(applied: &BTreeSet<usize>) -> impl Iterator<Item = &'static str> {
    let all = EXCEPTIONS.iter().enumerate();
    all.filter(|(number, _)| !applied.contains(number))
        .map(|(_, (_, item, _))| *item)
}

struct Finder<'a> {
    docs: &'a Crate,
    crate_name: &'a str,
    violations: Vec<Violation>,
}

impl<'a> Finder<'a> {
    fn check(&mut self, item: &'a Item) {
        let is_public = item.visibility == Visibility::Public;
        match &item.inner {
            ItemEnum::Struct(inner) if is_public && self.is_reachable(item) => {
                self.check_traits(item, &inner.impls);
                if let StructKind::Plain {
                    fields,
                    has_stripped_fields: false,
                } = &inner.kind
                    && !fields.is_empty()
                    && !is_non_exhaustive(item)
                {
                    self.add(Rule::NonExhaustive, item);
                }
            }
            ItemEnum::Enum(inner) if is_public && self.is_reachable(item) => {
                self.check_traits(item, &inner.impls);
                if !is_non_exhaustive(item) {
                    self.add(Rule::NonExhaustive, item);
                }
                if is_error(item) && self.items(&inner.variants).any(can_grow) {
                    self.add(Rule::NonExhaustive, item);
                }
            }
            ItemEnum::Impl(inner) if inner.trait_.is_none() => {
                if let Type::ResolvedPath(path) = &inner.for_
                    && let Some(owner) = self.docs.index.get(&path.id)
                {
                    for method in self.items(&inner.items) {
                        if method.visibility == Visibility::Public {
                            self.check_function(method, Some(owner));
                        }
                    }
                }
            }
            ItemEnum::Trait(inner) if is_public && self.is_reachable(item) => {
                for method in self.items(&inner.items) {
                    self.check_function(method, Some(item));
                }
            }
            ItemEnum::Function(_) if is_public && self.is_reachable(item) => {
                self.check_function(item, None);
            }
            _ => {}
        }
    }

    fn check_traits(&mut self, item: &Item, impls: &'a [Id]) {
        let implemented: BTreeSet<&str> = self
            .items(impls)
            .filter_map(|one| match &one.inner {
                ItemEnum::Impl(inner) if !inner.is_negative => inner.trait_.as_ref(),
                _ => None,
            })
            .map(|path| last_segment(&path.path))
            .collect();
        let required = [
            (Rule::Debug, "Debug"),
            (Rule::Send, "Send"),
            (Rule::Sync, "Sync"),
        ];
        for (rule, one) in required {
            if !implemented.contains(one) {
                self.add(rule, item);
            }
        }
        if is_error(item) && !implemented.contains("Error") {
            self.add(Rule::Error, item);
        }
    }

    fn check_function(&mut self, item: &Item, owner: Option<&Item>) {
        let ItemEnum::Function(function) = &item.inner else {
            return;
        };
        let signature = &function.sig;
        let method = item.name.as_deref().unwrap_or_default();
        let full_name = match owner.and_then(|owner| owner.name.as_deref()) {
            Some(owner) => format!("{owner}::{method}"),
            None => method.to_owned(),
        };
        let is_setter = is_setter(signature);
        let must_use = |item: &Item| {
            let mut attributes = item.attrs.iter();
            attributes.any(|one| matches!(one, Attribute::MustUse { .. }))
        };
        // A trait's methods have the attribute of the trait's implementors, which are types.
        let in_trait = owner.is_some_and(|owner| matches!(owner.inner, ItemEnum::Trait(_)));
        if is_setter && !in_trait && !must_use(item) && !owner.is_some_and(must_use) {
            self.add_named(Rule::MustUse, &full_name);
        }
        let flags = signature.inputs.iter().filter(|(_, ty)| is_bool(ty));
        if flags.count() > 0 && !(is_setter && signature.inputs.len() == 2) {
            self.add_named(Rule::Flag, &full_name);
        }
        let is_result = matches!(&signature.output, Some(Type::ResolvedPath(path)) if last_segment(&path.path) == "Result");
        let docs = item.docs.as_deref().unwrap_or_default();
        if is_result && !docs.contains("# Errors") {
            self.add_named(Rule::ErrorsSection, &full_name);
        }
        // Generated methods have the names of the API's operations.
        if method.starts_with("get_") && self.crate_name != "katapult_gen" {
            self.add_named(Rule::GetPrefix, &full_name);
        }
    }

    /// Returns `true` if a path of the crate leads to the item.
    fn is_reachable(&self, item: &Item) -> bool {
        self.docs.paths.contains_key(&item.id)
    }

    fn items(&self, ids: &'a [Id]) -> impl Iterator<Item = &'a Item> + use<'a> {
        let docs = self.docs;
        ids.iter().filter_map(|id| docs.index.get(id))
    }

    fn add(&mut self, rule: Rule, item: &Item) {
        let name = item.name.clone().unwrap_or_default();
        self.add_named(rule, &name);
    }

    fn add_named(&mut self, rule: Rule, name: &str) {
        let item = format!("{}::{name}", self.crate_name);
        self.violations.push(Violation { rule, item });
    }
}

fn name(docs: &Crate, id: Id) -> &str {
    let item = docs.index.get(&id);
    item.and_then(|item| item.name.as_deref())
        .unwrap_or_default()
}

fn is_non_exhaustive(item: &Item) -> bool {
    item.attrs.contains(&Attribute::NonExhaustive)
}

fn is_error(item: &Item) -> bool {
    let name = item.name.as_deref();
    name.is_some_and(|name| name.ends_with("Error"))
}

/// Returns `true` for a variant with named fields that a program can list completely.
fn can_grow(variant: &Item) -> bool {
    let ItemEnum::Variant(inner) = &variant.inner else {
        return false;
    };
    matches!(inner.kind, VariantKind::Struct { .. }) && !is_non_exhaustive(variant)
}

/// Returns `true` for a method that takes `self` and returns it.
fn is_setter(signature: &FunctionSignature) -> bool {
    let is_self = |ty: &Type| matches!(ty, Type::Generic(name) if name == "Self");
    let first = signature.inputs.first();
    first.is_some_and(|(name, ty)| name == "self" && is_self(ty))
        && signature.output.as_ref().is_some_and(is_self)
}

fn is_bool(ty: &Type) -> bool {
    matches!(ty, Type::Primitive(name) if name == "bool")
}

fn last_segment(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

#[cfg(test)]
mod tests;
