//! A web server for tests that says exactly the bytes it is told to, one answer for each connection.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

/// What a connection gets.
pub enum Answer {
    Bytes(Vec<u8>),
    /// Nothing, for as long as the client waits.
    Silence,
}

/// An HTTP answer with a body that is as long as it says.
pub fn http(status: &str, headers: &str, body: &[u8]) -> Answer {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    Answer::Bytes([head.as_bytes(), body].concat())
}

/// The same, with the body cut off.
pub fn cut_off(body: &[u8]) -> Answer {
    let Answer::Bytes(mut bytes) = http("200 OK", "", body) else {
        unreachable!()
    };
    bytes.truncate(bytes.len() - body.len().div_ceil(2));
    Answer::Bytes(bytes)
}

/// Serves the answers in turn, the last one again and again. Gives the base URL.
pub fn serve(mut answer: impl FnMut(&str) -> Answer + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let request = read_request(&mut stream);
            match answer(&request) {
                Answer::Bytes(bytes) => {
                    // The client may have gone: a test that fails says so itself.
                    let _ = stream.write_all(&bytes);
                }
                Answer::Silence => {
                    thread::spawn(move || {
                        thread::sleep(Duration::from_secs(20));
                        drop(stream);
                    });
                }
            }
        }
    });
    url
}

/// The head of a request, after its body was read too.
fn read_request(stream: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return head.to_owned();
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return text,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
