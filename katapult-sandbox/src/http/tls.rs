//! TLS, with a certificate made at the start.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::server::TlsStream;

/// The first byte of a connection over TLS: the type of a handshake message.
const HANDSHAKE: u8 = 0x16;

/// The TLS of a sandbox.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    /// The certificate, as PEM.
    pub(crate) certificate_pem: String,
}

impl Tls {
    /// Makes a key and a self-signed certificate for the names of this machine, an address and further names.
    pub(crate) fn new(
        address: IpAddr,
        further: Vec<String>,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let mut names = vec!["localhost".to_owned()];
        names.extend(loopback.iter().map(ToString::to_string));
        // An unspecified address stands for all of the machine's, and no client can use it.
        if !address.is_loopback() && !address.is_unspecified() {
            names.push(address.to_string());
        }
        if let Some(invalid) = further
            .iter()
            .find(|name| ServerName::try_from(name.as_str()).is_err())
        {
            return Err(format!("the certificate cannot be for {invalid:?}, which is neither a host name in ASCII nor an IP address").into());
        }
        names.extend(further);
        let mut params = CertificateParams::new(names)?;
        params
            .distinguished_name
            .push(DnType::CommonName, "katapult-sandbox");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        // Named, since a program that has a second provider too has no default.
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate_pem: certificate.pem(),
        })
    }

    /// Accepts a connection, within a time.
    pub(crate) async fn accept(&self, stream: TcpStream, timeout: Duration) -> Option<Accepted> {
        let accept = async {
            let mut first = [0];
            match stream.peek(&mut first).await.ok()? {
                0 => None,
                _ if first[0] != HANDSHAKE => Some(Accepted::Plain(stream)),
                // A client that does not trust the certificate ends the handshake.
                _ => self
                    .acceptor
                    .accept(stream)
                    .await
                    .ok()
                    .map(|stream| Accepted::Tls(Box::new(stream))),
            }
        };
        tokio::time::timeout(timeout, accept).await.ok().flatten()
    }
}

/// A connection to a sandbox with TLS.
pub(crate) enum Accepted {
    Tls(Box<TlsStream<TcpStream>>),
    /// One whose client does not use TLS.
    Plain(TcpStream),
}
