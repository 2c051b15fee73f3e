//! Holds the sandbox against recordings, and tells what is missing by cause.

use katapult_sandbox::against::{Exchange, Outcome, compare};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut whole = Outcome::default();
    for path in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&path)?;
        let exchanges = text.lines().filter_map(|line| {
            let line: Value = serde_json::from_str(line).ok()?;
            let text = |name: &str| {
                line.get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            Some(Exchange {
                method: text("method"),
                url: text("url"),
                request_body: text("request_body"),
                status: line
                    .get("status")
                    .and_then(Value::as_u64)
                    .and_then(|status| u16::try_from(status).ok())?,
                response_body: text("response_body"),
                date: line
                    .pointer("/headers/date")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            })
        });
        whole.add(compare(&exchanges.collect::<Vec<_>>()).await?);
    }
    for (cause, count) in whole.causes() {
        println!("{count:>6}  {cause}");
    }
    println!(
        "{} exchanges, status equal {}, shape equal {}, ratio {:.3}",
        whole.exchanges,
        whole.status_equal,
        whole.shape_equal,
        whole.ratio()
    );
    Ok(())
}
