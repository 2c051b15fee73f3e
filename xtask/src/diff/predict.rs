//! Reconciles the changes of the documents with the public API that the generator makes of them.
//!
//! The generator alone knows what it derives: conversions, `Deref`, roles, `Option`, `Patch` and names. So a change breaks
//! Rust only if it changes a public item, and every public item that changes is reported.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::diff::compare::Change;
use crate::diff::input::Source;
use crate::diff::severity::{Kind, Severity};
use crate::generate;
use crate::naming::case::pascal;
use crate::naming::reserved::identifier;
use crate::public_api::{Break, ItemName, PublicApi};

/// Returns the public API that the generator makes of a document.
pub(super) fn api(source: &Source) -> Result<PublicApi> {
    PublicApi::of_sources(&generate::sources(&source.document)?)
}

/// Makes the changes agree with the breaks: a change without one breaks no Rust, and a break without a change is a change.
pub(super) fn reconcile(changes: &mut Vec<Change>, breaks: &[Break], old: &Source) {
    let names = Names::of(old);
    let breaks = Vec::from_iter(breaks.iter().map(|one| (one, names.item(&one.item))));
    let mut explained = vec![false; breaks.len()];
    for change in changes.iter_mut() {
        if !change.severity.breaks_rust() {
            continue;
        }
        let mut founded = false;
        for ((_, item), explained) in breaks.iter().zip(&mut explained) {
            if item.changes_with(&change.name) {
                founded = true;
                *explained = true;
            }
        }
        if !founded {
            change.severity = match change.severity {
                Severity::RustAndWire => Severity::Wire,
                _ => Severity::Note,
            };
        }
    }
    for ((one, item), _) in breaks.into_iter().zip(explained).filter(|(_, done)| !done) {
        changes.push(Change {
            kind: Kind::PublicItem,
            severity: Severity::Rust,
            name: item.shown,
            what: what(one),
            operations: Vec::new(),
        });
    }
}

fn what(one: &Break) -> String {
    let of = |member: &str| match member.contains('<') || member.starts_with(char::is_uppercase) {
        true => format!("`{member}`: "),
        false => String::new(),
    };
    let member = of(&one.item.member);
    match &one.now {
        None => format!("{member}gone"),
        Some(now) => format!("{member}was `{}` and is `{now}` now", one.was),
    }
}

/// The names that a report prints, for the items of an API.
struct Names<'a> {
    source: &'a Source,
    operations: Vec<Operation>,
    /// The types of the resources' methods: `tags::Tags`.
    handles: BTreeSet<String>,
}

/// The names of an operation.
struct Operation {
    module: String,
    /// The type of the resource's methods, in the module: `Tags`.
    handle: String,
    method: String,
    /// The type of the operation, in the module: `Create`.
    ty: String,
    /// The name that a report prints: `tags().create(…)`.
    shown: String,
}

/// An item, with the names that a report prints.
struct Item<'a> {
    name: &'a ItemName,
    shown: String,
    /// The operation that it belongs to.
    operation: Option<&'a str>,
    /// `true` for a method of a resource.
    in_handle: bool,
}

impl<'a> Names<'a> {
    fn of(source: &'a Source) -> Self {
        let document = &source.document;
        let operations = document.operations.values().map(|operation| {
            let spec = &operation.spec;
            let module = identifier(&spec.resource).to_string();
            let method = identifier(&spec.action).to_string();
            Operation {
                handle: document.handle(&spec.resource).to_string(),
                ty: document.operation_type(operation).to_string(),
                shown: format!("{module}().{method}(…)"),
                module,
                method,
            }
        });
        let operations = Vec::from_iter(operations);
        Self {
            source,
            handles: operations
                .iter()
                .map(|one| format!("{}::{}", one.module, one.handle))
                .collect(),
            operations,
        }
    }

    fn item<'b>(&'b self, name: &'b ItemName) -> Item<'b> {
        Item {
            name,
            shown: self.shown(name),
            operation: self.operation(name),
            in_handle: self.handles.contains(&name.owner),
        }
    }

