//! Reconciles the changes of the documents with the public API that the generator makes of them.
//!
//! The generator alone knows what it derives: conversions, `Deref`, roles, `Option`, `Patch` and names. So a change breaks
//! Rust only if it changes a public item, and every public item that changes is reported.

use anyhow::Result;

use crate::diff::compare::Change;
use crate::diff::input::Source;
use crate::diff::severity::{Kind, Severity};
use crate::generate;
use crate::naming::case::pascal;
use crate::naming::reserved::identifier;
use crate::public_api::{Break, ItemName, PublicApi};

/// Returns the public items that break from one document to the next.
pub(super) fn breaks(old: &Source, new: &Source) -> Result<Vec<Break>> {
    let api = |source: &Source| PublicApi::of_sources(&generate::sources(&source.document)?);
    Ok(api(old)?.breaks(&api(new)?))
}

/// Makes the changes agree with the breaks: a change without one breaks no Rust, and a break without a change is a change.
pub(super) fn reconcile(changes: &mut Vec<Change>, breaks: &[Break], old: &Source) {
    let names = Names(old);
    let mut explained = vec![false; breaks.len()];
    for change in changes.iter_mut() {
        if !change.severity.breaks_rust() {
            continue;
        }
        let mut founded = false;
        for (one, explained) in breaks.iter().zip(&mut explained) {
            if names.concerns(&change.name, &one.item) {
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
    for (one, _) in breaks.iter().zip(explained).filter(|(_, done)| !done) {
        changes.push(Change {
            kind: Kind::PublicItem,
            severity: Severity::Rust,
            name: names.shown(&one.item),
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
struct Names<'a>(&'a Source);

impl Names<'_> {
    /// Returns the operation of an item, as a report prints it, with its resource: `tags().create(…)`.
    fn operation(&self, item: &ItemName) -> Option<String> {
        let document = &self.0.document;
        let inner = item
            .owner
            .strip_prefix("Call<")
            .map(|inner| inner.trim_end_matches('>'));
        let (module, ty) = inner.unwrap_or(&item.owner).split_once("::")?;
        document.operations.values().find_map(|operation| {
            let spec = &operation.spec;
            let is_of = identifier(&spec.resource).to_string() == module;
            let name = document.operation_type(operation);
            let method = document.handle(&spec.resource) == ty
                && identifier(&spec.action)
                    .to_string()
                    .trim_start_matches("r#")
                    == item.member;
            let of_type = ["", "Body", "Response"]
                .iter()
                .any(|role| ty == format!("{name}{role}"));
            (is_of && (method || of_type))
                .then(|| format!("{module}().{}(…)", identifier(&spec.action)))
        })
    }

    /// Returns the name that a report prints for an item.
    fn shown(&self, item: &ItemName) -> String {
        let ItemName { owner, member } = item;
        let call = owner.starts_with("Call<");
        if let (true, Some(operation)) = (call || self.is_handle(item), self.operation(item)) {
            return match call && !member.is_empty() {
                true => format!("{operation}.{member}"),
                false => operation,
            };
        }
        let owner = owner.trim_start_matches("error_codes::");
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

    fn is_handle(&self, item: &ItemName) -> bool {
        let handle = |resource: &&str| {
            item.owner
                == format!(
                    "{}::{}",
                    identifier(resource),
                    self.0.document.handle(resource)
                )
        };
        self.0.document.resources().iter().any(handle)
    }

    fn is_variant(&self, owner: &str, member: &str) -> bool {
        let ty = owner.trim_start_matches("types::");
        let schema = self.0.document.types.get(ty);
        let custom = schema.is_some_and(crate::spec::is_custom) || owner.starts_with("Error");
        let traits = ["Clone", "Debug", "Default", "Deserialize", "Serialize"];
        custom && !traits.contains(&member)
    }

    /// Returns `true` if a change of this name can change an item.
    fn concerns(&self, name: &str, item: &ItemName) -> bool {
        let shown = self.shown(item);
        if name == shown || name == item.owner {
            return true;
        }
        // A resource: everything in it.
        if let Some(resource) = name.strip_suffix("()") {
            let module = item.owner.trim_start_matches("Call<");
            return module == resource || module.starts_with(&format!("{resource}::"));
        }
        if let Some(operation) = self.operation(item) {
            let Some(rest) = name.strip_prefix(&operation) else {
                return false;
            };
            let specific = rest.rsplit('.').next().unwrap_or_default();
            let general =
                rest.is_empty() || item.owner.ends_with("Response") && !is_member(&item.member);
            let argument = !item.owner.starts_with("Call<") && self.is_handle(item);
            return general || argument || specific == item.member;
        }
        // Constructors and impls follow from the fields and values of a type.
        let follows = !is_member(&item.member) || item.member == "new";
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
