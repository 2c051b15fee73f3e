//! The rule by which a field's name states that its value is secret.

use super::secret_words::has_secret_words;
use crate::generated::SECRET_FIELDS;

/// Returns `true` if the value of a field of this name is secret: a password, a key, a code, or the URL of
/// a session, which opens it without a password.
///
/// The name is split into words at `_`, `-`, spaces and capitals, without regard to case:
/// `initial_root_password`, `apiKey` and `X-Auth-Token` match, and `tokenizer` does not. Fields that are secret by the
/// API's document, whatever their words, match by their whole name.
///
/// ```
/// assert!(katapult_gen::__private::is_secret_name("s3_secret_access_key"));
/// assert!(!katapult_gen::__private::is_secret_name("s3_access_key_id"));
/// assert!(katapult_gen::__private::is_secret_name("certificate_api_url"));
/// ```
pub fn is_secret_name(name: &str) -> bool {
    has_secret_words(name)
        || SECRET_FIELDS
            .iter()
            .any(|field| field.eq_ignore_ascii_case(name))
}
