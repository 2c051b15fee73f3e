//! Certificates, and servers over TLS, that the tests share.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ALL_VERSIONS, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::server::TlsStream;

/// The name and the address for which the servers have certificates.
const NAMES: [&str; 2] = ["api.katapult.test", "127.0.0.1"];

/// A certificate authority that no machine trusts by itself.
pub(crate) struct Authority(
    CertifiedIssuer<'static, KeyPair>,
    &'static [&'static SupportedProtocolVersion],
);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // OpenSSL takes a certificate whose issuer has the same name for self-signed.
        let name = &mut params.distinguished_name;
        name.push(DnType::CommonName, "a test's authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        Self(issuer, ALL_VERSIONS)
    }

    /// Its servers use this version of TLS alone.
    pub(crate) fn with_version(
        mut self,
        version: &'static [&'static SupportedProtocolVersion],
    ) -> Self {
        self.1 = version;
        self
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// The certificate of a client with its key.
    #[cfg(feature = "rustls-tls")]
    pub(crate) fn client_pem(&self) -> String {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["client.test".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        format!("{}{}", certificate.pem(), key.serialize_pem())
    }

    /// A server with a certificate of this authority; with `clients`, one that requires a certificate of those.
    pub(crate) async fn server(&self, protocol: &str, clients: Option<&Self>) -> TlsServer {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(NAMES.map(str::to_owned)).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let builder = ServerConfig::builder_with_protocol_versions(self.1);
        let config = match clients {
            None => builder.with_no_client_auth(),
            Some(Self(authority, _)) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
                builder.with_client_cert_verifier(verifier.unwrap())
            }
        };
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let mut config = config
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        TlsServer {
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        }
    }
}

pub(crate) struct TlsServer {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl TlsServer {
    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Accepts a connection; `None` if the handshake fails.
    pub(crate) async fn accept(&self) -> Option<TlsStream<TcpStream>> {
        let (socket, _) = self.listener.accept().await.unwrap();
        self.acceptor.accept(socket).await.ok()
    }

    /// Answers the first request of each connection over HTTP/1.1 with a machine.
    pub(crate) async fn serve_machine(self) {
        const BODY: &str = r#"{"virtual_machine":{"id":"vm_1"},"task":{"id":"task_1"}}"#;
        loop {
            let Some(mut stream) = self.accept().await else {
                continue;
            };
            let _ = stream.read(&mut [0; 4096]).await;
            let response = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{BODY}",
                BODY.len()
            );
            let _ = stream.write_all(response.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }
}
