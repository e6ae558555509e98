//! A local Solana network in one process: Surfpool, offline, with Wayfare's programs at their
//! addresses, two mints and a funded wallet. It holds everything in memory and ends without a trace.

mod network;
mod programs;
mod setup;
mod wallet;

use std::future::{Future, pending};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result};
use clap::Parser;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use network::Network;
use setup::Setup;
use wallet::Wallet;

/// A local Solana network with Wayfare's programs, an SPL mint, a Token-2022 mint and a funded wallet
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Folder with the programs' .so files and programs.json, as `cargo xtask build` leaves it
    #[arg(long, env = "WAYFARE_PROGRAMS", default_value = "target/deploy")]
    programs: PathBuf,

    /// Port of the JSON-RPC server; 0 takes a free one
    #[arg(long, default_value_t = 8899)]
    rpc_port: u16,

    /// Port of the WebSocket server; 0 takes a free one [default: the RPC port + 1]
    #[arg(long)]
    ws_port: Option<u16>,

    /// Milliseconds between blocks. A transaction is finalized after 31 blocks, a blockhash expires after 150
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    slot_ms: u64,

    /// Folder for the wallet's key file wallet.json; one that is there already is used [default: a temporary folder, removed at the end]
    #[arg(long)]
    dir: Option<PathBuf>,

    /// Print one line of JSON on standard output once ready, and nothing else
    #[arg(long)]
    json: bool,

    /// End when standard input closes, as it does when the process that holds its other end dies
    #[arg(long)]
    exit_with_parent: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    // Listen before there is anything to leave behind.
    let stop = {
        let _guard = runtime.enter();
        stop_requested(args.exit_with_parent)?
    };

    let wallet = Wallet::open(args.dir.as_deref())?;
    let programs = programs::read(&args.programs)?;
    let mut network = Network::start(args.rpc_port, args.ws_port, args.slot_ms, &wallet.key)?;
    network.load_programs(&programs, &wallet.key.pubkey())?;
    let rpc = RpcClient::new_with_commitment(network.rpc_url(), CommitmentConfig::confirmed());
    let setup = Setup::create(&rpc, &wallet.key)?;

    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", setup.json(&network, &wallet, &programs))?;
    } else {
        write!(out, "{}", setup.text(&network, &wallet, &programs))?;
    }
    out.flush()?;

    runtime.block_on(async {
        tokio::select! {
            () = stop => Ok(()),
            reason = network.ended() => Err(reason),
        }
    })
}

/// Completes at Ctrl-C, SIGTERM, SIGHUP or, if asked for, when standard input closes.
fn stop_requested(exit_with_parent: bool) -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let parent = exit_with_parent.then(|| {
        let (closed, parent) = oneshot::channel();
        // A thread of its own, since a blocking read cannot be cancelled.
        thread::spawn(move || {
            // An error to read is as good as its end.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            let _ = closed.send(());
        });
        parent
    });
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = async {
                match parent {
                    // An error says that the thread is gone, and its standard input with it.
                    Some(parent) => drop(parent.await),
                    None => pending().await,
                }
            } => {}
        }
    })
}
