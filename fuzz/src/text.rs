//! Checks and seeds of what is read from text.

use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Panics if a value that was read from text is another one after it is written and read again.
pub(crate) fn check_round_trip<T>(text: &str)
where
    T: FromStr<Err: Debug + Display> + Display + Debug + PartialEq,
{
    match text.parse::<T>() {
        Ok(value) => {
            let written = value.to_string();
            assert_eq!(
                written.parse::<T>().as_ref().ok(),
                Some(&value),
                "{written:?}"
            );
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Returns the bytes of some texts.
pub(crate) fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
