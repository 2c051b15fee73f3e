//! Requests as other clients send them, byte by byte: their addresses, headers, queries and bodies. Each is
//! answered as production answers it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use katapult_sandbox::{Sandbox, Time};
use serde_json::Value;

/// The headers that a client adds to those of HTTP and the token, and further ones of requests with a body.
type Client = (&'static str, &'static str);

/// go-katapult, which Packer's plugin and older versions of the Terraform provider use.
const GO_KATAPULT: Client = (
    "User-Agent: go-katapult\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n",
    "Content-Type: application/json\r\n",
);
/// The Terraform provider, with the client that is generated from the API document.
const TERRAFORM: Client = (
    "User-Agent: HashiCorp Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-katapult/0.1.0\r\nAccept-Encoding: gzip\r\n",
    "Content-Type: application/json\r\n",
);
/// octodns-katapult, by Python's requests.
const OCTODNS: Client = (
    "User-Agent: octodns/1.22.0 octodns-katapult/1.0.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\n",
    "Content-Type: application/json\r\n",
);
/// A solver of ACME challenges in Go, which sets nothing that it need not.
const ACME_SOLVER: Client = (
    "User-Agent: Go-http-client/1.1\r\nAccept-Encoding: gzip\r\n",
    "Content-Type: application/json\r\n",
);
/// katapult-ruby, by libcurl: it states the type of bodies that it does not send.
const RUBY: Client = (
    "User-Agent: OpenAPI-Generator/1.0.0/ruby\r\nAccept: application/json\r\nContent-Type: application/json\r\nExpect:\r\n",
    "",
);
/// katapult-php, by Guzzle.
const PHP: Client = (
    "User-Agent: GuzzleHttp/7\r\nAccept: application/json\r\n",
    "Content-Type: application/json\r\n",
);
/// axios, which states a charset.
const AXIOS: Client = (
    "accept: application/json, text/plain, */*\r\nuser-agent: axios/1.7.7\r\naccept-encoding: gzip, compress, deflate, br\r\n",
    "content-type: application/json; charset=utf-8\r\n",
);
/// A script that states no type.
const SCRIPT: Client = ("", "");

