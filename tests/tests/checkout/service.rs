//! Programs that run beside a test, and end with it however it ends.

use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Runs its arguments until its own standard input ends, which happens when the test does, even by a kill. Then they have
/// ten seconds to end in order, and nothing that they started stays.
const KEEPER: &str = r#""$@" & program=$!
read -r _
kill $program
(sleep 10; kill -KILL 0) &
wait $program
kill -KILL 0"#;

pub struct Service {
    keeper: Child,
    /// What it prints.
    pub stdout: Option<ChildStdout>,
}

impl Service {
    /// Runs a command, with its standard error where the command says.
    pub fn start(command: &Command, stderr: Stdio) -> Self {
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "sh"])
            .arg(command.get_program())
            .args(command.get_args())
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(stderr);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => keeper.env(name, value),
                None => keeper.env_remove(name),
            };
        }
        if let Some(dir) = command.get_current_dir() {
            keeper.current_dir(dir);
        }
        let mut keeper = keeper.spawn().unwrap();
        Self {
            stdout: keeper.stdout.take(),
            keeper,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
