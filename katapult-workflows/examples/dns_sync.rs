//! Brings the records of a DNS zone to the state of a zone file: prints the plan and applies it.
//!
//! `cargo run -p katapult-workflows --example dns_sync -- [FILE ZONE]`. With a token in `KATAPULT_API_KEY` it uses the
//! real API, where it prints the plan, and applies it only with `--write`. A line of the file is `NAME TTL TYPE VALUE`, with
//! the types A, AAAA, CNAME, NS, MX (priority and value) and TXT.

#[path = "../../examples/common/mod.rs"]
mod common;

use std::fs;

use common::{ExampleResult, Session, arguments};
use katapult_core::types::DnsZoneLookup;
use katapult_workflows::{EnsureRecords, Record, RecordContent};
use serde_json::json;

const FILE: &str = "\
; the zone acme.example
@    300 MX    10 mail.acme.example.
www  300 A     192.0.2.1
www  300 A     192.0.2.2
api  300 CNAME www.acme.example.
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExampleResult<()> {
    let session = Session::start(|sandbox| {
        let acme = sandbox.id_of("Organization", "sub_domain", "acme")?;
        let zone = json!({"name": "acme.example", "organization": acme});
        let zone = sandbox.insert_object("DnsZone", zone)?;
        for (name, kind, key, value) in [
            ("www", "A", "ip_address", "192.0.2.1"),
            ("www", "A", "ip_address", "192.0.2.9"),
            ("old", "TXT", "content", "to go"),
        ] {
            let content = json!({kind: {key: value}});
            let record = json!({
                "dns_zone": zone, "name": name, "ttl": 300,
                "type": kind, "content": value, "content_attributes": content,
            });
            sandbox.insert_object("DnsRecord", record)?;
        }
        Ok(())
    })
    .await?;
    let (text, zone): (String, DnsZoneLookup) = match &arguments()[..] {
        [file, zone] => (fs::read_to_string(file)?, zone.parse()?),
        _ => (FILE.to_owned(), DnsZoneLookup::name("acme.example")),
    };

    let mut ensure = EnsureRecords::new(&session.katapult, zone.clone()).prune(true);
    for line in text.lines() {
        let line = line.split(';').next().unwrap_or_default();
        if !line.trim().is_empty() {
            ensure = ensure.record(parse(line).ok_or_else(|| format!("invalid line: {line}"))?);
        }
    }
    println!("The plan for {zone}:\n{}", ensure.plan().await?);
    if session.may_write() {
        println!(
            "\nApplied: {} changes",
            ensure.apply().await?.changes().len()
        );
        println!("\nThe plan after that:\n{}", ensure.plan().await?);
    }
    Ok(())
}

fn parse(line: &str) -> Option<Record> {
    let words: Vec<_> = line.split_whitespace().collect();
    let (name, ttl, kind, rest) = (
        *words.first()?,
        words.get(1)?.parse().ok()?,
        *words.get(2)?,
        &words[3..],
    );
    let value = rest.join(" ");
    let record = match kind {
        "A" => Record::new(name, RecordContent::A(value)),
        "AAAA" => Record::new(name, RecordContent::Aaaa(value)),
        "CNAME" => Record::new(name, RecordContent::Cname(value)),
        "NS" => Record::new(name, RecordContent::Ns(value)),
        "TXT" => Record::new(name, RecordContent::Txt(value.trim_matches('"').to_owned())),
        "MX" => {
            let [priority, host] = rest else { return None };
            let mx = RecordContent::Mx((*host).to_owned());
            Record::new(name, mx).priority(priority.parse().ok()?)
        }
        _ => return None,
    };
    Some(record.ttl(ttl))
}
