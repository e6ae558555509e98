use anyhow::{Context as _, Result, bail};
use roaming_escrow::instructions::CreateHubArgs;
use roaming_escrow::state::{Hub, HubTerms};
use wayfare_client::error::InputError;
use wayfare_client::roaming::error::refused;
use wayfare_client::roaming::instruction;
use wayfare_program::stored::Stored as _;

use crate::cli::roaming::HubCreateArgs;
use crate::context::Context;
use crate::draft::Receipt;
use crate::views::roaming::HubTermsView;

impl HubCreateArgs {
    pub fn run(&self, ctx: &Context) -> Result<Receipt> {
        let mut draft = self.by.draft(ctx)?;
        let name = &self.hub.name;
        let address = self.hub.address()?;
        let terms = HubTerms {
            arbiter: self.arbiter,
            treasury: self.treasury,
            fee_bps: self.fee_bps,
        };
        terms
            .validate()
            .map_err(refused)
            .context("the hub's terms are refused")?;
        if !draft.is_offline() && ctx.cluster()?.find_state::<Hub>(&address)?.is_some() {
            bail!(
                "there is a hub {name} already: change it with `wayfare roaming hub update`, or choose another name"
            );
        }
        let mut details = vec![
            ("address", address.into()),
            ("authority", draft.signer.into()),
            ("guardian", self.guardian.into()),
        ];
        details.extend(HubTermsView::from(&terms.to_stored()).fields());
        draft.describe(format!("create the hub {name}"), details);
        let args = CreateHubArgs {
            name: name.clone(),
            terms,
            guardian: self.guardian,
        };
        let create = instruction::create_hub(draft.payer, draft.signer, args)
            .ok_or_else(|| InputError::HubName(name.clone()))?;
        draft.add(create);
        draft.finish(Some(&self.by.confirm))
    }
}
