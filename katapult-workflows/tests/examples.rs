//! The examples of `katapult-examples` and `katapult-workflows`, run as users run them.
//!
//! With `INSTA_UPDATE=always` in the environment, the new output is accepted.

use std::process::Command;
use std::thread;

const EXAMPLES: &[(&str, &str, &[&str])] = &[
    ("katapult-examples", "cleanup_trash", &[]),
    ("katapult-examples", "error_handling", &[]),
    ("katapult-examples", "inventory", &["stone"]),
    ("katapult-examples", "raw_request", &[]),
    ("katapult-examples", "resume_list", &[]),
    ("katapult-examples", "scopes", &[]),
    ("katapult-examples", "watch_task", &[]),
    ("katapult-workflows", "build_machine", &[]),
    ("katapult-workflows", "ci_runner", &[]),
    ("katapult-workflows", "dns_sync", &[]),
    ("katapult-workflows", "drain", &["web", "3"]),
    ("katapult-workflows", "load_balancer", &[]),
    ("katapult-workflows", "price", &[]),
];

/// The page with the output of all examples.
const PAGE: &str = include_str!("../../docs/examples.md");
/// The first line of an example that uses the sandbox.
const NOTICE: &str = "KATAPULT_API_KEY is not set: using the sandbox in this process.\n";

fn output(package: &str, example: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "-p", package, "--example", example, "--"])
        .args(arguments)
        .env_remove("KATAPULT_API_KEY")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn examples_without_token_print_their_snapshots_and_the_page_shows_them() {
    thread::scope(|scope| {
        // All are started before the first is joined: most of their time is spent waiting.
        let running: Vec<_> = EXAMPLES
            .iter()
            .map(|&(package, example, arguments)| {
                let thread = scope.spawn(move || output(package, example, arguments));
                (example, thread)
            })
            .collect();
        for (example, thread) in running {
            let output = thread.join().unwrap();
            // The page shows the same output, without the first line.
            let shown = output.strip_prefix(NOTICE).unwrap_or(&output).trim_end();
            assert!(
                PAGE.contains(shown),
                "docs/examples.md does not contain the output of {example}:\n{shown}"
            );
            insta::assert_snapshot!(example, output);
        }
    });
}
