use anyhow::{Result, bail};
use roaming_escrow::state::{Agreement, Side};
use wayfare_client::roaming::address;
use wayfare_client::roaming::instruction::{self, Proposal};

use crate::cli::roaming::ProposeArgs;
use crate::commands::roaming::{find_hub, find_operator, tadig};
use crate::context::Context;
use crate::draft::Receipt;
use crate::error::Usage;
use crate::mint;
use crate::output::Shown;
use crate::views::esim::percent;
use crate::views::roaming::AgreementTermsView;

impl ProposeArgs {
    /// Nothing is in force before the other side accepts.
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let hub = self.hub.address()?;
        let (own, partner) = (tadig(ctx, &self.operator), tadig(ctx, &self.with));
        if own == partner {
            bail!("{own} cannot make an agreement with itself");
        }
        let (one, other) = (
            address::operator(&hub, own),
            address::operator(&hub, partner),
        );
        let mut proposal = Proposal {
            payer: draft.payer,
            authority: draft.signer,
            hub,
            one,
            other,
            mint: self.mint,
            token_program: Default::default(),
        };
        let at = proposal.agreement();
        let sides = [(own, one), (partner, other)];
        let terms = self.terms.over(ctx, None, |tadig| {
            match sides.iter().find(|(code, _)| *code == tadig) {
                Some((_, operator)) => Ok(proposal.side_of(operator)),
                None => bail!(Usage(format!(
                    "--tariff: {tadig} is none of the two operators, {own} and {partner}"
                ))),
            }
        })?;
        let mut details = vec![
            ("agreement", at.into()),
            ("with", partner.to_string().into()),
            ("mint", self.mint.into()),
        ];
        if draft.is_offline() {
            let program = self.token_program.ok_or_else(|| {
                Usage("--sign-only asks the network for nothing: give --token-program too".into())
            })?;
            proposal.token_program = program.id();
        } else {
            let (_, state) = find_hub(ctx, &self.hub.hub)?;
            let (_, operator) = find_operator(ctx, &hub, own)?;
            find_operator(ctx, &hub, partner)?;
            if operator.authority != draft.signer {
                bail!(
                    "{} is not the authority of {own}: that is {}",
                    draft.signer,
                    operator.authority
                );
            }
            let cluster = ctx.cluster()?;
            if cluster.find_state::<Agreement>(&at)?.is_some() {
                bail!(
                    "{own} and {partner} have an agreement for this mint already: offer other terms with \
                     `wayfare roaming agree offer --agreement {at}`"
                );
            }
            let mint = mint::read(cluster, &self.mint)?;
            if mint.freeze_authority {
                ctx.note(
                    "note: somebody can freeze this mint's token accounts, the vault among them",
                );
            }
            proposal.token_program = mint.token_program;
            details.push((
                "hub's fee",
                Shown::new(percent(state.terms.fee_bps), state.terms.fee_bps),
            ));
        }
        let (first, second) = match proposal.side_of(&one) {
            Side::First => (own, partner),
            Side::Second => (partner, own),
        };
        details.extend([
            ("first", first.to_string().into()),
            ("second", second.to_string().into()),
        ]);
        if let Some(terms) = AgreementTermsView::new(&terms) {
            details.extend(terms.fields());
        }
        draft.describe(
            format!("propose an agreement of {own} with {partner}"),
            details,
        );
        draft.add(instruction::propose_agreement(&proposal, terms));
        draft.finish(Some(&self.by.confirm))
    }
}
