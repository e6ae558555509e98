use anyhow::Result;
use roaming_escrow::state::Agreement;
use solana_pubkey::Pubkey;
use wayfare_client::roaming::account::RoamingEscrowAccount as Roaming;

use crate::context::Context;
use crate::error::Exit;
use crate::output::Printer;
use crate::roaming::views::{AgreementView, HubView, Names, OperatorView, StatementView};

/// Shows an account in words, where they say more than its fields. Amounts need their mint.
pub fn show(at: &Pubkey, account: Roaming, ctx: &Context, print: &Printer) -> Result<Option<Exit>> {
    let cluster = ctx.cluster()?;
    let names = |agreement: &Agreement| -> Result<Names> {
        let (first, second) = (
            cluster.state(&agreement.first)?,
            cluster.state(&agreement.second)?,
        );
        Ok(Names::new(&first, &second))
    };
    let exit = match account {
        Roaming::Hub(hub) => print.result(Ok(HubView::new(at, &hub))),
        Roaming::Operator(operator) => print.result(Ok(OperatorView::new(at, &operator))),
        Roaming::Agreement(agreement) => {
            let names = names(&agreement)?;
            print.result(Ok(AgreementView::new(at, &agreement, &names)))
        }
        Roaming::Statement(statement) => {
            let agreement: Agreement = cluster.state(&statement.agreement)?;
            let names = names(&agreement)?;
            let now = cluster.unix_time()?;
            print.result(Ok(StatementView::new(
                at, &statement, &agreement, &names, now,
            )))
        }
    };
    exit.map(Some)
}
