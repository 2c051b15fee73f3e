//! Running cargo, and the command line that started this program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result};

/// Returns a command for the cargo that runs this program, in a folder.
pub(crate) fn in_folder(folder: &Path) -> Command {
    // `CARGO` is the cargo of the current toolchain; the one on the PATH can be of another.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(folder);
    command
}

/// Returns the target folder of a workspace, where cargo keeps what it builds.
pub(crate) fn target(root: &Path) -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(target) => root.join(target), // an absolute path stays what it is
        None => root.join("target"),
    }
}

/// Runs a command of cargo to its end and captures its output.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    command.output().context("cannot run cargo: install Rust")
}

/// Returns the command line that started this program, for messages that ask to run it again.
pub(crate) fn invocation() -> String {
    render(std::env::args().skip(1))
}

/// Returns the command line without `--check`: the command that writes what this one checks.
pub(crate) fn without_check() -> String {
    render(std::env::args().skip(1).filter(|word| word != "--check"))
}

fn render(words: impl Iterator<Item = String>) -> String {
    words.fold("cargo xtask".to_owned(), |line, word| {
        format!("{line} {}", quoted(&word))
    })
}

/// Quotes a word for a shell, where it needs quotes.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocation_can_be_pasted_into_a_shell() {
        for (words, expected) in [
            (&["api"][..], "cargo xtask api"),
            (
                &["generate", "--openapi", "/tmp/a b", "--out=x"],
                "cargo xtask generate --openapi '/tmp/a b' --out=x",
            ),
            (&["vendor", "it's", ""], r"cargo xtask vendor 'it'\''s' ''"),
            (
                &["update", "--core", "https://a.example/b.json?c=1&d"],
                "cargo xtask update --core 'https://a.example/b.json?c=1&d'",
            ),
        ] {
            let words = words.iter().map(|word| (*word).to_owned());
            assert_eq!(render(words), expected);
        }
    }
}
