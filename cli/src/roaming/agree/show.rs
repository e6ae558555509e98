use anyhow::Result;

use crate::context::Context;
use crate::roaming::args::AgreementArg;
use crate::roaming::find::find_agreement;
use crate::roaming::views::AgreementView;

pub fn run(args: &AgreementArg, ctx: &Context) -> Result<AgreementView> {
    let found = find_agreement(ctx, &args.agreement)?;
    Ok(AgreementView::new(&found.at, &found.state, &found.names))
}
