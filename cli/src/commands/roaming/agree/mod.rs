mod accept;
mod close;
mod list;
mod offer;
mod propose;
mod show;
mod terms;

use anyhow::Result;
use roaming_escrow::state::Side;

use super::{Found, find_agreement, require_online, tadig};
use crate::cli::roaming::{AgreeCommand, SideArgs};
use crate::commands::Printer;
use crate::context::Context;
use crate::draft::Draft;
use crate::error::Exit;

pub fn run(command: &AgreeCommand, ctx: &Context, print: &Printer) -> Result<Exit> {
    use AgreeCommand as Agree;
    match command {
        Agree::Propose(args) => print.result(args.run(ctx)),
        Agree::Offer(args) => print.result(args.run(ctx)),
        Agree::Accept(args) => print.result(args.run(ctx)),
        Agree::Show(args) => print.result(show::run(args, ctx)),
        Agree::List(args) => print.result(args.run(ctx)),
        Agree::Close(args) => print.result(args.run(ctx)),
    }
}

impl SideArgs {
    /// Begins a transaction of a side's authority. It needs the network.
    pub fn draft<'a>(&'a self, ctx: &'a Context) -> Result<(Draft<'a>, Found, Side)> {
        let draft = self.by.draft(ctx)?;
        require_online(draft.is_offline())?;
        let found = find_agreement(ctx, &self.agreement.agreement)?;
        let operator = self.operator.as_ref().map(|given| tadig(ctx, given));
        let side = found.side_of_authority(&draft.signer, operator)?;
        Ok((draft, found, side))
    }
}
