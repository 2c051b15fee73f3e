//! Singular and plural.

/// Words that end in `s` and are singular.
const SINGULAR_ALREADY: &[&str] = &[
    "status", "address", "access", "dns", "alias", "series", "class",
];

/// Returns a snake-case name with its last word in the singular: `ip_addresses` → `ip_address`.
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

/// Returns `true` if the last word of a snake-case name is a plural.
pub(crate) fn is_plural(name: &str) -> bool {
    singular(name) != name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_word_is_made_singular() {
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
}
