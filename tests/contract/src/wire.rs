//! A small HTTP/1.1 server on loopback that can also fail as networks do: say nothing and hang up, or
//! break off in the middle of a reply.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// The path, with the API's prefix.
    pub path: String,
    /// The query, decoded, in its order.
    pub query: Vec<(String, String)>,
    /// The body; `null` when it is no JSON.
    pub body: Value,
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Replies.
    Reply(Reply),
    /// Replies, but hangs up in the middle of the body.
    CutOff(Reply),
    /// Hangs up without a word.
    HangUp,
}

/// A reply.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Headers; the date, and what frames the body, are added.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// The longest body that is read.
const LONGEST_BODY: usize = 1 << 20;

/// The server; it stops, and all its connections end, when this is dropped.
#[derive(Debug)]
pub struct WireServer {
    address: SocketAddr,
    accepting: tokio::task::JoinHandle<()>,
}

impl WireServer {
    /// Starts a server on a free port; each request is answered by `answer`.
    ///
    /// # Errors
    ///
    /// When loopback gives no port.
    pub async fn start<F>(answer: F) -> io::Result<Self>
    where
        F: Fn(Request) -> Answer + Send + Sync + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let answer = Arc::new(answer);
        let accepting = tokio::spawn(async move {
            // They are aborted with this task.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                connections.spawn(async move {
                    // A client that goes away is no fault of the server.
                    let _ = serve(stream, &*answer).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, accepting })
    }

    /// The server's address, without a path or a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for WireServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, answer: &(dyn Fn(Request) -> Answer + Sync)) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        match answer(request) {
            Answer::Reply(reply) => stream.get_mut().write_all(&written(&reply)).await?,
            Answer::CutOff(reply) => {
                let bytes = written(&reply);
                let some = bytes.len() - reply.body.len().div_ceil(2);
                stream.get_mut().write_all(&bytes[..some]).await?;
                return stream.get_mut().shutdown().await;
            }
            Answer::HangUp => return Ok(()),
        }
    }
    Ok(())
}

/// Reads a request; `None` at the end of the connection.
async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut words = first.split_whitespace();
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(wrong("no request line"));
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|_| wrong("no length"))?;
        }
    }
    if length > LONGEST_BODY {
        return Err(wrong("too long"));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    }))
}

fn written(reply: &Reply) -> Vec<u8> {
    let mut text = format!(
        "HTTP/1.1 {} {}\r\n",
        reply.status.as_u16(),
        reply.status.canonical_reason().unwrap_or_default()
    );
    let date = httpdate::fmt_http_date(std::time::SystemTime::now());
    text += &format!("date: {date}\r\ncontent-length: {}\r\n", reply.body.len());
    for (name, value) in &reply.headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    text += &reply.body;
    text.into_bytes()
}
