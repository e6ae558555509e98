//! What the machine itself must have: Debian packages that a bare installation lacks.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::command::{command, output, run};

/// A program that must run, and the Debian package that it comes in.
struct Need {
    program: &'static str,
    args: &'static [&'static str],
    package: &'static str,
}

/// What builds the OpenSSL that the runtime's crates bring along as source.
const TO_BUILD: [Need; 2] = [
    Need {
        program: "make",
        args: &["--version"],
        package: "make",
    },
    // Debian's minimal perl-base has no IPC::Cmd.
    Need {
        program: "perl",
        args: &["-MIPC::Cmd", "-MFindBin", "-e", "1"],
        package: "perl",
    },
];

/// What the checkout's tests run besides: a browser and its driver, and what fetches axe-core.
const TO_TEST: [Need; 3] = [
    Need {
        program: "chromium",
        args: &["--version"],
        package: "chromium",
    },
    Need {
        program: "chromedriver",
        args: &["--version"],
        package: "chromium-driver",
    },
    Need {
        program: "python3",
        args: &["-m", "pip", "--version"],
        package: "python3-pip",
    },
];

/// Installs the Debian packages that are missing to build, when that can be done without asking.
/// Otherwise the error says which they are and how to install them.
pub fn ensure() -> Result<()> {
    install_missing(&TO_BUILD)
}

/// The same for what the tests need.
pub fn ensure_for_tests() -> Result<()> {
    install_missing(&TO_TEST)
}

fn install_missing(needs: &[Need]) -> Result<()> {
    let missing: Vec<_> = needs
        .iter()
        .filter(|need| !runs(command(need.program).args(need.args)))
        .map(|need| need.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing)
}

/// Installs Debian packages, or says which they are.
pub fn install(missing: &[&str]) -> Result<()> {
    let packages = missing.join(" ");
    let root = output(command("id").arg("-u")).as_deref() == Some("0");
    if !root || !runs(command("apt-get").arg("--version")) {
        bail!("{packages} must be installed for this: sudo apt-get install {packages}");
    }
    eprintln!("Installing {packages}");
    run(apt().arg("update"))?;
    run(apt()
        .args(["install", "-y", "--no-install-recommends"])
        .args(missing))
}

fn apt() -> Command {
    let mut apt = command("apt-get");
    apt.arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

fn runs(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
