//! Words: from the API's names to Rust's, and back to English.

use proc_macro2::Ident;
use quote::format_ident;

/// Names that the generated code uses as they stand, and that no generated type can have.
const TAKEN_TYPES: &[&str] = &[
    "Api",
    "Box",
    "Call",
    "Client",
    "Clone",
    "Debug",
    "Default",
    "Err",
    "ErrorCode",
    "ErrorDetail",
    "From",
    "Into",
    "IntoIterator",
    "Iterator",
    "ListOperation",
    "None",
    "Ok",
    "Operation",
    "Option",
    "Patch",
    "Result",
    "Self",
    "Some",
    "String",
    "TaskOperation",
    "Transport",
    "TrashOperation",
    "Unknown",
    "Vec",
];

/// Whether a generated type cannot be called so, since the code around it means something else by it.
pub(crate) fn is_taken_type(name: &str) -> bool {
    TAKEN_TYPES.contains(&name)
}

/// Whether a name is written like a type's: `IpAddress`.
pub(crate) fn is_pascal(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Whether a name is written like a module's or a method's: `ip_address`.
pub(crate) fn is_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// Whether Rust takes a snake-case name as it stands.
pub(crate) fn is_identifier(name: &str) -> bool {
    is_snake(name) && name != "gen" && syn::parse_str::<Ident>(name).is_ok()
}

/// A snake-case name as an identifier; a keyword of Rust gets a `_`, as fields do: `match_`.
pub(crate) fn identifier(name: &str) -> Ident {
    if is_identifier(name) {
        format_ident!("{name}")
    } else {
        format_ident!("{name}_")
    }
}

/// Words whose singular is not found by the rules, or that end in `s` and are singular.
const SINGULAR_ALREADY: &[&str] = &[
    "status", "address", "access", "dns", "alias", "series", "class",
];

/// The singular of the last word of a snake-case name: `ip_addresses` → `ip_address`.
pub(crate) fn singular(name: &str) -> String {
    let (head, last) = match name.rfind('_') {
        Some(at) => name.split_at(at + 1),
        None => ("", name),
    };
    format!("{head}{}", singular_word(last))
}

fn singular_word(word: &str) -> String {
    if SINGULAR_ALREADY.contains(&word) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    for ending in ["sses", "xes", "ches", "shes", "uses"] {
        if word.ends_with(ending) {
            return word[..word.len() - 2].to_owned();
        }
    }
    match word.strip_suffix('s') {
        Some(stem) if !word.ends_with("ss") && !stem.is_empty() => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// Whether the last word of a snake-case name is a plural.
pub(crate) fn is_plural(name: &str) -> bool {
    singular(name) != name
}

/// `ip_address` or `IP addresses` → `IpAddress`, `IpAddresses`; what is in Pascal case stays so.
pub(crate) fn pascal(name: &str) -> String {
    words(name)
        .iter()
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
                .unwrap_or_default()
        })
        .collect()
}

/// `IP addresses` → `ip_addresses`.
pub(crate) fn snake(name: &str) -> String {
    words(name).join("_")
}

/// `ip_addresses` → `IP addresses`.
pub(crate) fn english(name: &str) -> String {
    const CAPITALS: &[&str] = &[
        "api", "cpu", "dns", "fqdn", "gb", "gpu", "id", "ip", "iso", "mb", "nfs", "ssh", "tls",
        "ttl", "url", "uuid", "vip", "xml", "gid", "uid", "acl",
    ];
    words(name)
        .iter()
        .map(|word| {
            let bare = word.strip_suffix('s').unwrap_or(word);
            if CAPITALS.contains(&word.as_str()) {
                word.to_ascii_uppercase()
            } else if CAPITALS.contains(&bare) {
                format!("{}s", bare.to_ascii_uppercase())
            } else if word == "io" {
                "IO".to_owned()
            } else {
                word.clone()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The words of a name, in lower case: split at what is no letter or digit, and where a capital
/// begins a word (`HTTPRedirect` → `http`, `redirect`).
pub(crate) fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            words.push(String::new());
            continue;
        }
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        let begins = letter.is_ascii_uppercase()
            && (before
                .is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit())
                || (before.is_some_and(|before| before.is_ascii_uppercase())
                    && after.is_some_and(char::is_ascii_lowercase)));
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The text with its first letter large.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().to_string() + letters.as_str(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singulars() {
        for (plural, one) in [
            ("ip_addresses", "ip_address"),
            ("disk_backup_policies", "disk_backup_policy"),
            ("virtual_machines", "virtual_machine"),
            ("status", "status"),
            ("statuses", "status"),
            ("gpus", "gpu"),
            ("access", "access"),
            ("dns", "dns"),
        ] {
            assert_eq!(singular(plural), one);
        }
    }

    #[test]
    fn cases() {
        for (name, pascal_case, snake_case) in [
            ("IP addresses", "IpAddresses", "ip_addresses"),
            ("ip_address", "IpAddress", "ip_address"),
            ("HTTPRedirect", "HttpRedirect", "http_redirect"),
            ("AAAA", "Aaaa", "aaaa"),
            ("VirtualMachine", "VirtualMachine", "virtual_machine"),
            (
                "virtual_machines:power_actions",
                "VirtualMachinesPowerActions",
                "virtual_machines_power_actions",
            ),
        ] {
            assert_eq!(pascal(name), pascal_case);
            assert_eq!(snake(name), snake_case);
        }
    }
}
