//! A plain HTTP client: what a phone's wallet has, or a browser without scripts.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// What a server answered.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl fmt::Debug for Answer {
    /// Without what every answer has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body: String = self.body.chars().take(2_000).collect();
        let after = self.header("retry-after");
        write!(f, "{} (retry after {after:?}): {body}", self.status)
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The JSON of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(matches!(self.status, 200 | 202), "{self:?}");
        self.json()
    }

    /// The code of a refusal, which must also say in words what a person can do.
    #[track_caller]
    pub fn refusal(&self) -> String {
        let json = self.json();
        let message = json["message"].as_str().unwrap_or_default();
        assert!(self.status >= 400 && message.len() > 10, "{self:?}");
        json["code"].as_str().unwrap().to_owned()
    }
}

/// `http://host:port/path` in parts.
pub fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

/// Sends these bytes and reads all that comes back, until the connection is closed.
pub fn exchange(host: &str, bytes: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(90)))?;
    // Who refuses a request need not read all of it.
    let written = stream.write_all(bytes);
    let mut answer = vec![];
    if let Err(error) = stream.read_to_end(&mut answer)
        && answer.is_empty()
    {
        return Err(written.err().unwrap_or(error));
    }
    parse(&answer)
}

pub fn parse(answer: &[u8]) -> io::Result<Answer> {
    let text = String::from_utf8_lossy(answer);
    let parts = text.split_once("\r\n\r\n").and_then(|(head, body)| {
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, head.to_owned(), body.to_owned()))
    });
    let (status, head, body) =
        parts.ok_or_else(|| io::Error::other(format!("no HTTP answer: {text:?}")))?;
    Ok(Answer { status, head, body })
}

pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Answer> {
    let (host, path) = split(url);
    let path = if path.is_empty() { "/" } else { path };
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    exchange(host, request.as_bytes())
}

/// A page, as a browser asks for it.
#[track_caller]
pub fn get(url: &str) -> Answer {
    request("GET", url, &[("Accept", "text/html")], "").unwrap()
}

#[track_caller]
pub fn get_json(url: &str) -> Answer {
    request("GET", url, &[("Accept", "application/json")], "").unwrap()
}

#[track_caller]
pub fn post(url: &str, body: &Value) -> Answer {
    let headers = [
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
    ];
    request("POST", url, &headers, &body.to_string()).unwrap()
}
