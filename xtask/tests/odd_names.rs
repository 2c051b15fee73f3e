//! Keywords of Rust and names of the crate as names in the document: the code is generated, compiled and used.

mod common;

use std::fs;

use common::{
    Small, cargo, core, crate_copy, fields, json_of, object, operation, query, responses, schema,
};
use serde_json::{Value, json};

/// Returns the text from one mark to another.
#[track_caller]
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let at = text.find(from).unwrap_or_else(|| panic!("no {from}"));
    let length = text[at..].find(to).unwrap_or_else(|| panic!("no {to}"));
    &text[at..at + length]
}

/// Returns a document with keywords of Rust, names of the crate, and names that collide in Rust.
fn odd() -> Value {
    let mut document = core();
    let string = json!({ "type": "string" });
    let values = [
        "self",
        "Self",
        "1",
        "1.5",
        "",
        "Unknown",
        "a-b",
        "a_b",
        "A",
        "a",
        "a2",
        "q\"uote",
        "back\\slash",
    ];
    let body = object(
        &["lamp", "type", "in"],
        json!({
            "lamp": schema("LampLookup"),
            "type": { "type": "string", "enum": values },
            "in": string,
            "match": string,
            "self": string,
            "gen": string,
            "async": string,
            "send": string,
            "body": string,
            "2fa": string,
            "camelCase": string,
            "nothing": { "type": "string", "enum": [] },
            "new": object(&["ref"], json!({ "ref": string, "new": string, "crate": string, "gen": string })),
        }),
    );
    let response = object(
        &["type", "super"],
        json!({ "type": string, "super": { "type": "array", "items": object(&["fn"], json!({ "fn": string, "try": string, "Self": string })) } }),
    );
    let get = |tag: &str, names: &[&str]| {
        operation(
            tag,
            query(names),
            json!(null),
            responses(json_of(response.clone())),
        )
    };
    let post = |tag: &str| {
        operation(
            tag,
            json!([]),
            body.clone(),
            responses(json_of(response.clone())),
        )
    };
    let mut with_query = post("Lamps");
    with_query["parameters"] = query(&["page", "try"]);
    let names = [
        "lamp[id]",
        "in",
        "type",
        "body",
        "request",
        "response",
        "result",
        "url",
        "client",
        "http",
        "perPage",
        "send",
        "operation",
        "gen",
        "self",
        "with-dash",
        "base_url",
    ];
    document["components"]["schemas"]["LampNotFound"] =
        common::error("other", json!({ "self": string }));
    let paths = fields(&mut document, "/paths");
    for (path, item) in [
        (
            "/lamps/lamp/match",
            json!({ "post": post("Lamps"), "get": get("Lamps", &names) }),
        ),
        ("/lamps/lamp/self", json!({ "post": post("Lamps") })),
        ("/lamps/lamp/result", json!({ "post": post("Lamps") })),
        ("/lamps/lamp/call", json!({ "post": with_query })),
        ("/lamps/lamp/2fa", json!({ "post": post("Lamps") })),
        ("/match/match", json!({ "get": get("Match", &["page"]) })),
        ("/self/self/gen", json!({ "post": post("Self") })),
    ] {
        paths.insert(path.into(), item);
    }
    document
}

