//! Case conversion: from the API's names to Rust's, and back to English.
//!
//! Everything but ASCII letters and digits separates words; `heck` finds the words within the rest
//! (`HTTPRedirect` → `http`, `redirect`), by the same rules as in progenitor.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

/// Returns `true` if a name has the form of a type's name: `IpAddress`.
pub(crate) fn is_pascal(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// Returns `true` if a name has the form of a module's or a method's name: `ip_address`.
pub(crate) fn is_snake(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// Converts to Pascal case: `ip_address` → `IpAddress`, `IP addresses` → `IpAddresses`.
pub(crate) fn pascal(name: &str) -> String {
    ascii(name).to_upper_camel_case()
}

/// Returns the type of an error code's details: `TagNotFoundDetail`. No type can begin with a digit.
pub(crate) fn detail_type(code: &str) -> String {
    let name = pascal(code);
    let before = if name.starts_with(|first: char| first.is_ascii_uppercase()) {
        ""
    } else {
        "Code"
    };
    format!("{before}{name}Detail")
}

/// Converts to snake case: `IP addresses` → `ip_addresses`.
pub(crate) fn snake(name: &str) -> String {
    ascii(name).to_snake_case()
}

/// Converts to English words: `ip_addresses` → `IP addresses`.
pub(crate) fn english(name: &str) -> String {
    const ACRONYMS: &[&str] = &[
        "acl", "api", "cpu", "dns", "fqdn", "gb", "gid", "gpu", "id", "io", "ip", "iso", "mb",
        "nfs", "ssh", "tls", "ttl", "uid", "url", "uuid", "vip", "xml",
    ];
    let words = snake(name);
    let words = words.split('_').map(|word| {
        let singular = word.strip_suffix('s').unwrap_or(word);
        match (ACRONYMS.contains(&word), ACRONYMS.contains(&singular)) {
            (true, _) => word.to_ascii_uppercase(),
            (false, true) => format!("{}s", singular.to_ascii_uppercase()),
            (false, false) => word.to_owned(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Replaces everything that cannot be in an identifier of the generated code by a separator.
fn ascii(name: &str) -> String {
    name.replace(|letter: char| !letter.is_ascii_alphanumeric(), " ")
}

/// Converts the first letter to upper case.
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
    fn names_of_any_form_are_converted_to_both_cases() {
        for (name, pascal_case, snake_case) in [
            ("IP addresses", "IpAddresses", "ip_addresses"),
            ("ip_address", "IpAddress", "ip_address"),
            ("HTTPRedirect", "HttpRedirect", "http_redirect"),
            ("AAAA", "Aaaa", "aaaa"),
            ("VirtualMachine", "VirtualMachine", "virtual_machine"),
            ("имя", "", ""),
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

    #[test]
    fn acronyms_are_capitals_in_english() {
        for (name, words) in [
            ("ip_addresses", "IP addresses"),
            ("gpus", "GPUs"),
            ("disk_io_profile", "disk IO profile"),
        ] {
            assert_eq!(english(name), words);
        }
    }
}
