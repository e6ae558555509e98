//! A network, a market or a hub as those see it who govern it: the same for every program, built from its IDL and read
//! from its bytes.

use anchor_lang::AnchorSerialize;
use anchor_lang::event::EVENT_IX_TAG_LE;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use wayfare_program::scope::Scope;

use crate::chain::Chain;
use crate::idl::Idl;
use crate::snapshot::changed;

/// What is governed, and by whom.
#[derive(Clone)]
pub struct Governed {
    pub chain: Chain,
    pub idl: &'static Idl,
    /// What instructions and events call it.
    pub scope: &'static str,
    pub address: Pubkey,
    pub authority: Pubkey,
    pub guardian: Pubkey,
    /// Everybody else who has a role in it.
    pub others: Vec<Pubkey>,
    /// Something that a pause stops, and that otherwise can be done once.
    pub entry: Instruction,
}

impl Governed {
    /// Its governance, as the account holds it.
    pub fn state(&self) -> Scope {
        let account = self.chain.account(&self.address).expect("the account");
        bytemuck::pod_read_unaligned(&account.data[8..8 + size_of::<Scope>()])
    }

    pub fn nominate(&self, authority: Pubkey, nominee: Option<Pubkey>) -> Instruction {
        self.call("nominate_authority", "authority", authority, &nominee)
    }

    pub fn accept(&self, nominee: Pubkey) -> Instruction {
        self.call("accept_authority", "nominee", nominee, &())
    }

    pub fn set_guardian(&self, authority: Pubkey, guardian: Pubkey) -> Instruction {
        self.call("set_guardian", "authority", authority, &guardian)
    }

    pub fn pause(&self, guardian: Pubkey, until: i64) -> Instruction {
        self.call("pause", "guardian", guardian, &until)
    }

    pub fn unpause(&self, authority: Pubkey) -> Instruction {
        self.call("unpause", "authority", authority, &())
    }

    fn call(
        &self,
        name: &str,
        signs_as: &str,
        signer: Pubkey,
        args: &impl AnchorSerialize,
    ) -> Instruction {
        let accounts = [(self.scope, self.address), (signs_as, signer)];
        self.idl.call(self.idl.data(name, args), &accounts)
    }

    /// Sends an instruction that must change the scope as `change` does, take the next number and nothing else, and tell
    /// exactly this event, whose fields follow the scope and the number.
    #[track_caller]
    pub fn changes(
        &mut self,
        call: Instruction,
        change: impl FnOnce(&mut Scope),
        event: &str,
        fields: &impl AnchorSerialize,
    ) {
        let before = self.chain.snapshot();
        let mut scope = self.state();
        let told = self.chain.accept(call).told;
        change(&mut scope);
        scope.sequence += 1;
        assert_eq!(self.state(), scope);
        assert_eq!(told, [(self.idl.id(), self.told(event, fields))]);

        let after = self.chain.snapshot();
        let mut changed = changed(&before, &after);
        assert!(changed.remove(&Chain::fee_payer()));
        assert_eq!(changed.into_iter().collect::<Vec<_>>(), [self.address]);
        let rest = |snapshot: &crate::snapshot::Snapshot| {
            let account: solana_account::Account = snapshot[&self.address].clone().into();
            account.data[8 + size_of::<Scope>()..].to_vec()
        };
        assert_eq!(
            rest(&before),
            rest(&after),
            "bytes behind the scope changed"
        );
    }

    /// An event's bytes, with the number that the scope has now.
    fn told(&self, event: &str, fields: &impl AnchorSerialize) -> Vec<u8> {
        let events = &self.idl.events;
        let event = events.iter().find(|named| named.name == event);
        let mut data = EVENT_IX_TAG_LE.to_vec();
        data.extend(&event.expect("an event of the IDL").discriminator);
        (self.address, self.state().sequence)
            .serialize(&mut data)
            .and_then(|()| fields.serialize(&mut data))
            .expect("a vector takes it all");
        data
    }
}
