//! The embedded Surfpool: its start, its ports, and the programs in it.

use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use crossbeam_channel::Receiver;
use solana_account::Account;
use solana_keypair::Keypair;
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use surfpool_core::runloops::start_local_surfnet_runloop;
use surfpool_core::surfnet::locker::SurfnetSvmLocker;
use surfpool_core::surfnet::svm::{SurfnetSvm, SurfnetSvmConfig};
use surfpool_types::{BlockProductionMode, RpcConfig, SimnetConfig, SimnetEvent, SurfpoolConfig};
use tokio::sync::mpsc::{self, error::TryRecvError};

use crate::programs::Program;

const HOST: &str = "127.0.0.1";
/// 100,000 SOL.
pub const WALLET_LAMPORTS: u64 = 100_000 * 1_000_000_000;

/// A running network. It ends with the process.
pub struct Network {
    svm: SurfnetSvmLocker,
    rpc_port: u16,
    ws_port: u16,
    ended: mpsc::UnboundedReceiver<String>,
}

impl Network {
    /// Starts a network that makes a block every `slot_ms` milliseconds, so that its clock follows
    /// the machine's, and gives `wallet` its lamports.
    pub fn start(
        rpc_port: u16,
        ws_port: Option<u16>,
        slot_ms: u64,
        wallet: &Keypair,
    ) -> Result<Self> {
        let (svm, events, geyser_events) = SurfnetSvm::new(SurfnetSvmConfig {
            slot_time: slot_ms,
            instruction_profiling_enabled: false,
            ..Default::default()
        })
        .map_err(|error| anyhow!("cannot set up Surfpool: {error}"))?;
        let svm = SurfnetSvmLocker::new(svm);
        // As late as possible: until Surfpool listens on them, another process may take them.
        let (rpc_port, ws_port) = choose_ports(rpc_port, ws_port)?;
        let config = SurfpoolConfig {
            simnets: vec![SimnetConfig {
                offline_mode: true,
                remote_rpc_url: None,
                slot_time: slot_ms,
                block_production_mode: BlockProductionMode::Clock,
                airdrop_addresses: vec![wallet.pubkey()],
                airdrop_token_amount: WALLET_LAMPORTS,
                // It runs every instruction of every transaction a second time.
                instruction_profiling_enabled: false,
                ..Default::default()
            }],
            rpc: RpcConfig {
                bind_host: HOST.to_owned(),
                bind_port: rpc_port,
                ws_port,
                ..Default::default()
            },
            ..Default::default()
        };

        let (commands_tx, commands_rx) = crossbeam_channel::unbounded();
        let (ended_tx, mut ended) = mpsc::unbounded_channel();
        let shared = svm.clone();
        thread::Builder::new()
            .name("surfpool".into())
            .spawn(move || {
                let reason = match tokio::runtime::Runtime::new() {
                    Err(error) => error.to_string(),
                    Ok(runtime) => match runtime.block_on(start_local_surfnet_runloop(
                        shared,
                        config,
                        commands_tx,
                        commands_rx,
                        geyser_events,
                    )) {
                        Ok(()) => "it stopped".to_owned(),
                        Err(error) => error.to_string(),
                    },
                };
                // Nobody listens any more only when the process is ending anyway.
                let _ = ended_tx.send(reason);
            })
            .context("cannot start Surfpool's thread")?;

        wait_until_started(&events, &mut ended)?;
        // Surfpool waits for its events to be read.
        thread::Builder::new()
            .name("surfpool-events".into())
            .spawn(move || events.iter().for_each(drop))
            .context("cannot start the thread that reads Surfpool's events")?;
        Ok(Self {
            svm,
            rpc_port,
            ws_port,
            ended,
        })
    }

    pub fn rpc_url(&self) -> String {
        format!("http://{HOST}:{}", self.rpc_port)
    }

    pub fn ws_url(&self) -> String {
        format!("ws://{HOST}:{}", self.ws_port)
    }

