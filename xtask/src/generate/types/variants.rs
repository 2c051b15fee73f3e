//! The names of an enumeration's variants, which a new value never changes.

use std::collections::{BTreeMap, BTreeSet};

use quote::format_ident;
use syn::Ident;

use crate::naming::case::pascal;

/// Returns a variant for each value.
///
/// Of values that differ only in punctuation or case, the one in the usual form has the plain name:
/// without hyphens and the like, and in the case of most values. Each other one is named after what
/// distinguishes it, so that its name does not depend on the rest: `dark-blue` is `DarkBlueHyphen`.
pub(crate) fn variants(values: &[&str]) -> Vec<Ident> {
    let mut forms: BTreeMap<Form, usize> = BTreeMap::new();
    for value in values {
        *forms.entry(form(value)).or_default() += 1;
    }
    let rarity = |value: &str| usize::MAX - forms.get(&form(value)).copied().unwrap_or_default();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|index| {
        let value = values[*index];
        (separators(value).len(), rarity(value), value)
    });
    let mut used = BTreeSet::new();
    let mut names = vec![String::new(); values.len()];
    for index in order {
        let name = free_name(values[index], &used);
        used.insert(name.clone());
        names[index] = name;
    }
    names.iter().map(|name| format_ident!("{name}")).collect()
}

/// The case of a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Lower,
    Upper,
    Mixed,
}

fn form(value: &str) -> Form {
    let any = |is: fn(char) -> bool| value.contains(is);
    match (any(char::is_lowercase), any(char::is_uppercase)) {
        (_, false) => Form::Lower,
        (false, true) => Form::Upper,
        (true, true) => Form::Mixed,
    }
}

/// Returns the names of the characters that an identifier cannot have.
fn separators(value: &str) -> Vec<String> {
    let others = value
        .chars()
        .filter(|letter| !letter.is_ascii_alphanumeric() && *letter != '_');
    let name = |letter| match letter {
        '-' => "Hyphen".to_owned(),
        ' ' => "Space".to_owned(),
        '.' => "Dot".to_owned(),
        '/' => "Slash".to_owned(),
        ':' => "Colon".to_owned(),
        '+' => "Plus".to_owned(),
        other => format!("U{:X}", u32::from(other)),
    };
    others.map(name).collect()
}

fn free_name(value: &str, used: &BTreeSet<String>) -> String {
    let mut plain = pascal(value);
    if plain.is_empty() || plain.starts_with(|first: char| first.is_ascii_digit()) {
        plain = format!("Value{plain}");
    }
    // `Unknown` is the variant of other values; `Self` is a keyword that cannot be raw.
    if plain == "Unknown" || plain == "Self" {
        plain += "Value";
    }
    if !used.contains(&plain) {
        return plain;
    }
    let separators = separators(value).concat();
    let distinction = match (separators.as_str(), form(value)) {
        ("", Form::Upper) => "Upper",
        ("", Form::Mixed) => "Mixed",
        ("", Form::Lower) if value.contains('_') => "Underscore",
        ("", Form::Lower) => "Lower",
        (separators, _) => separators,
    };
    let name = format!("{plain}{distinction}");
    // Only values with the same characters in other places come this far.
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !used.contains(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::variants;

    fn names(values: &[&str]) -> Vec<String> {
        variants(values).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn value_in_another_form_leaves_the_names_of_the_others() {
        let colors = ["blue", "dark-blue", "dark_blue"];
        assert_eq!(names(&colors), ["Blue", "DarkBlueHyphen", "DarkBlue"]);
        let more = ["blue", "dark blue", "dark-blue", "dark.blue", "dark_blue"];
        let expected = [
            "Blue",
            "DarkBlueSpace",
            "DarkBlueHyphen",
            "DarkBlueDot",
            "DarkBlue",
        ];
        assert_eq!(names(&more), expected);
        for (values, expected) in [
            (vec!["RED", "blue", "red"], ["RedUpper", "Blue", "Red"]),
            (vec!["TCP", "UDP", "tcp"], ["Tcp", "Udp", "TcpLower"]),
            (vec!["a-b", "a_b", "c-d"], ["ABHyphen", "AB", "CD"]),
            (
                vec!["unknown", "self", "2"],
                ["UnknownValue", "SelfValue", "Value2"],
            ),
        ] {
            assert_eq!(names(&values), expected);
        }
    }
}