    /// Returns the operation of an item, as a report prints it, with its resource: `tags().create(…)`.
    fn operation(&self, item: &ItemName) -> Option<&str> {
        let inner = item
            .owner
            .strip_prefix("Call<")
            .map(|inner| inner.trim_end_matches('>'));
        let (module, ty) = inner.unwrap_or(&item.owner).split_once("::")?;
        let found = self.operations.iter().find(|one| {
            let method = one.handle == ty && one.method == item.member;
            let of_type = ty
                .strip_prefix(one.ty.as_str())
                .is_some_and(|role| ["", "Body", "Response"].contains(&role));
            one.module == module && (method || of_type)
        });
        found.map(|one| one.shown.as_str())
    }

    /// Returns the name that a report prints for an item.
    fn shown(&self, item: &ItemName) -> String {
        let ItemName { owner, member } = item;
        let call = owner.starts_with("Call<");
        let of_operation = call || self.handles.contains(owner);
        if let (true, Some(operation)) = (of_operation, self.operation(item)) {
            return match call && !member.is_empty() {
                true => format!("{operation}.{member}"),
                false => operation.to_owned(),
            };
        }
        let owner = match owner.as_str() {
            "error_codes::ErrorCode" | "error_codes::ErrorDetail" => {
                &owner["error_codes::".len()..]
            }
            owner => owner,
        };
        match member.chars().next() {
            None if owner.contains("::") => owner.to_owned(),
            None => format!("{owner}()"),
            // A trait or an associated type is no path of its own.
            Some(_) if member.contains('<') => owner.to_owned(),
            Some(first) if first.is_uppercase() && self.is_variant(owner, member) => {
                format!("{owner}::{member}")
            }
            Some(first) if first.is_uppercase() => owner.to_owned(),
            Some(_) => format!("{owner}.{member}"),
        }
    }

    fn is_variant(&self, owner: &str, member: &str) -> bool {
        let ty = owner.trim_start_matches("types::");
        let schema = self.source.document.types.get(ty);
        let custom = schema.is_some_and(crate::spec::is_custom) || owner.starts_with("Error");
        let traits = ["Clone", "Debug", "Default", "Deserialize", "Serialize"];
        custom && !traits.contains(&member)
    }
}

impl Item<'_> {
    /// Returns `true` if a change of this name can change the item.
    fn changes_with(&self, name: &str) -> bool {
        let item = self.name;
        if name == self.shown || name == item.owner {
            return true;
        }
        // A resource: everything in it.
        if let Some(resource) = name.strip_suffix("()") {
            let module = item.owner.trim_start_matches("Call<");
            return module == resource || module.starts_with(&format!("{resource}::"));
        }
        if let Some(operation) = self.operation {
            let Some(rest) = name.strip_prefix(operation) else {
                return false;
            };
            let specific = rest.rsplit('.').next().unwrap_or_default();
            let general =
                rest.is_empty() || item.owner.ends_with("Response") && !is_member(&item.member);
            let argument = !item.owner.starts_with("Call<") && self.in_handle;
            return general || argument || specific == item.member;
        }
        // Constructors and impls follow from the fields and values of a type.
        let follows = !is_member(&item.member) || item.member == "new";
        let name = name.trim_start_matches("error_codes::");
        let ty = item.owner.trim_start_matches("error_codes::");
        let ty = ty.trim_start_matches("Patch<").trim_end_matches('>');
        let of_type = name.strip_prefix(ty).and_then(|rest| rest.chars().next());
        if matches!(of_type, Some('.' | ':')) {
            let last = name
                .trim_end_matches("(…)")
                .rsplit(['.', ':'])
                .next()
                .unwrap_or_default();
            return follows || last == item.member || pascal(last) == item.member;
        }
        name == ty
    }
}

/// Returns `true` for a field or a function, which are in lower case, and `false` for a trait or an associated type.
fn is_member(member: &str) -> bool {
    member.starts_with(|first: char| first.is_lowercase() || first == '_') && member != "deref"
}
