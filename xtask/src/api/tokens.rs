//! Rendering of tokens.

use std::collections::BTreeMap;

use quote::ToTokens;

/// Renders tokens in one line, spaced roughly as rustfmt does.
pub(crate) fn flat(tokens: &impl ToTokens) -> String {
    tidy(&tokens.to_token_stream().to_string())
}

pub(crate) fn tidy(text: &str) -> String {
    // Tokens are printed with a space between any two of them.
    let pairs: BTreeMap<&str, &str> = BTreeMap::from([
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" ( ", "("),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" :", ":"),
        ("# [", "#["),
        ("< ", "<"),
        (" <", "<"),
        ("[ ", "["),
        (" ]", "]"),
        ("<'", "<'"),
    ]);
    let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (from, to) in pairs {
        text = text.replace(from, to);
    }
    text.replace("(mut self", "(self")
        .replace("->", " -> ")
        .replace("  ", " ")
        .replace(",)", ")")
}
