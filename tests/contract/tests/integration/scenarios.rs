//! The tables in `scenarios`, and the format of a table.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use katapult_contract::scenarios::runner::Runner;
use katapult_contract::scenarios::{expect, load, parse};
use katapult_contract::sdk::registry::all;
use katapult_openapi::Spec;

static RUNNER: LazyLock<Runner> = LazyLock::new(|| Runner::new().unwrap());

/// Returns the differences of a table's rows from their expectations.
fn differences(table: &str) -> Vec<String> {
    let staged = parse(&RUNNER, table).unwrap();
    let rows = staged.iter().flat_map(|staged| {
        let found = RUNNER.run(staged).unwrap();
        let differences = expect::differences(&staged.scenario.expect, &found);
        differences
            .into_iter()
            .map(|difference| format!("{}: {difference}", staged.scenario.name))
    });
    rows.collect()
}

#[test]
fn every_scenario_of_the_tables_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut rows = 0;
    let mut differ = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        rows += load(&RUNNER, &path).unwrap().len();
        differ.extend(differences(&std::fs::read_to_string(path).unwrap()));
    }
    assert_eq!(differ, [""; 0]);
    // The tables do not depend on the document, so rows are not lost by a new one.
    assert!(rows >= 110, "only {rows} scenarios were found");
}

#[test]
fn every_operation_reads_its_sample_response() {
    let documents = Spec::embedded().unwrap();
    assert_eq!(documents.operations().count(), all().len());
    let mut table = String::new();
    for operation in documents.operations() {
        let prefix = operation.api.prefix();
        table += &format!(
            "- {{ name: {}, operation: {} {prefix}{}, replies: [{{ status: 200 }}], expect: {{ attempts: 1, waits: [], outcome: ok }} }}\n",
            operation.id, operation.method, operation.path
        );
    }
    assert_eq!(differences(&table), [""; 0]);
}

const ROW: &str = "name: a row\n  operation: GET /tasks/task";

#[test]
fn difference_has_the_expected_and_the_actual_value() {
    let get = |replies: &str, expect: &str| {
        differences(&format!(
            "- {ROW}\n  policy: {{ jitter: none, attempts: 2, base: 1s }}\n  replies: [{replies}]\n  expect: {{ {expect} }}\n"
        ))
        .join("\n")
    };
    let missing = "{ status: 404, code: task_not_found }";
    let cases = [
        (
            "{ status: 200 }",
            "attempts: 2",
            "a row: attempts: expected 2, got 1",
        ),
        (
            "{ status: 503, code: service_unavailable }, {}",
            "waits: [[2s, 3s]]",
            "a row: waits: expected [2s to 3s], got [1s]",
        ),
        (
            "{ status: 503, code: service_unavailable }, {}",
            "waits: [1s, 1s]",
            "a row: waits: expected [1s, 1s], got [1s]",
        ),
        (
            "{}",
            "outcome: { error: not_found }",
            "a row: outcome: expected { error: not_found }, got ok",
        ),
        (
            missing,
            "outcome: ok",
            "a row: outcome: expected ok, got { error: not_found, code: task_not_found, status: 404, may_have_happened: false } \
          (get task id sample: 404 task_not_found: As the scenario has it (request id 01J8ZK5SCENARIO; 1 attempt))",
        ),
    ];
    for (responses, expect, expected) in cases {
        assert_eq!(get(responses, expect), expected);
    }
    for expect in [
        "error: api",
        "code: x",
        "status: 403",
        "may_have_happened: true",
    ] {
        let difference = get(missing, &format!("outcome: {{ {expect} }}"));
        assert!(
            difference.contains("got { error: not_found"),
            "{difference}"
        );
    }
    for expect in [
        "outcome: {}",
        "outcome: { status: 404 }",
        "attempts: 1",
        "waits: []",
    ] {
        assert_eq!(get(missing, expect), "");
    }
}

