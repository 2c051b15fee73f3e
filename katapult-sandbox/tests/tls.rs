//! The program over TLS.

#![cfg(unix)] // the program is stopped by a signal

#[path = "support/program.rs"]
mod program;

use program::command;

#[cfg(not(feature = "tls"))]
#[test]
fn program_without_tls_names_the_feature() {
    let output = command().args(["--tls", "--port", "0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("--features tls"), "{error}");
}

#[cfg(feature = "tls")]
mod with_tls {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpStream;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    use serde_json::Value;

    use super::command;
    use super::program::{Program, is_installed, skipped};

    fn curl(url: &str, token: &str, options: &[&str]) -> (Option<i32>, String) {
        let header = format!("Authorization: Bearer {token}");
        let mut curl = Command::new("curl");
        curl.args(["-gsS", "--noproxy", "*", "-H", &header]);
        let output = curl.args(options).arg(url).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    }

    #[test]
    fn client_that_trusts_the_certificate_uses_the_program() {
        if !is_installed("curl") {
            return skipped("the program over TLS", "curl is not installed");
        }
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sandbox.pem");
        let file = file.to_str().unwrap();
        let name = "sandbox.test";
        let options = [
            "--quiet",
            "--tls",
            "--tls-certificate",
            file,
            "--tls-name",
            name,
        ];
        let program = Program::start(options);
        let (_, port) = program.url.rsplit_once(':').unwrap();
        let url = format!("https://{name}:{port}/core/v1/data_centers");
        let address = format!("{name}:{port}:127.0.0.1");
        let options = ["--cacert", file, "--resolve", &address];
        assert_eq!(curl(&url, &program.token, &options).0, Some(0));
        for host in ["127.0.0.1", "localhost"] {
            let url = format!("https://{host}:{port}/core/v1/data_centers");
            let (status, body) = curl(&url, &program.token, &["--cacert", file]);
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(status, Some(0), "{host}");
            assert!(body["data_centers"].is_array(), "{host}: {body}");
            let (status, _) = curl(&url, &program.token, &[]);
            assert_eq!(
                status,
                Some(60),
                "curl's status of a certificate that it does not trust"
            );
        }
        // Without TLS there is only the health, for containers.
        let health = command()
            .args(["health", &format!("127.0.0.1:{port}")])
            .output();
        assert!(health.unwrap().status.success());
        let url = format!("http://127.0.0.1:{port}/core/v1/data_centers");
        let (_, body) = curl(&url, &program.token, &[]);
        assert!(
            body.contains("https_required") && body.contains(&program.url),
            "{body}"
        );
    }

    #[test]
    fn certificate_is_part_of_the_start_as_json() {
        let mut child = command()
            .args(["--tls", "--port", "0", "--log-format", "json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        assert!(
            started["url"]
                .as_str()
                .unwrap()
                .starts_with("https://127.0.0.1:")
        );
        let certificate = started["certificate"].as_str().unwrap();
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE-----"));
    }

    #[test]
    fn connection_that_is_not_tls_ends_and_disturbs_no_other() {
        let program = Program::start(["--quiet", "--tls"]);
        let address = program.url.trim_start_matches("https://").to_owned();
        let greetings: [&[u8]; 4] = [
            b"\x16",
            b"\x16\x03\x01\x00\x05hello",
            b"\0\0\0\0\r\n\r\n",
            b"",
        ];
        for greeting in greetings {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(greeting).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut rest = Vec::new();
            // The sandbox may reset the connection.
            let _ = stream.read_to_end(&mut rest);
        }
        let health = command().args(["health", &address]).output().unwrap();
        assert!(health.status.success());
    }

    #[tokio::test]
    async fn handshake_that_never_ends_is_disconnected() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let timeout = std::time::Duration::from_millis(200);
        let sandbox = katapult_sandbox::Sandbox::builder()
            .tls()
            .request_timeout(timeout);
        let sandbox = sandbox.start().await.unwrap();
        let address = sandbox.url().trim_start_matches("https://");
        // A record of a handshake that never comes, and no byte at all.
        for start in [&b"\x16\x03\x01\x02\x00"[..], b""] {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.write_all(start).await.unwrap();
            let mut received = Vec::new();
            let read = stream.read_to_end(&mut received);
            let read = tokio::time::timeout(std::time::Duration::from_secs(20), read);
            assert!(read.await.is_ok(), "still connected");
        }
    }
}
