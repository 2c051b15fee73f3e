//! The transport without retries, on a socket.

use katapult_core::types::VirtualMachineLookup;
use katapult_gen::PlainTransport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::test]
async fn plain_transport_sends_its_headers_and_decodes_the_response() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let body = r#"{"virtual_machine":{"id":"vm_1"}}"#;
        let length = body.len();
        let response = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(response.as_bytes()).await.unwrap();
        String::from_utf8(head).unwrap()
    });
    let transport = PlainTransport::new(reqwest::Client::new(), "a-token").with_root(&url);
    let katapult = katapult_gen::Client::new(transport);
    let web = VirtualMachineLookup::fqdn("web-1.acme.example");
    let response = katapult.virtual_machines().get(&web).send().await.unwrap();
    assert_eq!(response.id, "vm_1");
    let head = server.await.unwrap();
    for line in ["accept: application/json", "authorization: Bearer a-token"] {
        assert!(head.lines().any(|sent| sent == line), "{line}: {head}");
    }
}
