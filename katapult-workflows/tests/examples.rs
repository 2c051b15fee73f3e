//! Each example, run as people run it, says what it said when its output was kept.
//!
//! With `KEEP=1` in the environment what they say now is kept.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn run(example: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "-p", "katapult-workflows"])
        .args(["--example", example, "--"])
        .args(arguments)
        .env_remove("KATAPULT_API_KEY")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn says_what_was_kept(example: &str, arguments: &[&str]) {
    let said = run(example, arguments);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/snapshots/{example}.txt"));
    if env::var_os("KEEP").is_some() {
        fs::write(&kept, &said).unwrap();
    }
    let kept = fs::read_to_string(&kept).unwrap_or_default();
    assert_eq!(
        said, kept,
        "{example}: run with KEEP=1 if that is as it should be"
    );
}

macro_rules! examples {
    ($($name:ident [$($argument:literal),*])*) => {$(
        #[test]
        fn $name() {
            says_what_was_kept(stringify!($name), &[$($argument),*]);
        }
    )*};
}

examples! {
    build_machine []
    dns_sync []
    drain ["web", "3"]
    load_balancer []
}
