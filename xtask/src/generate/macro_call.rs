//! Calls of macros in generated code, as text, since prettyplease does not format the arguments of macros.

use syn::{Attribute, ItemStruct, parse_quote};

/// The length of generated lines within macros.
const LINE_LENGTH: usize = 100;

/// Returns the conditions of an item, for those of the call that belongs to it.
pub(super) fn gates(attributes: &[Attribute]) -> String {
    let gates = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"));
    gates
        .map(|gate| {
            let file: syn::File = parse_quote!(#gate struct Gated;);
            let written = prettyplease::unparse(&file);
            written
                .trim_end()
                .trim_end_matches("struct Gated;")
                .to_owned()
        })
        .collect()
}

/// Returns entries in braces between a head and a tail, as many to a line as fit.
pub(super) fn braced(head: &str, entries: &[String], tail: &str) -> String {
    if entries.is_empty() {
        return format!("{head}{{}}{tail}");
    }
    let whole = format!("{head}{{ {} }}{tail}", entries.join(", "));
    if whole.trim_end().len() <= LINE_LENGTH {
        return whole;
    }
    let mut text = format!("{head}{{\n");
    let mut line = String::new();
    for entry in entries {
        // The indentation, a space and a comma are 5 characters.
        if !line.is_empty() && line.len() + entry.len() + 5 > LINE_LENGTH {
            text.push_str(&format!("   {line}\n"));
            line.clear();
        }
        line.push_str(&format!(" {entry},"));
    }
    text.push_str(&format!("   {line}\n}}{tail}"));
    text
}

/// Returns a call with required entries, and with further groups of entries after a word each, unless they are empty.
pub(super) fn grouped(
    head: &str,
    required: &[String],
    groups: &[(&str, Vec<String>)],
    tail: &str,
) -> String {
    let further = groups.iter().filter(|(_, entries)| !entries.is_empty());
    let mut calls = vec![(head.to_owned(), required)];
    calls.extend(further.map(|(word, entries)| (format!(" {word}"), &entries[..])));
    let last = calls.len() - 1;
    let mut call = String::new();
    for (at, (before, entries)) in calls.into_iter().enumerate() {
        let tail = if at == last { tail } else { "" };
        // A group after one that is wrapped has a line of its own length.
        call = match call.contains('\n') {
            true => call + &braced(&before, entries, tail),
            false => braced(&(call + &before), entries, tail),
        };
    }
    call
}

/// Returns `true` if a struct derives a trait in any case.
pub(super) fn derives(item: &ItemStruct, what: &str) -> bool {
    let mut found = false;
    for attribute in item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("derive"))
    {
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == what);
            Ok(())
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_wrapped() {
        let entries: Vec<String> = (0..30).map(|number| format!("field_{number}")).collect();
        let text = braced("placeholder!(Lamp ", &entries, ");\n");
        assert!(text.lines().all(|line| line.len() <= LINE_LENGTH), "{text}");
        assert_eq!(text.matches("field_").count(), 30);
        assert!(
            text.starts_with("placeholder!(Lamp {\n    field_0,")
                && text.ends_with("field_29,\n});\n"),
            "{text}"
        );
    }
}
