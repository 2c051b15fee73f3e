//! The words of a field's name by which its value is secret. Types and logs use the same ones.

/// Words of names of secrets: passwords, tokens, keys, and codes that open an account.
// Runs of words, so that `api_key` matches and `key` alone, the name of a tag's key, does not.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passphrase",
    "secret",
    "token",
    "otp",
    "credential",
    "credentials",
    "api_key",
    "access_key",
    "private_key",
    "certificate_key",
    "secret_key",
    "encryption_key",
    "recovery_code",
    "recovery_codes",
];

/// Last words of names of lists and maps of secrets. In other places they count things: `tokens_used`.
const PLURALS: &[&str] = &["passwords", "tokens", "secrets"];

/// Returns `true` if a field's name contains the words of a secret.
pub(crate) fn has_secret_words(name: &str) -> bool {
    let words = snake(name);
    // An id names a secret without being one.
    if words.ends_with("_id") || words.ends_with("_ids") {
        return false;
    }
    // A URL without a name of its own is that of a console session, an attachment or a signed request.
    words == "url"
        || words == "authorization"
        || PLURALS.contains(&words.rsplit('_').next().unwrap_or_default())
        || SECRET_WORDS.iter().any(|secret| has_words(&words, secret))
}

/// Returns `true` if the words contain these ones in a row.
fn has_words(words: &str, run: &str) -> bool {
    let mut rest = words;
    while let Some(at) = rest.find(run) {
        let end = at + run.len();
        let starts = at == 0 || rest[..at].ends_with('_');
        let ends = rest[end..].is_empty() || rest[end..].starts_with('_');
        if starts && ends {
            return true;
        }
        rest = &rest[end..];
    }
    false
}

/// Returns a name in lower case with `_` between its words.
fn snake(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            words.push('_');
        } else {
            if letter.is_uppercase() && after_lower {
                words.push('_');
            }
            words.extend(letter.to_lowercase());
        }
        after_lower = letter.is_lowercase() || letter.is_ascii_digit();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::has_secret_words;

    #[test]
    fn names_of_secrets_are_recognized_by_their_words() {
        for name in [
            "password",
            "initial_root_password",
            "rootPassword",
            "secret",
            "s3_secret_access_key",
            "token",
            "api_token",
            "X-Auth-Token",
            "api_key",
            "apiKey",
            "API_KEY",
            "passphrase",
            "otp",
            "otp_secret",
            "recovery_code",
            "recovery_codes",
            "private_key",
            "backend_certificate_key",
            "access_key",
            "url",
            "authorization",
            "credentials",
            "tokens_token",
            "tokens",
            "refresh_tokens",
        ] {
            assert!(has_secret_words(name), "{name}");
        }
        for name in [
            "",
            "id",
            "key",
            "keys",
            "name",
            "ssh_key",
            "s3_access_key_id",
            "api_token_id",
            "tokenizer",
            "tokens_used",
            "public_url",
            "avatar_url",
            "passthrough_ssl",
            "read_key_ids",
            "secretary",
            "authorization_method",
            "hotpot",
        ] {
            assert!(!has_secret_words(name), "{name}");
        }
    }
}
