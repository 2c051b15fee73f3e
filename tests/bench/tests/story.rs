//! Both stories say the same, or their sizes would not compare.

use std::process::Command;

use katapult_sandbox::{Sandbox, Time};

async fn told(program: &str) -> String {
    let sandbox = Sandbox::builder().time(Time::Scaled(10.0));
    let server = sandbox.start().await.expect("loopback");
    let mut command = Command::new(program);
    command
        .env("KATAPULT_API_URL", server.url())
        .env("KATAPULT_API_KEY", server.token());
    let done = tokio::task::spawn_blocking(move || command.output())
        .await
        .expect("a thread")
        .expect("the program");
    assert!(
        done.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).expect("text")
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stories_say_the_same() {
    let (sdk, hand) = tokio::join!(
        told(env!("CARGO_BIN_EXE_story-sdk")),
        told(env!("CARGO_BIN_EXE_story-by-hand"))
    );
    assert!(sdk.contains("nobody is not there"), "{sdk}");
    assert_eq!(sdk, hand);
}