/// A request, the status of its response, and a name in the response's JSON.
///
/// `{tag}` is the id of the latest tag in a response.
type Form = (
    Client,
    &'static str,
    &'static str,
    &'static str,
    (u16, &'static str),
);

#[rustfmt::skip] // a form on a line
const FORMS: &[Form] = &[
    // Placeholders in paths, lookups in queries, bodies with a line feed at the end.
    (GO_KATAPULT, "GET", "/virtual_machines/_?virtual_machine%5Bfqdn%5D=web-1.acme.example", "", (200, "virtual_machine")),
    (GO_KATAPULT, "GET", "/data_centers/:data_center/default_network?data_center%5Bpermalink%5D=north-1", "", (200, "network")),
    (GO_KATAPULT, "GET", "/networks/:network?network%5Bid%5D={network}", "", (200, "network")),
    (GO_KATAPULT, "GET", "/organizations/_/network_speed_profiles?organization%5Bsub_domain%5D=acme&page=1", "", (200, "network_speed_profiles")),
    (GO_KATAPULT, "GET", "/organizations/_/disk_templates?include_universal=true&organization%5Bsub_domain%5D=acme&page=1", "", (200, "disk_templates")),
    (GO_KATAPULT, "GET", "/organizations/_/virtual_machine_groups?organization%5Bsub_domain%5D=acme", "", (200, "virtual_machine_groups")),
    (GO_KATAPULT, "POST", "/organizations/_/security_groups", "{\"organization\":{\"sub_domain\":\"acme\"},\"properties\":{\"name\":\"web\",\"associations\":[],\"allow_all_inbound\":false,\"allow_all_outbound\":false}}\n", (200, "security_group")),
    (GO_KATAPULT, "POST", "/security_groups/{security_group}/rules", "{\"properties\":{\"direction\":\"inbound\",\"protocol\":\"TCP\",\"ports\":\"22\",\"targets\":[\"10.0.0.0/8\"],\"notes\":\"ssh\"}}\n", (200, "security_group_rule")),
    (GO_KATAPULT, "GET", "/security_groups/_/rules?page=1&security_group%5Bid%5D={security_group}", "", (200, "security_group_rules")),
    (GO_KATAPULT, "PATCH", "/security_groups/rules/_?security_group_rule%5Bid%5D={security_group_rule}", "{\"properties\":{\"ports\":\"\",\"targets\":[\"all:ipv4\"],\"notes\":\"\"}}\n", (200, "security_group_rule")),
    (GO_KATAPULT, "PATCH", "/security_groups/_", "{\"security_group\":{\"id\":\"{security_group}\"},\"properties\":{}}\n", (200, "security_group")),
    (GO_KATAPULT, "DELETE", "/security_groups/rules/_?security_group_rule%5Bid%5D={security_group_rule}", "", (200, "security_group_rule")),
    (GO_KATAPULT, "GET", "/security_groups/rules/_?security_group_rule%5Bid%5D={security_group_rule}", "", (404, "security_group_rule_not_found")),
    (GO_KATAPULT, "DELETE", "/security_groups/_?security_group%5Bid%5D={security_group}", "", (200, "security_group")),
    (GO_KATAPULT, "POST", "/organizations/_/virtual_machine_groups", "{\"organization\":{\"sub_domain\":\"acme\"},\"properties\":{\"name\":\"web\",\"segregate\":true}}\n", (200, "virtual_machine_group")),
    (GO_KATAPULT, "GET", "/virtual_machine_groups/{virtual_machine_group}", "", (200, "virtual_machine_group")),
    (GO_KATAPULT, "DELETE", "/virtual_machine_groups/_?virtual_machine_group%5Bid%5D={virtual_machine_group}", "", (200, "virtual_machine_group")),
    (GO_KATAPULT, "GET", "/virtual_machine_groups/{virtual_machine_group}", "", (404, "virtual_machine_group_not_found")),
    (GO_KATAPULT, "POST", "/organizations/_/ip_addresses", "{\"organization\":{\"sub_domain\":\"acme\"},\"network\":{\"id\":\"{network}\"},\"version\":\"ipv4\"}\n", (200, "ip_address")),
    (GO_KATAPULT, "POST", "/organizations/_/ip_addresses", "{\"organization\":{\"sub_domain\":\"acme\"},\"network\":{\"id\":\"{network}\"},\"version\":\"ipv4\",\"vip\":true}\n", (422, "validation_error")),
    (GO_KATAPULT, "DELETE", "/ip_addresses/_?ip_address%5Bid%5D={ip_address}", "", (200, "")),
    (GO_KATAPULT, "POST", "/organizations/_/load_balancers", "{\"organization\":{\"sub_domain\":\"acme\"},\"properties\":{\"name\":\"web\",\"resource_type\":\"virtual_machines\",\"resource_ids\":[],\"data_center\":{\"permalink\":\"north-1\"}}}\n", (201, "load_balancer")),
    (GO_KATAPULT, "POST", "/load_balancers/{load_balancer}/rules", "{\"properties\":{\"algorithm\":\"round_robin\",\"destination_port\":8080,\"listen_port\":80,\"protocol\":\"HTTP\",\"proxy_protocol\":false,\"certificates\":[],\"check_enabled\":false}}\n", (200, "load_balancer_rule")),
    (GO_KATAPULT, "POST", "/virtual_machines/_/stop?virtual_machine%5Bid%5D={virtual_machine}", "", (200, "task")),
    (GO_KATAPULT, "GET", "/tasks/{task}", "", (200, "task")),
    (GO_KATAPULT, "PUT", "/virtual_machines/_/package", "{\"virtual_machine\":{\"id\":\"{virtual_machine}\"},\"virtual_machine_package\":{\"permalink\":\"stone-6\"}}\n", (200, "task")),
    (GO_KATAPULT, "DELETE", "/virtual_machines/_?virtual_machine%5Bid%5D={virtual_machine}", "", (200, "trash_object")),
    (GO_KATAPULT, "GET", "/trash_objects/_?trash_object%5Bobject_id%5D={virtual_machine}", "", (200, "trash_object")),
    (GO_KATAPULT, "DELETE", "/trash_objects/_?trash_object%5Bobject_id%5D={virtual_machine}", "", (200, "task")),
    (GO_KATAPULT, "GET", "/virtual_machines/_?virtual_machine%5Bid%5D={virtual_machine}", "", (404, "virtual_machine_not_found")),
    // Nouns in paths, lookups in bodies, `null` for empty lists, escaped markup.
    (TERRAFORM, "GET", "/virtual_machines/virtual_machine?virtual_machine%5Bfqdn%5D=web-2.acme.example", "", (200, "virtual_machine")),
    (TERRAFORM, "GET", "/virtual_machines/virtual_machine/disks?page=1&virtual_machine%5Bid%5D={virtual_machine}", "", (200, "disks")),
    (TERRAFORM, "GET", "/organizations/organization/disk_io_profiles?organization%5Bsub_domain%5D=acme&page=1&per_page=200", "", (200, "disk_io_profiles")),
    (TERRAFORM, "PATCH", "/virtual_machines/virtual_machine", "{\"properties\":{\"group\":null,\"tag_names\":[]},\"virtual_machine\":{\"id\":\"{virtual_machine}\"}}", (200, "virtual_machine")),
    (TERRAFORM, "POST", "/organizations/organization/file_storage_volumes", "{\"organization\":{\"sub_domain\":\"acme\"},\"properties\":{\"associations\":null,\"data_center\":{\"permalink\":\"north-1\"},\"name\":\"shared\"}}", (201, "file_storage_volume")),
    (TERRAFORM, "DELETE", "/file_storage_volumes/file_storage_volume", "{\"file_storage_volume\":{\"id\":\"{file_storage_volume}\"}}", (200, "file_storage_volume")),
    (TERRAFORM, "POST", "/organizations/organization/disks", "{\"organization\":{\"sub_domain\":\"acme\"},\"properties\":{\"data_center\":{\"permalink\":\"north-1\"},\"name\":\"data\",\"size_in_gb\":10}}", (201, "disk")),
    (TERRAFORM, "POST", "/disks/disk/detach", "{\"disk\":{\"id\":\"{disk}\"}}", (422, "unassigned_disk")),
    (TERRAFORM, "PUT", "/disks/disk/resize", "{\"disk\":{\"id\":\"{disk}\"},\"resize_method\":\"offline\",\"size_in_gb\":20}", (200, "task")),
    (TERRAFORM, "DELETE", "/disks/disk", "{\"disk\":{\"id\":\"{disk}\"}}", (200, "trash_object")),
    (TERRAFORM, "GET", "/trash_objects/trash_object?trash_object%5Bid%5D={trash_object}", "", (200, "trash_object")),
    (TERRAFORM, "DELETE", "/trash_objects/trash_object", "{\"trash_object\":{\"id\":\"{trash_object}\"}}", (200, "task")),
    (TERRAFORM, "POST", "/organizations/organization/virtual_machines/build_from_spec", "{\"organization\":{\"sub_domain\":\"acme\"},\"xml\":\"\\u003c?xml version=\\\"1.0\\\" encoding=\\\"UTF-8\\\"?\\u003e\\n\\u003cVirtualMachineSpec\\u003e\\u003cDataCenter by=\\\"permalink\\\"\\u003enorth-1\\u003c/DataCenter\\u003e\\u003cResources\\u003e\\u003cPackage by=\\\"permalink\\\"\\u003epebble-1\\u003c/Package\\u003e\\u003c/Resources\\u003e\\u003cDiskTemplate\\u003e\\u003cDiskTemplate by=\\\"permalink\\\"\\u003etemplates/ubuntu-24-04\\u003c/DiskTemplate\\u003e\\u003c/DiskTemplate\\u003e\\u003c/VirtualMachineSpec\\u003e\"}", (201, "virtual_machine_build")),
    (TERRAFORM, "GET", "/virtual_machines/builds/virtual_machine_build?virtual_machine_build%5Bid%5D={virtual_machine_build}", "", (200, "virtual_machine_build")),
    (TERRAFORM, "GET", "/organizations/organization/object_storage/object_storage_cluster?object_storage_cluster%5Bregion%5D=north-1&organization%5Bsub_domain%5D=acme", "", (404, "object_storage_account_not_found")),
    (TERRAFORM, "GET", "/object_storage/object_storage_cluster/buckets/bucket?bucket%5Bname%5D=none&object_storage_cluster%5Bregion%5D=north-1", "", (404, "object_storage_bucket_not_found")),
    // A client of DNS, with placeholders and bodies.
    (OCTODNS, "GET", "/organizations/_/dns_zones?organization%5Bsub_domain%5D=acme&page=1", "", (200, "pagination")),
    (OCTODNS, "GET", "/dns_zones/_?dns_zone%5Bname%5D=forms.example", "", (404, "dns_zone_not_found")),
    (OCTODNS, "POST", "/organizations/_/dns_zones", r#"{"organization": {"sub_domain": "acme"}, "properties": {"name": "forms.example"}}"#, (201, "dns_zone")),
    (OCTODNS, "POST", "/dns_zones/_/records", r#"{"dns_zone": {"name": "forms.example"}, "properties": {"name": "@", "type": "A", "ttl": 300, "content": {"A": {"ip_address": "192.0.2.1"}}}}"#, (200, "dns_record")),
    (OCTODNS, "GET", "/dns_zones/_/records?dns_zone%5Bname%5D=forms.example", "", (200, "dns_records")),
    (OCTODNS, "PATCH", "/dns_records/_", r#"{"dns_record": {"id": "{dns_record}"}, "properties": {"ttl": 600}}"#, (200, "dns_record")),
    (OCTODNS, "DELETE", "/dns_records/_", r#"{"dns_record": {"id": "{dns_record}"}}"#, (200, "deleted")),
    (ACME_SOLVER, "GET", "/dns_zones/_?dns_zone%5Bname%5D=forms.example", "", (200, "dns_zone")),
    (ACME_SOLVER, "POST", "/dns_zones/_/records", r#"{"dns_zone":{"id":"{dns_zone}"},"properties":{"name":"_acme-challenge","ttl":60,"type":"TXT","content":{"TXT":{"content":"secret"}}}}"#, (200, "dns_record")),
    (ACME_SOLVER, "DELETE", "/dns_records/_?dns_record%5Bid%5D={dns_record}", "", (200, "deleted")),
    // Brackets as they are, types of content with a charset or none, names of headers in small letters.
    (RUBY, "GET", "/organizations/organization/tags?organization[sub_domain]=acme&page=1", "", (200, "tags")),
    (PHP, "POST", "/organizations/organization/tags", r#"{"organization":{"sub_domain":"acme"},"properties":{"name":"web"}}"#, (200, "tag")),
    (RUBY, "DELETE", "/tags/tag", r#"{"tag":{"id":"{tag}"}}"#, (200, "tag")),
    (AXIOS, "POST", "/organizations/organization/tags", r#"{"organization":{"sub_domain":"acme"},"properties":{"name":"Zürich"}}"#, (200, "tag")),
    (AXIOS, "GET", "/tags/tag?tag[id]={tag}", "", (200, "tag")),
    (SCRIPT, "PATCH", "/tags/tag", r#"{"tag":{"id":"{tag}"},"properties":{"name":"web"}}"#, (200, "tag")),
    (SCRIPT, "DELETE", "/tags/tag?tag[id]={tag}", "", (200, "tag")),
    (SCRIPT, "GET", "/tags/tag?tag[id]={tag}", "", (404, "tag_not_found")),
];

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_other_clients_are_answered_as_in_production() {
    let builder = Sandbox::builder().time(Time::Manual);
    let sandbox = builder.start().await.unwrap();
    let mut ids = HashMap::new();
    for (client, method, target, body, (status, expected)) in FORMS {
        let (target, body) = (filled(target, &ids), filled(body, &ids));
        let request = format!("{method} {target} {body}");
        let response = send(&sandbox, *client, method, &target, &body);
        assert_eq!(response.status, *status, "{request}: {}", response.body);
        let json: Value = serde_json::from_str(&response.body).unwrap();
        let found = match status {
            ..400 => expected.is_empty() || json.get(*expected).is_some(),
            _ => json["error"]["code"] == *expected,
        };
        assert!(found, "{request}: no {expected} in {json}");
        let header = |name: &str| response.headers.get(name).map(String::as_str);
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(
            header("x-api-schema"),
            (*status >= 400).then_some("json-error")
        );
        // Clients that accept compressed responses decode what they get by this header.
        assert_eq!(header("content-encoding"), None, "{request}");
        for name in ["date", "x-ratelimit-remaining", "x-request-id"] {
            assert!(header(name).is_some(), "{request}: no {name}");
        }
        let objects = json.as_object().into_iter().flatten();
        let objects = objects.filter_map(|(name, object)| Some((name, object["id"].as_str()?)));
        ids.extend(objects.map(|(name, id)| (name.clone(), id.to_owned())));
        // Longer than every task, so that each form finds what those before it have begun.
        sandbox.advance(Duration::from_secs(120));
    }
}

/// Replaces `{tag}` by the id of a tag.
fn filled(text: &str, ids: &HashMap<String, String>) -> String {
    let mut text = text.to_owned();
    for (name, id) in ids {
        text = text.replace(&format!("{{{name}}}"), id);
    }
    text
}

#[derive(Debug)]
struct Response {
    status: u16,
    headers: HashMap<String, String>,
    body: String,
}

/// Sends a request as the client writes it, without a library that would add to it.
fn send(
    sandbox: &Sandbox,
    (headers, of_body): Client,
    method: &str,
    target: &str,
    body: &str,
) -> Response {
    let address = sandbox.url().strip_prefix("http://").unwrap();
    let mut head = format!(
        "{method} /core/v1{target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n{headers}",
        sandbox.token()
    );
    if !body.is_empty() {
        head += of_body;
    }
    if !body.is_empty() || method == "POST" {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    let mut connection = TcpStream::connect(address).unwrap();
    let timeout = Some(Duration::from_secs(10));
    connection.set_read_timeout(timeout).unwrap();
    write!(connection, "{head}\r\n{body}").unwrap();
    let mut received = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let count = connection.read(&mut buffer).unwrap();
        received.extend_from_slice(&buffer[..count]);
        let response = parse(&received);
        if let Some(response) = response {
            return response;
        }
        assert!(count > 0, "the connection ended: {received:?}");
    }
}

/// Returns the response, once all of it is there.
fn parse(received: &[u8]) -> Option<Response> {
    let text = std::str::from_utf8(received).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    (body.len() == length).then(|| Response {
        status,
        headers,
        body: body.to_owned(),
    })
}