#[test]
fn invalid_table_is_rejected_with_the_cause() {
    let whole = [
        ("[]", "no scenario"),
        ("- name: x", "operation"),
        (
            "- { name: x, operation: GET /moons, replies: [{}], expect: {} }",
            "x: no operation of the document is GET /moons",
        ),
        (
            "- { name: x, operation: tasks.get, replies: [{}], expect: {} }",
            "not a method and a path",
        ),
    ];
    let rows = [
        ("replies: []", "a row: it has no responses"),
        ("responses: [{}]", "responses"),
        ("replies: [{ state: 200 }]", "state"),
        ("replies: [{ fault: fire }]", "fire"),
        (
            "replies: [{ status: 99 }]",
            "response 1 of 1: 99 is not the",
        ),
        ("replies: [{ code: x }]", "needs a status"),
        ("replies: [{ status: 404, code: x, body: y }]", "be in it"),
        ("replies: [{ headers: { \"a b\": 1 } }]", "`a b`"),
        ("replies: [{ delay: 4 days }]", "`4 days` is not a duration"),
        ("replies: [{}]\n  policy: { pace: slow }", "neither on nor"),
        ("replies: [{}]\n  policy: { retries: 3 }", "retries"),
        ("replies: [{}]\n  clock: noon", "`noon` is not a time"),
        ("replies: [{}]\n  reconcile: maybe", "maybe"),
    ];
    let rows = rows.map(|(row, why)| (format!("{row}\n  expect: {{ outcome: ok }}"), why));
    let expectations = [
        ("outcome: fine", "outcome is `ok` or"),
        ("outcome: { error: bad }", "bad"),
        ("outcome: { kind: api }", "kind"),
        ("waits: [[3s, 2s]]", "empty range"),
        ("waits: [[3s]]", "a range is"),
    ];
    let expectations = expectations
        .map(|(expect, why)| (format!("replies: [{{}}]\n  expect: {{ {expect} }}"), why));
    let no_expect = [("replies: [{}]".to_owned(), "expect")];
    let rows = rows.into_iter().chain(expectations).chain(no_expect);
    let rows = rows.map(|(row, why)| (format!("- {ROW}\n  {row}"), why));
    let whole = whole.map(|(table, why)| (table.to_owned(), why));
    for (table, why) in rows.chain(whole) {
        let error = parse(&RUNNER, &table).unwrap_err().to_string();
        assert!(error.contains(why), "{why}: {error}");
    }
}

#[test]
fn every_form_of_a_value_is_accepted() {
    let table = "
- name: all keys
  operation: PATCH /tags/tag
  clock: 2026-11-24T11:00:42.5+01:00
  skew: -1m30s
  policy: { attempts: 5, base: 500ms, cap: 1m, jitter: full, deadline: 1h, attempt_timeout: 30, pace: off }
  replies:
    - { status: 403, code: scope_not_granted, detail: { scopes: [a] }, headers: { X-Request-Id: null, retry-after: 5 }, delay: 1s }
  reconcile: none
  expect: { attempts: 1, waits: [], outcome: { error: forbidden, code: scope_not_granted, status: 403, may_have_happened: false } }
- { name: 404, operation: GET /core/v1/tasks/_, policy: { pace: true }, replies: [{ status: 404, body: '' }], expect: { outcome: { error: not_found } } }
";
    assert_eq!(differences(table), [""; 0]);
}

#[test]
fn program_exits_with_the_result() {
    let folder = std::env::temp_dir().join(format!("katapult-scenarios-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let cases = [
        (
            "fits",
            "- { name: x, operation: GET /tasks/task, replies: [{}], expect: { outcome: ok } }",
            0,
            "1 scenarios, 0 differ",
        ),
        (
            "differs",
            "- { name: x, operation: GET /tasks/task, replies: [{}], expect: { attempts: 2 } }",
            1,
            "DIFFERS x: attempts: expected 2, got 1",
        ),
        ("nonsense", "- { name: x }", 2, ""),
    ];
    for (name, table, code, part) in cases {
        let file = folder.join(name);
        std::fs::write(&file, table).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_scenarios"))
            .arg(&file)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains(part), "{text}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_scenarios"))
        .arg(folder.join("none"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    std::fs::remove_dir_all(folder).unwrap();
}
