mod buy;
mod close;
mod confirm;
mod delivery;
mod delivery_key;
mod dispute;
mod market;
mod orders;
mod plans;
mod purchase;
mod refund;
mod seller;
mod serve;
mod settled;
mod show;
mod sweep;
mod top_up;

use anyhow::{Result, anyhow, bail};
use esim_market::state::{Market, MarketVault, Order, Plan};
use solana_pubkey::Pubkey;
use wayfare_client::account::AccountError;
use wayfare_client::error::ClientError;
use wayfare_client::esim::address;
use wayfare_client::esim::instruction::{SettleAccounts, VaultAccounts};

use crate::cli::esim::{DeliveryKeyCommand, EsimCommand};
use crate::commands::Printer;
use crate::context::Context;
use crate::error::{Exit, Usage};

pub fn run(command: &EsimCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    match command {
        EsimCommand::Plans(args) => print.result(args.run(ctx)),
        EsimCommand::Buy(args) => print.result(args.run(ctx)),
        EsimCommand::TopUp(args) => print.result(args.run(ctx)),
        EsimCommand::Orders(args) => print.result(args.run(ctx)),
        EsimCommand::Show(args) => print.result(args.run(ctx)),
        EsimCommand::Confirm(args) => print.result(confirm::run(args, ctx)),
        EsimCommand::Dispute(args) => print.result(args.run(ctx)),
        EsimCommand::Refund(args) => print.result(args.run(ctx)),
        EsimCommand::Close(args) => print.result(close::run(args, ctx)),
        EsimCommand::DeliveryKey(DeliveryKeyCommand::New(args)) => {
            print.result(delivery_key::new(args))
        }
        EsimCommand::DeliveryKey(DeliveryKeyCommand::Show(args)) => {
            print.result(delivery_key::show(args))
        }
        EsimCommand::Seller(command) => seller::run(command, ctx, print),
        EsimCommand::Serve(args) => args.run(ctx, print.0),
        EsimCommand::Sweep(args) => print.result(args.run(ctx)),
        EsimCommand::Market(command) => market::run(command, ctx, print),
    }
}

/// A market by its name.
pub fn find_market(ctx: &Context, name: &str) -> Result<(Pubkey, Market)> {
    match ctx.cluster()?.market(name) {
        Err(ClientError::Account(AccountError::Missing(_))) => Err(no_market(name)),
        result => Ok(result?),
    }
}

fn no_market(name: &str) -> anyhow::Error {
    anyhow!(
        "there is no market {name:?} on this cluster: check the name and --url; `wayfare esim market list` shows all"
    )
}

/// A market's vault for a mint.
pub fn find_vault(ctx: &Context, market: &Pubkey, mint: &Pubkey) -> Result<(Pubkey, MarketVault)> {
    let at = address::vault(market, mint);
    match ctx.cluster()?.state(&at) {
        Err(ClientError::Account(AccountError::Missing(_))) => Err(anyhow!(
            "the market {market} never accepted the mint {mint}: it has no vault for it"
        )),
        result => Ok((at, result?)),
    }
}

/// An order by its address.
pub fn find_order(ctx: &Context, order: &Pubkey) -> Result<Order> {
    match ctx.cluster()?.state(order) {
        Err(ClientError::Account(AccountError::Missing(_))) => Err(anyhow!(
            "there is no order {order} on this cluster: it was closed, or the address or --url is wrong"
        )),
        result => Ok(result?),
    }
}

/// An order, what settles it, and the decimals of its mint. It needs the network.
pub fn find_to_settle(
    ctx: &Context,
    is_offline: bool,
    order: &Pubkey,
) -> Result<(Order, SettleAccounts, u8)> {
    require_online(is_offline)?;
    let state = find_order(ctx, order)?;
    let (vault, vault_state) = find_vault(ctx, &state.market, &state.terms.mint)?;
    let vault = VaultAccounts::of(vault, &vault_state);
    let settle = SettleAccounts::of(*order, &state, vault);
    Ok((state, settle, vault_state.decimals))
}

/// Refuses `--sign-only` for what depends on the order's accounts.
pub fn require_online(is_offline: bool) -> Result<()> {
    if is_offline {
        bail!(Usage(
            "--sign-only asks the network for nothing, but this needs the accounts that the order names: sign with a \
             key that is here, or use --export-encoding"
                .into()
        ));
    }
    Ok(())
}

/// A plan by its address, or by its id among those of a market.
pub fn find_plan(
    ctx: &Context,
    market: Option<&str>,
    seller: Option<&Pubkey>,
    plan: &str,
) -> Result<(Pubkey, Plan)> {
    let market = market
        .map(|name| find_market(ctx, name))
        .transpose()?
        .map(|(address, _)| address);
    if let Ok(at) = plan.parse::<Pubkey>() {
        let state: Plan = match ctx.cluster()?.state(&at) {
            Err(ClientError::Account(AccountError::Missing(_))) => bail!(
                "there is no plan {at} on this cluster: it was retired, or the address or --url is wrong"
            ),
            result => result?,
        };
        if market.is_some_and(|market| market != state.market) {
            bail!("the plan {at} is of another market, {}", state.market);
        }
        return Ok((at, state));
    }
    let market = market.ok_or_else(|| {
        Usage(format!(
            "{plan:?} is no address: give --market too, to find a plan by its id"
        ))
    })?;
    let mut plans = ctx.cluster()?.plans(&market, seller)?;
    plans.retain(|(_, state)| state.id == plan);
    match plans.len() {
        0 => bail!("there is no plan {plan:?} in this market: `wayfare esim plans` shows all"),
        1 => Ok(plans.swap_remove(0)),
        _ => {
            let addresses: Vec<String> = plans.iter().map(|(at, _)| at.to_string()).collect();
            bail!(Usage(format!(
                "several sellers have a plan {plan:?}: give its address, one of {}",
                addresses.join(", ")
            )))
        }
    }
}
