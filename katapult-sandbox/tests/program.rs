//! The program, as its README has it: started, told a short story by curl and by Python, stopped, and its
//! journal read.

#![cfg(unix)] // it is stopped by a signal

#[path = "support/program.rs"]
mod program;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use katapult_contract::replay::Replay;
use program::{Program, command, is_there, not_run};
use serde_json::{Value, json};

const README: &str = include_str!("../README.md");

/// The README's blocks of shell: how it is started, and what it is asked.
fn readme() -> (Vec<String>, String) {
    let mut blocks = README.split("```sh\n").skip(1);
    let mut block = || {
        blocks
            .next()
            .unwrap()
            .split("```")
            .next()
            .unwrap()
            .to_owned()
    };
    let (start, story) = (block(), block());
    let arguments = start.split(" -- ").nth(1).unwrap();
    let arguments = arguments.replace("--port 8080 ", "");
    (
        arguments.split_whitespace().map(str::to_owned).collect(),
        story,
    )
}

/// A file of this test's own.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a story comes to.
fn requests(journal: &str) -> Vec<(u64, String)> {
    let lines = journal.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let url = line["url"].as_str().unwrap();
        let path = url.split("/core/v1").nth(1).unwrap();
        let path = path.split(['?', '&']).next().unwrap();
        (line["status"].as_u64().unwrap(), path.to_owned())
    });
    let mut lines: Vec<_> = lines.collect();
    lines.dedup();
    lines
}

