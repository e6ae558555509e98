use anyhow::Result;

use crate::cli::roaming::AgreementArg;
use crate::commands::roaming::find_agreement;
use crate::context::Context;
use crate::views::roaming::AgreementView;

pub fn run(args: &AgreementArg, ctx: &Context) -> Result<AgreementView> {
    let found = find_agreement(ctx, &args.agreement)?;
    Ok(AgreementView::new(&found.at, &found.state, &found.names))
}
