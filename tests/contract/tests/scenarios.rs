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
        let seen = RUNNER.run(staged).unwrap();
        let differences = expect::differences(&staged.scenario.expect, &seen);
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
    assert!(rows > 0, "no scenario was found");
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
          (get task: 404 task_not_found: As the scenario has it (request id 01J8ZK5SCENARIO; 1 attempt))",
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
    let expect = "expect: { outcome: ok }";
    let cases = [
        ("[]".to_owned(), "no scenario"),
        ("- name: x".to_owned(), "operation"),
        (
            format!("- {ROW}\n  replies: []\n  {expect}"),
            "a row: it has no responses",
        ),
        (format!("- {ROW}\n  replies: [{{}}]"), "expect"),
        (
            format!("- {ROW}\n  responses: [{{}}]\n  {expect}"),
            "responses",
        ),
        (
            format!("- {ROW}\n  replies: [{{ state: 200 }}]\n  {expect}"),
            "state",
        ),
        (
            format!("- {ROW}\n  replies: [{{ fault: fire }}]\n  {expect}"),
            "fire",
        ),
        (
            format!("- {ROW}\n  replies: [{{ status: 99 }}]\n  {expect}"),
            "response 1 of 1: 99 is not the status",
        ),
        (
            format!("- {ROW}\n  replies: [{{ code: x }}]\n  {expect}"),
            "needs a status",
        ),
        (
            format!("- {ROW}\n  replies: [{{ status: 404, code: x, body: y }}]\n  {expect}"),
            "would be in it",
        ),
        (
            format!("- {ROW}\n  replies: [{{ headers: {{ \"a b\": 1 }} }}]\n  {expect}"),
            "`a b`",
        ),
        (
            format!("- {ROW}\n  replies: [{{ delay: 4 days }}]\n  {expect}"),
            "`4 days` is not a duration",
        ),
        (
            format!("- {ROW}\n  replies: [{{}}]\n  expect: {{ outcome: fine }}"),
            "outcome is `ok` or",
        ),
        (
            format!("- {ROW}\n  replies: [{{}}]\n  expect: {{ outcome: {{ error: bad }} }}"),
            "bad",
        ),
        (
            format!("- {ROW}\n  replies: [{{}}]\n  expect: {{ outcome: {{ kind: api }} }}"),
            "kind",
        ),
        (
            format!("- {ROW}\n  replies: [{{}}]\n  expect: {{ waits: [[3s, 2s]] }}"),
            "empty range",
        ),
        (
            format!("- {ROW}\n  replies: [{{}}]\n  expect: {{ waits: [[3s]] }}"),
            "a range is",
        ),
        (
            format!("- {ROW}\n  policy: {{ pace: slow }}\n  replies: [{{}}]\n  {expect}"),
            "neither on nor off",
        ),
        (
            format!("- {ROW}\n  policy: {{ retries: 3 }}\n  replies: [{{}}]\n  {expect}"),
            "retries",
        ),
        (
            format!("- {ROW}\n  clock: noon\n  replies: [{{}}]\n  {expect}"),
            "`noon` is not a time",
        ),
        (
            format!("- {ROW}\n  reconcile: maybe\n  replies: [{{}}]\n  {expect}"),
            "maybe",
        ),
        (
            "- { name: x, operation: GET /moons, replies: [{}], expect: {} }".to_owned(),
            "x: no operation of the document is GET /moons",
        ),
        (
            "- { name: x, operation: tasks.get, replies: [{}], expect: {} }".to_owned(),
            "not a method and a path",
        ),
    ];
    for (table, why) in cases {
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
