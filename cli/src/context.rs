//! What every command works with: the settings, the cluster, the keys, and the person at the terminal.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use wayfare_client::cluster::{Cancel, Cluster, ClusterOptions};

use crate::args::{ConfirmArgs, GlobalArgs};
use crate::config::Settings;
use crate::error::Usage;
use crate::output::Moment;
use crate::signers::{Party, SignerSource};

/// What a shell says of a process that Ctrl-C ended: 128 and the signal's number.
const EXIT_INTERRUPTED: i32 = 130;

pub struct Context {
    pub settings: Settings,
    pub verbose: bool,
    /// Set by Ctrl-C, once something was sent that must not be forgotten.
    pub cancel: Cancel,
    /// Whether Ctrl-C sets it already.
    listens: Cell<bool>,
    cluster: OnceCell<Cluster>,
    parties: RefCell<HashMap<SignerSource, Rc<Party>>>,
}

impl Context {
    pub fn new(global: &GlobalArgs) -> Result<Self> {
        Ok(Self {
            settings: Settings::load(global)?,
            verbose: global.verbose,
            cancel: Cancel::default(),
            listens: Cell::new(false),
            cluster: OnceCell::new(),
            parties: RefCell::default(),
        })
    }

    /// The cluster. Nothing is asked of it before the first read.
    pub fn cluster(&self) -> Result<&Cluster> {
        if let Some(cluster) = self.cluster.get() {
            return Ok(cluster);
        }
        let options = ClusterOptions {
            commitment: self.settings.commitment.value.commitment,
            cancel: self.cancel.clone(),
            ..ClusterOptions::default()
        };
        let cluster = Cluster::connect(&self.settings.rpc_url.value, options)?;
        Ok(self.cluster.get_or_init(|| cluster))
    }

    /// Who signs in a role: the source that its flag names, else `--keypair`. Each source is opened once, since
    /// standard input can be read once and nobody types a seed phrase twice.
    pub fn party(&self, source: Option<&SignerSource>, role: &str) -> Result<Rc<Party>> {
        let source = match source {
            Some(source) => source.clone(),
            None => self
                .settings
                .keypair
                .value
                .parse()
                .map_err(|error| Usage(format!("--keypair: {error}")))?,
        };
        if let Some(party) = self.parties.borrow().get(&source) {
            return Ok(Rc::clone(party));
        }
        let party = Rc::new(Party::load(&source, role)?);
        self.parties.borrow_mut().insert(source, Rc::clone(&party));
        Ok(party)
    }

    /// From now on the first Ctrl-C stops in an orderly way: what was sent is reported or journalled. The second ends at
    /// once.
    pub fn stop_on_ctrl_c(&self) -> Result<()> {
        if self.listens.replace(true) {
            return Ok(());
        }
        let cancel = self.cancel.clone();
        ctrlc::set_handler(move || {
            if cancel.is_cancelled() {
                std::process::exit(EXIT_INTERRUPTED);
            }
            cancel.cancel();
        })
        .context("cannot listen to Ctrl-C")
    }

    /// Waits for a moment of the cluster's clock.
    pub fn wait_until(&self, moment: i64, what: &str) -> Result<()> {
        let cluster = self.cluster()?;
        loop {
            let left = moment.saturating_sub(cluster.unix_time()?);
            let Some(left) = u64::try_from(left).ok().filter(|left| *left > 0) else {
                return Ok(());
            };
            let spinner = self.spinner(format!("{what} until {}", Moment(moment)));
            // Looked at again now and then: the cluster's clock is not this machine's.
            std::thread::sleep(Duration::from_secs(left.min(60)));
            spinner.finish_and_clear();
        }
    }

    /// Says something beside the result.
    pub fn note(&self, text: impl Display) {
        eprintln!("{text}");
    }

    /// Shows what is about to be changed, and asks. Not with `--yes`.
    pub fn confirm(&self, confirm: &ConfirmArgs, what: impl Display, question: &str) -> Result<()> {
        if confirm.yes {
            return Ok(());
        }
        self.note(what);
        let stdin_is_key = self.parties.borrow().contains_key(&SignerSource::Stdin);
        if stdin_is_key || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            bail!(Usage(
                "there is no terminal to ask on: add --yes to do this, or --dry-run to see it"
                    .into()
            ));
        }
        eprint!("{question} [y/N] ");
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        if matches!(answer.trim(), "y" | "Y" | "yes") {
            Ok(())
        } else {
            bail!("not confirmed: nothing was sent")
        }
    }

    /// A bar for work of a known length; shown only on a terminal.
    pub fn progress_bar(&self, length: u64, message: &str) -> ProgressBar {
        // indicatif draws to standard error, and nothing where that is not a terminal. The template is a constant: that
        // it is well formed is seen by the first bar that is shown.
        let style = ProgressStyle::with_template(
            "{msg} [{bar:30}] {pos}/{len} {elapsed} (about {eta} left)",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
        ProgressBar::new(length)
            .with_style(style)
            .with_message(message.to_owned())
    }

    /// A sign that something goes on; shown only on a terminal.
    pub fn spinner(&self, message: impl Into<String>) -> ProgressBar {
        let spinner = ProgressBar::new_spinner().with_message(message.into());
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    }
}