#[tokio::test]
async fn curl_tells_the_readmes_story() {
    let (arguments, story) = readme();
    if !is_there("curl") {
        return not_run("the README's story", "curl is not there");
    }
    let journal = file("curl.jsonl");
    let mut arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--journal", journal.to_str().unwrap()]);
    let program = Program::start(arguments);
    let story = story.replace("http://127.0.0.1:8080", &program.url);
    assert!(story.contains(&program.url) && story.contains(&program.token));
    let output = program.beside(Command::new("sh").args(["-euc", &story]));
    assert!(output.status.success(), "{}", text(&output.stderr));

    let said = text(&output.stdout);
    let said: Vec<_> = said.lines().filter(|line| !line.is_empty()).collect();
    let [list, before, completed, after, nobody] = said[..] else {
        panic!("{said:#?}")
    };
    let read = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let both = serde_json::Deserializer::from_str(before).into_iter();
    let [refused, before] = &both.collect::<Result<Vec<Value>, _>>().unwrap()[..] else {
        panic!("{before}")
    };
    assert_eq!(refused["error"]["code"], "rate_limit_reached");
    assert_eq!(read(list)["virtual_machines"][1]["name"], "web-2");
    assert_eq!(read(list)["pagination"]["total"], 5);
    assert_eq!(before["virtual_machine"]["state"], "started");
    assert_eq!(completed, r#""status":"completed""#);
    assert_eq!(read(after)["virtual_machine"]["state"], "stopped");
    assert_eq!(read(nobody)["error"]["code"], "virtual_machine_not_found");

    let (status, said) = program.stop("-TERM");
    assert!(status.success() && said.contains("Stopped."), "{said}");
    assert!(
        said.contains("429 GET /core/v1/virtual_machines/virtual_machine"),
        "{said}"
    );
    let machine = "/virtual_machines/virtual_machine".to_owned();
    let expected = [
        (
            200,
            "/organizations/organization/virtual_machines".to_owned(),
        ),
        (429, machine.clone()),
        (200, machine.clone()),
        (200, format!("{machine}/shutdown")),
        (503, "/tasks/task".to_owned()),
        (200, "/tasks/task".to_owned()),
        (200, machine.clone()),
        (404, machine),
    ];
    assert_eq!(
        requests(&std::fs::read_to_string(&journal).unwrap()),
        expected
    );
    replays(journal).await;
}

/// The journal is a recording: all of it goes through the client, as it was asked and as it was answered.
async fn replays(journal: PathBuf) {
    let replay = Replay::start().await.unwrap();
    let report = replay.run(&[journal]).await.unwrap();
    assert!(report.is_success() && report.exchanges > 5, "{report}");
}

#[tokio::test]
async fn python_tells_the_story_too() {
    let python = Command::new("python3")
        .args(["-c", "import requests"])
        .output();
    if !python.is_ok_and(|output| output.status.success()) {
        return not_run("the story by Python", "python3 with requests is not there");
    }
    let journal = file("python.jsonl");
    let (arguments, _) = readme();
    let mut arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--journal", journal.to_str().unwrap()]);
    let program = Program::start(arguments);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/story.py");
    let output = program.beside(Command::new("python3").arg(script));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let expected = [
        "machines: web-1 web-2 web-3 db-1 db-2",
        "state: started",
        "task: pending running completed",
        "state: stopped",
        "nobody: 404 virtual_machine_not_found",
    ];
    assert_eq!(text(&output.stdout).lines().collect::<Vec<_>>(), expected);
    let (status, _) = program.stop("-INT");
    assert!(status.success());
    replays(journal).await;
}

/// Status and body of a request.
async fn ask(program: &Program, path: &str) -> (u16, Value) {
    let request = reqwest::Client::new().get(format!("{}/core/v1{path}", program.url));
    let reply = request.bearer_auth(&program.token).send().await.unwrap();
    let status = reply.status().as_u16();
    (status, reply.json().await.unwrap())
}

#[tokio::test]
async fn another_world_is_taken() {
    let world = file("world.json");
    let objects = json!({"objects": [
        {"type": "Organization", "id": "org_1", "name": "Umbrella", "sub_domain": "umbrella"},
        {"type": "DnsZone", "id": "dnszone_1", "name": "umbrella.example", "organization": "org_1"},
        {"type": "DnsRecord", "fields": {"type": "A", "name": "www", "content": "192.0.2.1", "dns_zone": "dnszone_1"}},
    ]});
    std::fs::write(&world, objects.to_string()).unwrap();
    let program = Program::start(["--world", world.to_str().unwrap(), "--token", "other"]);
    assert_eq!(program.token, "other");
    let (_, reply) = ask(&program, "/organizations").await;
    assert_eq!(reply["organizations"][0]["name"], "Umbrella");
    assert_eq!(reply["organizations"].as_array().unwrap().len(), 1);
    let (_, reply) = ask(
        &program,
        "/dns_zones/_/records?dns_zone[name]=umbrella.example",
    )
    .await;
    assert_eq!(reply["dns_records"][0]["type"], "A", "{reply}");
}

#[tokio::test]
async fn latency_quota_and_seed_are_as_asked() {
    let program = Program::start(["--latency", "300ms", "--permitted", "1"]);
    let began = Instant::now();
    let mut statuses = vec![ask(&program, "/data_centers").await.0];
    assert!(began.elapsed() >= Duration::from_millis(300));
    for _ in 0..2 {
        statuses.push(ask(&program, "/data_centers").await.0);
    }
    // A minute can have ended in between, but not twice.
    assert!(
        statuses[0] == 200 && statuses.contains(&429),
        "{statuses:?}"
    );

    let faults = async |seed: &str| {
        let program = Program::start(["--seed", seed, "--faults", "unavailable=0.5"]);
        let mut statuses = Vec::new();
        for page in 1..20 {
            statuses.push(ask(&program, &format!("/data_centers?page={page}")).await.0);
        }
        statuses
    };
    let first = faults("1").await;
    assert_eq!(first, faults("1").await);
    assert_ne!(first, faults("2").await);
    assert!(first.contains(&503));
}

#[test]
fn what_cannot_be_is_said_with_the_way_out() {
    let taken = Program::start(["--quiet"]);
    let port = taken.url.rsplit(':').next().unwrap();
    let wrong = file("no-world.json");
    std::fs::write(&wrong, "{}").unwrap();
    let cases: [(&[&str], i32, &str); 6] = [
        (&["--port", port], 1, "could not start"),
        (&["--faults", "429=2"], 2, "kinds are 429,"),
        (&["--faults", "tea"], 2, "kinds are 429,"),
        (&["--latency", "20"], 2, "write 20ms or 1s"),
        (&["--world", "not-there.json"], 1, "not-there.json"),
        (
            &["--world", wrong.to_str().unwrap()],
            1,
            "it has no objects",
        ),
    ];
    for (arguments, code, part) in cases {
        let output = command().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let said = text(&output.stderr);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}