    /// Puts programs at their addresses as upgradeable programs, as if deployed by `authority`.
    pub fn load_programs(&self, programs: &[Program], authority: &Pubkey) -> Result<()> {
        for program in programs {
            let data_address = get_program_data_address(&program.id);
            let mut data = bincode::serialize(&UpgradeableLoaderState::ProgramData {
                slot: 0,
                upgrade_authority_address: Some(*authority),
            })?;
            data.resize(UpgradeableLoaderState::size_of_programdata_metadata(), 0);
            data.extend_from_slice(&program.bytes);
            // The data first: an executable account is loaded as it is set.
            self.set(data_address, data, false, &program.name)?;
            let pointer = bincode::serialize(&UpgradeableLoaderState::Program {
                programdata_address: data_address,
            })?;
            self.set(program.id, pointer, true, &program.name)?;
        }
        Ok(())
    }

    fn set(&self, address: Pubkey, data: Vec<u8>, executable: bool, name: &str) -> Result<()> {
        self.svm
            .with_svm_writer(move |svm| {
                let account = Account {
                    lamports: svm.inner.minimum_balance_for_rent_exemption(data.len()),
                    data,
                    owner: solana_sdk_ids::bpf_loader_upgradeable::ID,
                    executable,
                    rent_epoch: u64::MAX,
                };
                svm.set_account(&address, account)
            })
            .map_err(|error| {
                anyhow!("the runtime refuses the program {name}: {error}; build it again with `cargo xtask build`")
            })
    }

    /// Completes when the network stops by itself, with the reason.
    pub async fn ended(&mut self) -> anyhow::Error {
        let reason = self.ended.recv().await;
        anyhow!(
            "the local network ended: {}",
            reason.as_deref().unwrap_or("Surfpool panicked")
        )
    }
}

fn wait_until_started(
    events: &Receiver<SimnetEvent>,
    ended: &mut mpsc::UnboundedReceiver<String>,
) -> Result<()> {
    loop {
        match events.recv_timeout(Duration::from_millis(50)) {
            Ok(SimnetEvent::CoreStarted(_)) => return Ok(()),
            Ok(SimnetEvent::Aborted(reason)) => bail!("Surfpool does not start: {reason}"),
            Ok(_) => {}
            // The channel says nothing of the thread's end: this process holds a sender as well.
            Err(_) => match ended.try_recv() {
                Ok(reason) => bail!("Surfpool does not start: {reason}"),
                Err(TryRecvError::Disconnected) => bail!("Surfpool does not start: it panicked"),
                Err(TryRecvError::Empty) => {}
            },
        }
    }
}

/// The ports asked for, with 0 replaced by free ones. Clients that are told only the RPC port look
/// for the WebSocket one above it, so a free pair is sought when either choice is open.
fn choose_ports(rpc_port: u16, ws_port: Option<u16>) -> Result<(u16, u16)> {
    if rpc_port != 0 {
        let ws_port = match ws_port {
            Some(0) => free_port()?,
            Some(port) => port,
            None => rpc_port
                .checked_add(1)
                .context("--rpc-port 65535 leaves no port above it: name one with --ws-port")?,
        };
        check_free(rpc_port, "--rpc-port")?;
        check_free(ws_port, "--ws-port")?;
        return Ok((rpc_port, ws_port));
    }
    if let Some(port) = ws_port.filter(|port| *port != 0) {
        check_free(port, "--ws-port")?;
        return Ok((free_port()?, port));
    }
    for _ in 0..100 {
        let rpc_port = free_port()?;
        if let Some(ws_port) = rpc_port.checked_add(1)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, ws_port)).is_ok()
        {
            return Ok((rpc_port, ws_port));
        }
    }
    bail!("no two neighbouring ports are free: name them with --rpc-port and --ws-port")
}

fn free_port() -> Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn check_free(port: u16, flag: &str) -> Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .with_context(|| {
            format!(
                "port {port} is taken: stop what listens there, or pass {flag} 0 for a free one"
            )
        })
}
