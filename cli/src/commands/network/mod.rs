mod authority;
mod books;
mod create;
mod fund;
mod guardian;
mod list;
mod pause;
mod publishers;
mod show;
mod unpause;
mod update;
mod veto;

use anyhow::Result;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::rewards::address;

use crate::cli::{AuthorityCommand, NetworkCommand, NetworkNameArgs, TokenProgram};
use crate::commands::Printer;
use crate::context::Context;
use crate::error::Exit;

pub fn run(command: &NetworkCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use AuthorityCommand::{Accept, Nominate};
    use NetworkCommand as Network;
    match command {
        Network::Create(args) => print.result(args.run(ctx)),
        Network::Show(args) => print.result(show::run(args, ctx)),
        Network::List => print.result(list::run(ctx)),
        Network::Books(args) => print.result(books::run(args, ctx)),
        Network::Update(args) => print.result(args.run(ctx)),
        Network::Publishers(args) => print.result(args.run(ctx)),
        Network::Guardian(args) => print.result(args.run(ctx)),
        Network::Authority(Nominate(args)) => print.result(args.run(ctx)),
        Network::Authority(Accept(args)) => print.result(args.run(ctx)),
        Network::Fund(args) => print.result(args.run(ctx)),
        Network::Pause(args) => print.result(args.run(ctx)),
        Network::Unpause(args) => print.result(args.run(ctx)),
        Network::Veto(args) => print.result(args.run(ctx)),
    }
}

/// The address that a network's name leads to.
pub fn address_of(name: &str) -> Result<Pubkey> {
    Ok(address::network(name).ok_or_else(|| InputError::name("network", name))?)
}

impl NetworkNameArgs {
    pub fn address(&self) -> Result<Pubkey> {
        address_of(&self.name)
    }
}

impl TokenProgram {
    pub fn id(self) -> Pubkey {
        match self {
            Self::SplToken => anchor_spl::token::ID,
            Self::Token2022 => anchor_spl::token_2022::ID,
        }
    }
}
