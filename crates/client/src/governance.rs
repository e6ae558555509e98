//! The instructions by which a network, a market or a hub is governed. Every program has the same ones, with the same
//! accounts: what differs is the program.

use anchor_lang::{AnchorSerialize, Discriminator};
use node_rewards::instruction as data;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::event::event_authority;

/// A network, a market or a hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Governed {
    pub program: Pubkey,
    pub address: Pubkey,
}

impl Governed {
    /// Nominates the next authority; `None` withdraws the nomination. `authority` signs.
    pub fn nominate_authority(&self, authority: Pubkey, nominee: Option<Pubkey>) -> Instruction {
        self.instruction(
            authority,
            data::NominateAuthority::DISCRIMINATOR,
            Some(nominee),
        )
    }

    /// Takes the authority over. `nominee` signs.
    pub fn accept_authority(&self, nominee: Pubkey) -> Instruction {
        self.instruction(nominee, data::AcceptAuthority::DISCRIMINATOR, None::<()>)
    }

    /// Replaces the guardian. `authority` signs.
    pub fn set_guardian(&self, authority: Pubkey, guardian: Pubkey) -> Instruction {
        self.instruction(authority, data::SetGuardian::DISCRIMINATOR, Some(guardian))
    }

    /// Refuses entries until a time in Unix seconds. `guardian` signs.
    pub fn pause(&self, guardian: Pubkey, until: i64) -> Instruction {
        self.instruction(guardian, data::Pause::DISCRIMINATOR, Some(until))
    }

    /// Ends a pause before its time. `authority` signs.
    pub fn unpause(&self, authority: Pubkey) -> Instruction {
        self.instruction(authority, data::Unpause::DISCRIMINATOR, None::<()>)
    }

    /// A discriminator follows from an instruction's name, so it is the same in every program.
    fn instruction<T: AnchorSerialize>(
        &self,
        signer: Pubkey,
        discriminator: &[u8],
        argument: Option<T>,
    ) -> Instruction {
        let mut data = discriminator.to_vec();
        if let Some(argument) = argument {
            // Writing to a vector cannot fail, and neither can the arguments above.
            let _ = argument.serialize(&mut data);
        }
        Instruction {
            program_id: self.program,
            accounts: vec![
                AccountMeta::new(self.address, false),
                AccountMeta::new_readonly(signer, true),
                AccountMeta::new_readonly(event_authority(&self.program), false),
                AccountMeta::new_readonly(self.program, false),
            ],
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use anchor_lang::{InstructionData, ToAccountMetas};
    use node_rewards::accounts;

    use super::*;

    /// As Anchor writes it, from the accounts and arguments that the program declares.
    fn anchor(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
        Instruction {
            program_id: node_rewards::ID,
            accounts: accounts.to_account_metas(None),
            data: data.data(),
        }
    }

    #[test]
    fn instructions_are_as_anchor_writes_them() {
        let (network, signer, other) = (
            Pubkey::new_from_array([1; 32]),
            Pubkey::new_from_array([2; 32]),
            Pubkey::new_from_array([3; 32]),
        );
        let governed = Governed {
            program: node_rewards::ID,
            address: network,
        };
        let govern = accounts::Govern {
            network,
            authority: signer,
            event_authority: event_authority(&node_rewards::ID),
            program: node_rewards::ID,
        };
        for nominee in [None, Some(other)] {
            assert_eq!(
                governed.nominate_authority(signer, nominee),
                anchor(govern, data::NominateAuthority { nominee })
            );
        }
        assert_eq!(
            governed.set_guardian(signer, other),
            anchor(govern, data::SetGuardian { guardian: other })
        );
        assert_eq!(governed.unpause(signer), anchor(govern, data::Unpause {}));
        let accept = accounts::AcceptAuthority {
            network,
            nominee: signer,
            event_authority: event_authority(&node_rewards::ID),
            program: node_rewards::ID,
        };
        assert_eq!(
            governed.accept_authority(signer),
            anchor(accept, data::AcceptAuthority {})
        );
        let pause = accounts::Pause {
            network,
            guardian: signer,
            event_authority: event_authority(&node_rewards::ID),
            program: node_rewards::ID,
        };
        assert_eq!(
            governed.pause(signer, -7),
            anchor(pause, data::Pause { until: -7 })
        );
    }
}
