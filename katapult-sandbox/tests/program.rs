//! The program: the example of its README with curl and with Python, its options, its errors.

#![cfg(unix)] // the program is stopped by a signal

#[path = "support/program.rs"]
mod program;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use katapult_sandbox::Fault;
use program::{Program, command, is_installed, skipped};
use serde_json::{Value, json};

const README: &str = include_str!("../README.md");

/// Returns the arguments of the program and the script from the README.
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
    let (start, script) = (block(), block());
    let arguments = start.split(" -- ").nth(1).unwrap();
    let arguments = arguments.replace("--port 8080 ", "");
    (
        arguments.split_whitespace().map(str::to_owned).collect(),
        script,
    )
}

/// Returns the path of a temporary file.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns status and path of the requests in a journal, without repetitions.
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
async fn readme_script_runs_with_curl() {
    let (arguments, script) = readme();
    if !is_installed("curl") {
        return skipped("the README's script", "curl is not installed");
    }
    let journal = file("curl.jsonl");
    let mut arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--journal", journal.to_str().unwrap()]);
    let program = Program::start(arguments);
    let script = script.replace("http://127.0.0.1:8080", &program.url);
    assert!(script.contains(&program.url) && script.contains(&program.token));
    let output = program.run_client(Command::new("sh").args(["-euc", &script]));
    assert!(output.status.success(), "{}", text(&output.stderr));

    let output = text(&output.stdout);
    let lines: Vec<_> = output.lines().filter(|line| !line.is_empty()).collect();
    let [list, before, completed, after, nobody] = lines[..] else {
        panic!("{lines:#?}")
    };
    let read = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let both = serde_json::Deserializer::from_str(before).into_iter();
    let [rejected, before] = &both.collect::<Result<Vec<Value>, _>>().unwrap()[..] else {
        panic!("{before}")
    };
    assert_eq!(rejected["error"]["code"], "rate_limit_reached");
    assert_eq!(read(list)["virtual_machines"][1]["name"], "web-2");
    assert_eq!(read(list)["pagination"]["total"], 5);
    assert_eq!(before["virtual_machine"]["state"], "started");
    assert_eq!(completed, r#""status":"completed""#);
    assert_eq!(read(after)["virtual_machine"]["state"], "stopped");
    assert_eq!(read(nobody)["error"]["code"], "virtual_machine_not_found");

    let (status, output) = program.stop("-TERM");
    assert!(status.success() && output.contains("Stopped."), "{output}");
    assert!(
        output.contains("429 GET /core/v1/virtual_machines/virtual_machine"),
        "{output}"
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
}

#[tokio::test]
async fn python_client_gets_the_same_responses() {
    let python = Command::new("python3")
        .args(["-c", "import requests"])
        .output();
    if !python.is_ok_and(|output| output.status.success()) {
        return skipped(
            "the Python client",
            "python3 with requests is not installed",
        );
    }
    let journal = file("python.jsonl");
    let (arguments, _) = readme();
    let mut arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--journal", journal.to_str().unwrap()]);
    let program = Program::start(arguments);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/client.py");
    let output = program.run_client(Command::new("python3").arg(script));
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
}

/// Sends a GET request and returns status and body.
async fn get(program: &Program, path: &str) -> (u16, Value) {
    let request = reqwest::Client::new().get(format!("{}/core/v1{path}", program.url));
    let response = request.bearer_auth(&program.token).send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

#[tokio::test]
async fn initial_state_is_read_from_a_file() {
    let world = file("world.json");
    let objects = json!({"objects": [
        {"type": "Organization", "id": "org_1", "name": "Umbrella", "sub_domain": "umbrella"},
        {"type": "DnsZone", "id": "dnszone_1", "name": "umbrella.example", "organization": "org_1"},
        {"type": "DnsRecord", "fields": {"type": "A", "name": "www", "content": "192.0.2.1", "dns_zone": "dnszone_1"}},
    ]});
    std::fs::write(&world, objects.to_string()).unwrap();
    let program = Program::start(["--world", world.to_str().unwrap(), "--token", "other"]);
    assert_eq!(program.token, "other");
    let (_, body) = get(&program, "/organizations").await;
    assert_eq!(body["organizations"][0]["name"], "Umbrella");
    assert_eq!(body["organizations"].as_array().unwrap().len(), 1);
    let (_, body) = get(
        &program,
        "/dns_zones/_/records?dns_zone[name]=umbrella.example",
    )
    .await;
    assert_eq!(body["dns_records"][0]["type"], "A", "{body}");
}

#[tokio::test]
async fn latency_limit_and_seed_take_effect() {
    let program = Program::start(["--latency", "300ms", "--permitted", "1"]);
    let started = Instant::now();
    let mut statuses = vec![get(&program, "/data_centers").await.0];
    assert!(started.elapsed() >= Duration::from_millis(300));
    for _ in 0..2 {
        statuses.push(get(&program, "/data_centers").await.0);
    }
    // The clock minute can end between two of the requests, but not twice.
    assert!(
        statuses[0] == 200 && statuses.contains(&429),
        "{statuses:?}"
    );

    let faults = async |seed: &str| {
        let program = Program::start(["--seed", seed, "--faults", "unavailable=0.5"]);
        let mut statuses = Vec::new();
        for page in 1..20 {
            statuses.push(get(&program, &format!("/data_centers?page={page}")).await.0);
        }
        statuses
    };
    let first = faults("1").await;
    assert_eq!(first, faults("1").await);
    assert_ne!(first, faults("2").await);
    assert!(first.contains(&503));
}

#[test]
fn invalid_options_are_errors_with_a_hint() {
    let running = Program::start(["--quiet"]);
    let port = running.url.rsplit(':').next().unwrap();
    let invalid = file("no-world.json");
    std::fs::write(&invalid, "{}").unwrap();
    let cases: [(&[&str], i32, &str); 11] = [
        (&["--port", port], 1, "could not start"),
        (&["--faults", "429=2"], 2, "kinds are 429,"),
        (&["--faults", "tea"], 2, "kinds are 429,"),
        (&["--latency", "20"], 2, "write 20ms or 1s"),
        (&["--latency", "2h"], 2, "at most 1h"),
        (&["--latency", "20ms#1"], 2, "write 20ms or 1s"),
        (&["--time-scale", "inf"], 2, "a number from 0 to"),
        (&["--time-scale", "nan"], 2, "a number from 0 to"),
        (&["--time-scale=-1"], 2, "a number from 0 to"),
        (&["--world", "not-there.json"], 1, "not-there.json"),
        (
            &["--world", invalid.to_str().unwrap()],
            1,
            "\"objects\" is missing",
        ),
    ];
    for (arguments, code, part) in cases {
        let output = command().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn unread_log_blocks_neither_requests_nor_the_end() {
    let program = Program::start(["--permitted", "1000000"]);
    let http = reqwest::Client::new();
    // More than a pipe takes.
    for number in 0..1500 {
        let url = format!(
            "{}/core/v1/tasks/task?task[id]=task_{number:0>100}",
            program.url
        );
        let request = http.get(url).bearer_auth(&program.token);
        let response = request
            .timeout(std::time::Duration::from_secs(5))
            .send()
            .await;
        assert_eq!(response.unwrap().status(), 404);
    }
    assert!(program.stop_unread("-TERM").success());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn lack_of_file_descriptors_takes_no_processor_time() {
    let mut limited = std::process::Command::new("sh");
    let program = env!("CARGO_BIN_EXE_katapult-sandbox");
    limited.args(["-c", "ulimit -n 24; exec \"$0\" \"$@\"", program]);
    let program = Program::start_as(limited, ["--quiet"]);
    let address = program.url.trim_start_matches("http://").to_owned();
    // The system accepts them, and the program cannot.
    let mut connections = Vec::new();
    for _ in 0..60 {
        connections.push(tokio::net::TcpStream::connect(&address).await.unwrap());
    }
    let before = program.processor_time();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let used = program.processor_time() - before;
    assert!(used < std::time::Duration::from_millis(300), "{used:?}");
    drop(connections);
    let (status, _) = get(&program, "/organizations").await;
    assert_eq!(status, 200);
}

#[test]
fn world_of_a_journal_starts_a_sandbox() {
    let journal = file("world.jsonl");
    let sandbox = Program::start(["--quiet".into(), format!("--journal={}", journal.display())]);
    let path = "/core/v1/virtual_machines/virtual_machine?virtual_machine[fqdn]=web-1.acme.example";
    let request = |sandbox: &Program| {
        let url = format!("{}{path}", sandbox.url);
        let authorization = format!("Authorization: Bearer {}", sandbox.token);
        let output =
            sandbox.run_client(Command::new("curl").args(["-gs", "-H", &authorization, &url]));
        let response: Value = serde_json::from_slice(&output.stdout).unwrap();
        response["virtual_machine"]["fqdn"].clone()
    };
    if !is_installed("curl") {
        return skipped(
            "world_of_a_journal_starts_a_sandbox",
            "curl is not installed",
        );
    }
    assert_eq!(request(&sandbox), "web-1.acme.example");
    drop(sandbox);
    let printed = command()
        .args(["world", "from-recordings"])
        .arg(&journal)
        .output()
        .unwrap();
    assert!(printed.status.success(), "{}", text(&printed.stderr));
    let world = file("world.json");
    std::fs::write(&world, &printed.stdout).unwrap();
    let sandbox = Program::start(["--quiet".into(), format!("--world={}", world.display())]);
    assert_eq!(request(&sandbox), "web-1.acme.example");
    let nothing = command()
        .args(["world", "from-recordings", "/dev/null"])
        .output()
        .unwrap();
    assert!(!nothing.status.success());
}

#[test]
fn help_and_readme_list_every_fault() {
    let output = command().arg("--help").output().unwrap();
    let help = text(&output.stdout);
    let (_, table) = README
        .split_once("| kind | effect |\n| --- | --- |\n")
        .unwrap();
    let table = table.split("\n\n").next().unwrap();
    let rows = Fault::kinds().map(|(example, effect)| format!("| `{example}` | {effect} |"));
    assert_eq!(
        table.lines().collect::<Vec<_>>(),
        rows.collect::<Vec<_>>(),
        "the table of faults in README.md"
    );
    for (example, effect) in Fault::kinds() {
        let line = help
            .lines()
            .find(|line| line.trim().starts_with(&format!("{example} ")));
        assert!(
            line.is_some_and(|line| line.ends_with(effect)),
            "{example}: {help}"
        );
    }
}
