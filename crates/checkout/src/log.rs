//! The server's log: lines of JSON on standard error.

use std::io::{self, Write};
use std::sync::{LazyLock, mpsc};
use std::thread;

use serde_json::json;
use wayfare_client::ClientError;

/// Lines of the log that wait to be written; more are lost.
const LOG_LINES: usize = 4_096;

/// What the RPC node did instead of answering.
pub fn log_trouble(error: &ClientError) {
    log(&json!({"event": "trouble", "reason": error.to_string()}));
}

/// A line of the log, on standard error. Whoever reads it too slowly misses lines, and holds nobody up.
pub fn log(line: &serde_json::Value) {
    static LINES: LazyLock<mpsc::SyncSender<String>> = LazyLock::new(|| {
        let (sender, lines) = mpsc::sync_channel::<String>(LOG_LINES);
        thread::spawn(move || {
            for line in lines {
                let _ = writeln!(io::stderr().lock(), "{line}");
            }
        });
        sender
    });
    let _ = LINES.try_send(line.to_string());
}
