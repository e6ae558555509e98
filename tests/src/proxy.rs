//! An RPC endpoint that stands before the local network and now and then fails as real ones do.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered.
    None,
    /// Refused, with a time to wait.
    TooManyRequests,
    /// Refused.
    Unavailable,
    /// Done, and its answer cut off.
    Truncated,
    /// Done, and never answered.
    NoAnswer,
    /// Done twice.
    Duplicated,
    /// Answered by a network with another genesis.
    OtherGenesis,
    /// Not even read: the connection is closed.
    Gone,
}

/// A running proxy.
pub struct Proxy {
    pub url: String,
    faults: Arc<AtomicUsize>,
}

impl Proxy {
    /// Serves the endpoint at `upstream`. `choose` gets each request's number and body, and says what becomes of it.
    pub fn start(
        upstream: &str,
        choose: impl Fn(usize, &str) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let faults = Arc::new(AtomicUsize::new(0));
        let (counted, choose) = (faults.clone(), Arc::new(choose));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { return };
                let (upstream, choose, counted) =
                    (upstream.clone(), choose.clone(), counted.clone());
                thread::spawn(move || {
                    // Whoever asked may be gone, killed by its test: nobody else is concerned.
                    let _ = serve(stream, &upstream, number, &*choose, &counted);
                });
            }
        });
        Self { url, faults }
    }

    /// How many requests did not get a plain answer.
    pub fn faults(&self) -> usize {
        self.faults.load(Ordering::Relaxed)
    }
}

fn serve(
    mut stream: TcpStream,
    upstream: &str,
    number: usize,
    choose: &dyn Fn(usize, &str) -> Fault,
    counted: &AtomicUsize,
) -> std::io::Result<()> {
    let (head, body) = read_message(&mut stream)?;
    let fault = choose(number, &String::from_utf8_lossy(&body));
    if fault != Fault::None {
        counted.fetch_add(1, Ordering::Relaxed);
    }
    match fault {
        Fault::TooManyRequests => respond(
            &mut stream,
            "429 Too Many Requests",
            "Retry-After: 1\r\n",
            b"{}",
        ),
        Fault::Unavailable => respond(&mut stream, "503 Service Unavailable", "", b""),
        Fault::None => respond(&mut stream, "200 OK", JSON, &ask(upstream, &head, &body)?),
        Fault::Duplicated => {
            ask(upstream, &head, &body)?;
            respond(&mut stream, "200 OK", JSON, &ask(upstream, &head, &body)?)
        }
        Fault::Gone => Ok(()),
        Fault::Truncated => {
            let answer = ask(upstream, &head, &body)?;
            respond(&mut stream, "200 OK", JSON, &answer[..answer.len() / 2])
        }
        Fault::NoAnswer => {
            ask(upstream, &head, &body)?;
            thread::sleep(Duration::from_millis(50));
            Ok(())
        }
        Fault::OtherGenesis => {
            let answer = ask(upstream, &head, &body)?;
            let text = String::from_utf8_lossy(&answer);
            let other = "\"result\":\"GH7ome3EiwEr7tu9JuTh2dpYWBJK3z69Xm1ZE3MEE6JC\"";
            let from = text.find("\"result\"").unwrap_or(0);
            let to = text[from..]
                .find([',', '}'])
                .map_or(text.len(), |n| from + n);
            let changed = format!("{}{other}{}", &text[..from], &text[to..]);
            respond(&mut stream, "200 OK", JSON, changed.as_bytes())
        }
    }
}

const JSON: &str = "Content-Type: application/json\r\n";

fn respond(
    stream: &mut TcpStream,
    status: &str,
    headers: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())
}

/// Asks the network the same. Gives the body of its answer.
fn ask(upstream: &str, head: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(upstream)?;
    let request_line = head.lines().next().unwrap_or_default();
    let head = format!(
        "{request_line}\r\nHost: {upstream}\r\n{JSON}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    Ok(read_message(&mut stream)?.1)
}

/// Calls a method of the RPC endpoint at `url`, and gives its result.
#[track_caller]
pub fn call(url: &str, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let upstream = url.trim_start_matches("http://");
    let body = request.to_string();
    let answer = ask(upstream, "POST / HTTP/1.1", body.as_bytes()).unwrap();
    let mut answer: Value = serde_json::from_slice(&answer).unwrap();
    assert!(answer["error"].is_null(), "{method}: {answer}");
    answer["result"].take()
}

/// Reads a message of HTTP: its head, and a body as long as its head says.
fn read_message(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let lower = head.to_ascii_lowercase();
            let length = lower
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .and_then(|length| length.trim().parse::<usize>().ok());
            if length.is_some_and(|length| bytes.len() >= end + 4 + length) {
                return Ok((head, bytes.split_off(end + 4)));
            }
        }
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}
