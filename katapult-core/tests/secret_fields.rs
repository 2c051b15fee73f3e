//! Secrets of responses, which are in no text of a response or an error, and in no log. A process of its
//! own, since its log is that of the whole process.

#![cfg(all(
    feature = "access-keys",
    feature = "certificates",
    feature = "disks",
    feature = "virtual-machines"
))]

mod captured_log;

use std::fmt::Debug;
use std::sync::Once;

use katapult_core::test_util::{ScriptedClient, ScriptedResponse};
use katapult_core::types::{
    CertificateLookup, DiskLookup, ObjectStorageAccessKeyLookup, VirtualMachineLookup,
};
use katapult_core::{Client, Error, Response};
use serde_json::{Value, json};

/// Returns a client that gets this response.
fn client(response: &Value) -> Client {
    static SUBSCRIBER: Once = Once::new();
    SUBSCRIBER.call_once(captured_log::start);
    let scripted = ScriptedClient::new([ScriptedResponse::json(response)]);
    scripted.client_builder().token("token").build().unwrap()
}

/// Checks the texts of a response and of an error that contain a secret, and the log of their calls, which must
/// have this part of the body.
fn assert_hidden<T: Debug>(
    secret: &str,
    logged: &str,
    read: Result<Response<T>, Error>,
    unread: Error,
) {
    let read = read.unwrap();
    assert!(format!("{read:?}").contains("[redacted]"), "{read:?}");
    assert!(unread.is_decode(), "{unread}");
    let log = captured_log::text();
    // The body is in the log, so its secret would be too. Each test has a part of its own, since the log is that of
    // all tests.
    assert!(log.contains(logged), "{log}");
    for text in [
        format!("{read:?} {read:#?}"),
        format!("{unread} {unread:?} {unread:#?}"),
        log,
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn protected_attribute_is_in_no_text_and_no_log() {
    let attribute = |value: Value| {
        let attribute = json!({ "key": "root_password", "protect": true, "value": value });
        json!({ "disk": { "id": "id-of-the-object", "installation": { "attributes": [attribute] } } })
    };
    let get = async |response: Value| {
        let call = client(&response)
            .disks()
            .get(DiskLookup::id("id-of-the-object"));
        call.send().await
    };
    let read = get(attribute(json!("hush-attribute"))).await;
    let unread = get(attribute(json!(["hush-attribute"]))).await.unwrap_err();
    assert_hidden("hush-attribute", r#""key":"root_password""#, read, unread);
}

#[tokio::test]
async fn console_url_is_in_no_text_and_no_log() {
    let session =
        |url: Value| json!({ "console_session": { "id": "id-of-the-object", "url": url } });
    let create = async |response: Value| {
        let web = VirtualMachineLookup::fqdn("web-1.acme.example");
        let client = client(&response);
        let machines = client.virtual_machines();
        machines.create_console_session(web).send().await
    };
    let url = "https://console.example/?token=hush-console";
    let read = create(session(json!(url))).await;
    let unread = create(session(json!({ "href": url }))).await.unwrap_err();
    assert_hidden("hush-console", r#"{"console_session":"#, read, unread);
}

#[tokio::test]
async fn access_key_is_in_no_text_and_no_log() {
    let key = |secret: Value| {
        let key = json!({ "id": "id-of-the-object", "s3_secret_access_key": secret });
        json!({ "object_storage_access_key": key })
    };
    let get = async |response: Value| {
        let call = client(&response)
            .access_keys()
            .get(ObjectStorageAccessKeyLookup::id("id-of-the-object"));
        call.send().await
    };
    let read = get(key(json!("hush-key"))).await;
    let unread = get(key(json!(["hush-key"]))).await.unwrap_err();
    assert_hidden(
        "hush-key",
        r#""object_storage_access_key":"[redacted]""#,
        read,
        unread,
    );
}

#[tokio::test]
async fn url_that_is_secret_by_a_correction_is_in_no_text_and_no_log() {
    let certificate = |url: Value| json!({ "certificate": { "id": "id-of-the-object", "certificate_api_url": url } });
    let get = async |response: Value| {
        let client = client(&response);
        let call = client
            .certificates()
            .get(CertificateLookup::id("id-of-the-object"));
        call.send().await
    };
    let url = "https://certificates.example/hush-certificate";
    let read = get(certificate(json!(url))).await;
    let unread = get(certificate(json!([url]))).await.unwrap_err();
    let logged = r#""certificate_api_url":"[redacted]""#;
    assert_hidden("hush-certificate", logged, read, unread);
}
