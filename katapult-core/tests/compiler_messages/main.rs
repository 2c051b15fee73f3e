//! The compiler's messages for usual mistakes: each case is a program that does not compile, with the default features,
//! and in comments `//~` the texts that the messages must contain, and `//~!` those that they must not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

#[test]
fn mistakes_have_messages_that_name_the_remedy() {
    let library = library();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compiler_messages/cases");
    let cases = fs::read_dir(&folder).expect("the folder of the cases");
    let mut cases: Vec<PathBuf> = cases.map(|case| case.expect("a case").path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no case in {}", folder.display());
    let mut missing = Vec::new();
    for case in cases {
        let program = fs::read_to_string(&case).expect("the case");
        let messages = messages(&library, &case);
        let expected = program.lines().filter_map(|line| {
            let (_, text) = line.split_once("//~ ")?;
            Some(text)
        });
        let absent: Vec<&str> = expected.filter(|text| !messages.contains(text)).collect();
        let refused = program
            .lines()
            .filter_map(|line| line.strip_prefix("//~! "));
        let present: Vec<&str> = refused.filter(|text| messages.contains(text)).collect();
        if !absent.is_empty() || !present.is_empty() {
            missing.push(format!(
                "{}: no message contains {absent:#?}, or one contains {present:#?}:\n{messages}",
                case.display()
            ));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Compiles the crate with its default features, and returns the file that a program is compiled against.
///
/// In the target folder of the workspace: the dependencies are there already.
fn library() -> PathBuf {
    let done = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--package", "katapult-core", "--lib"])
        .args(["--message-format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let lines = String::from_utf8(done.stdout).expect("JSON");
    let artifacts = lines.lines().map(|line| {
        let message: Value = serde_json::from_str(line).expect("JSON");
        message
    });
    artifacts
        .filter(|message| message["target"]["name"] == "katapult_core")
        .find_map(|message| Some(PathBuf::from(message["filenames"][0].as_str()?)))
        .expect("an artifact of the crate")
}

/// Returns the compiler's messages for a program, which must not compile.
fn messages(library: &Path, program: &Path) -> String {
    let mut library_flag = "katapult_core=".to_owned();
    library_flag += library.to_str().expect("a path in UTF-8");
    let rustc = option_env!("RUSTC").unwrap_or("rustc");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let done = Command::new(rustc)
        // The library has relative paths of its source, from which the messages cite.
        .current_dir(workspace)
        .args(["--edition", "2024", "--crate-type", "lib"])
        .args([
            "--emit",
            "metadata",
            "--out-dir",
            env!("CARGO_TARGET_TMPDIR"),
        ])
        .args(["--extern", &library_flag, "-L"])
        .arg(library.parent().expect("the folder of the library"))
        .arg(program)
        .output()
        .expect("rustc");
    let messages = String::from_utf8(done.stderr).expect("text");
    // The messages cite the program too, with its comments.
    let messages = messages.lines().filter(|line| !line.contains("//~"));
    let messages = messages.collect::<Vec<_>>().join("\n");
    assert!(
        !done.status.success(),
        "{} compiles\n{messages}",
        program.display()
    );
    messages
}
