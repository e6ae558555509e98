mod accept_mint;
mod authority;
mod books;
mod create;
mod disputes;
mod drop_mint;
mod list;
mod pause;
mod readmit_mint;
mod resolve;
mod seller_status;
mod sellers;
mod show;
mod unpause;
mod update;

use anyhow::Result;
use solana_pubkey::Pubkey;
use wayfare_client::error::InputError;
use wayfare_client::esim::address;
use wayfare_client::governance::Governed;

use crate::cli::esim::{
    MarketAuthorityArgs, MarketAuthorityCommand, MarketCommand, MarketNameArgs,
};
use crate::commands::Printer;
use crate::context::Context;
use crate::draft::Draft;
use crate::error::Exit;

pub fn run(command: &MarketCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use MarketAuthorityCommand::{Accept, Nominate};
    use MarketCommand as Market;
    match command {
        Market::Create(args) => print.result(args.run(ctx)),
        Market::Show(args) => print.result(show::run(args, ctx)),
        Market::List => print.result(list::run(ctx)),
        Market::Books(args) => print.result(books::run(args, ctx)),
        Market::Update(args) => print.result(args.run(ctx)),
        Market::AcceptMint(args) => print.result(args.run(ctx)),
        Market::DropMint(args) => print.result(drop_mint::run(args, ctx)),
        Market::ReadmitMint(args) => print.result(readmit_mint::run(args, ctx)),
        Market::Sellers(args) => print.result(sellers::run(args, ctx)),
        Market::SellerStatus(args) => print.result(args.run(ctx)),
        Market::Authority(Nominate(args)) => print.result(args.run(ctx)),
        Market::Authority(Accept(args)) => print.result(args.run(ctx)),
        Market::Pause(args) => print.result(args.run(ctx)),
        Market::Unpause(args) => print.result(args.run(ctx)),
        Market::Disputes(args) => print.result(disputes::run(args, ctx)),
        Market::Resolve(args) => print.result(args.run(ctx)),
    }
}

impl MarketNameArgs {
    /// The address that the name leads to.
    pub fn address(&self) -> Result<Pubkey> {
        Ok(address::market(&self.name).ok_or_else(|| InputError::MarketName(self.name.clone()))?)
    }
}

impl MarketNameArgs {
    /// What is governed under the name.
    pub fn governed(&self) -> Result<Governed> {
        Ok(Governed {
            program: address::PROGRAM,
            address: self.address()?,
        })
    }
}

impl MarketAuthorityArgs {
    /// Begins a transaction of the authority.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<Draft<'a>> {
        Draft::new(
            ctx,
            &self.transaction,
            self.authority.as_ref(),
            "the authority",
        )
    }
}
