//! Both applications do the same: otherwise, a comparison of their sizes means nothing.

use std::process::Command;

use katapult_sandbox::{Sandbox, Time};

async fn output(program: &str) -> String {
    let sandbox = Sandbox::builder().time(Time::Scaled(10.0));
    let server = sandbox.start().await.expect("loopback");
    let mut command = Command::new(program);
    command
        .env("KATAPULT_API_URL", server.url())
        .env("KATAPULT_API_KEY", server.token());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("a thread")
        .expect("the program");
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn applications_on_sdk_and_baseline_print_the_same() {
    let (sdk, baseline) = tokio::join!(
        output(env!("CARGO_BIN_EXE_sdk-app")),
        output(env!("CARGO_BIN_EXE_baseline-app"))
    );
    assert!(sdk.contains("nobody is not there"), "{sdk}");
    assert_eq!(sdk, baseline);
}