#[test]
fn keywords_and_names_of_the_crate_are_usable_as_names() {
    let small = Small::with("odd", &odd().to_string());
    small.vendor().ok();
    let out = crate_copy(&small.folder);
    small.generate(&out, &[]).ok();
    let generated = out.join("src").join("generated");
    let lamps = fs::read_to_string(generated.join("types/lamps.rs")).expect("the types");
    insta::assert_snapshot!(between(&lamps, "    pub enum LampType {", "\n    }"), @r#"
    pub enum LampType {
        Value = "",
        Value1 = "1",
        Value15 = "1.5",
        AUpper = "A",
        SelfValueMixed = "Self",
        UnknownValue = "Unknown",
        A = "a",
        ABHyphen = "a-b",
        A2 = "a2",
        AB = "a_b",
        BackSlash = "back\\slash",
        QUote = "q\"uote",
        SelfValue = "self",
    "#);
    assert!(generated.join("match_.rs").exists());
    fs::create_dir_all(out.join("tests")).expect("a folder");
    fs::write(out.join("tests").join("odd.rs"), ODD).expect("written");
    cargo(&small.folder, &["test", "--test", "odd"]);
}

const ODD: &str = r##"//! Sends and reads odd names.
use katapult_gen::error_codes::{ErrorCode, ErrorDetail};
use katapult_gen::{Client, Operation, PlainTransport, build_request, lamps, match_, self_, types::*};

fn client() -> Client<PlainTransport> {
    Client::new(PlainTransport::new(reqwest::Client::new(), "token"))
}

fn request(operation: &impl Operation) -> http::Request<bytes::Bytes> {
    build_request(operation, "http://example.test").expect("a request")
}

#[test]
fn queries_have_the_names_of_the_api() {
    let call = client().lamps().match_(LampLookup::id("a"))
        .in_("1").type_("2").body("3").request("4").response("5").result("6").url("7").client("8").http("9")
        .per_page("10").send_("11").operation_("12").gen_("13").self_("14").with_dash("15").base_url("16");
    let sent = request(call.operation());
    let query = sent.uri().query().unwrap().as_bytes();
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query).into_owned().collect();
    pairs.sort();
    let expected = [
        ("base_url", "16"), ("body", "3"), ("client", "8"), ("gen", "13"), ("http", "9"), ("in", "1"),
        ("lamp[id]", "a"), ("operation", "12"), ("perPage", "10"), ("request", "4"), ("response", "5"),
        ("result", "6"), ("self", "14"), ("send", "11"), ("type", "2"), ("url", "7"), ("with-dash", "15"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn bodies_have_the_names_of_the_api() {
    let call = client().lamps().match_for_lamp(LampLookup::id("a"), "i", LampType::Value15)
        .match_("m").self_("s").gen_("g").async_("a").send_("x").body("b").x2fa("2").camel_case("c").nothing("n")
        .new_(LampNewArguments::new("r").new_("n").crate_("c").gen_("g"));
    let sent = request(call.operation());
    let body: serde_json::Value = serde_json::from_slice(sent.body()).unwrap();
    assert_eq!(body, serde_json::json!({
        "lamp": { "id": "a" }, "in": "i", "type": "1.5", "match": "m", "self": "s", "gen": "g", "async": "a",
        "send": "x", "body": "b", "2fa": "2", "camelCase": "c", "nothing": "n",
        "new": { "ref": "r", "new": "n", "crate": "c", "gen": "g" },
    }));
}

#[test]
fn a_body_beside_a_query_has_a_field() {
    let call = client().lamps().call(LampLookup::id("a"), "i", LampType::A).try_("t").body("b");
    assert_eq!(call.operation().body.in_, "i");
    let sent = request(call.operation());
    assert_eq!(sent.uri().query(), Some("try=t"));
    let body: serde_json::Value = serde_json::from_slice(sent.body()).unwrap();
    assert_eq!(body, serde_json::json!({ "lamp": { "id": "a" }, "in": "i", "type": "a", "body": "b" }));
}

#[test]
fn responses_have_the_names_of_the_api() {
    let response = lamps::SelfOperation::decode(br#"{"type": "t", "super": [{"fn": "f", "try": "y", "Self": "s"}]}"#).unwrap();
    assert_eq!(response.type_, "t");
    assert_eq!(response.super_[0].fn_, "f");
    assert_eq!(response.super_[0].try_.as_deref(), Some("y"));
    assert_eq!(response.super_[0].self_.as_deref(), Some("s"));
}

#[test]
fn errors_have_the_names_of_the_api() {
    let other = ErrorDetail::from_parts(&ErrorCode::Other, &serde_json::json!({ "self": "s" }));
    let ErrorDetail::OtherCode(detail) = other else { panic!("{other:?}") };
    assert_eq!(detail.self_.as_deref(), Some("s"));
}

#[test]
fn every_operation_has_its_place() {
    assert_eq!(lamps::Match::ID, "lamps.match");
    assert_eq!(lamps::MatchForLamp::ID, "lamps.match_for_lamp");
    assert_eq!(lamps::ResultOperation::ID, "lamps.result");
    assert_eq!(lamps::CallOperation::ID, "lamps.call");
    assert_eq!(lamps::Post2fa::ID, "lamps.post_2fa");
    assert_eq!(match_::Get::ID, "match.get");
    assert_eq!(self_::Gen::ID, "self.gen");
    let _ = client().match_().get().page(2);
    let _ = client().lamps().self_(LampLookup::name("a"), "i", LampType::SelfValue);
}
"##;
