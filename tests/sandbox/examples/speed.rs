//! How fast the sandbox is, how much it takes, how many there can be: run it with `--release`.

use std::time::Instant;

use katapult_sandbox::{Sandbox, Token};
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder()
        .remember(10)
        .token(Token::new("speed").permitted(u32::MAX))
        .start()
        .await?;
    let (path, count) = (
        "/core/v1/virtual_machines/virtual_machine?virtual_machine[fqdn]=web-1.acme.example",
        20_000,
    );
    let began = Instant::now();
    for _ in 0..count {
        sandbox.ask("GET", path, "");
    }
    println!(
        "without a socket: {:.0} requests a second",
        f64::from(count) / began.elapsed().as_secs_f64()
    );
    let http = reqwest::Client::new();
    let began = Instant::now();
    for _ in 0..count {
        let path = format!("{}{path}", sandbox.url());
        http.get(path)
            .bearer_auth("speed")
            .send()
            .await?
            .bytes()
            .await?;
    }
    println!(
        "over HTTP, with the client on the same core: {:.0} requests a second",
        f64::from(count) / began.elapsed().as_secs_f64()
    );
    for number in 0..100_000 {
        let body = json!({"organization": {"sub_domain": "acme"}, "properties": {"name": format!("tag-{number}")}});
        sandbox.ask(
            "POST",
            "/core/v1/organizations/organization/tags",
            &body.to_string(),
        );
    }
    println!(
        "{} objects; {}",
        sandbox.world(|world| world.objects().count()),
        memory()
    );
    let began = Instant::now();
    let mut many = Vec::new();
    for _ in 0..100 {
        many.push(Sandbox::start().await?);
    }
    println!(
        "{} sandboxes at once in {:.1} s; {}",
        many.len(),
        began.elapsed().as_secs_f64(),
        memory()
    );
    Ok(())
}

/// What the system says of this process, where it says something.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or("VmRSS: not told")
        .replace('\t', " ")
}
