//! Case conversion: from the API's names to Rust's, and back to English.

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
