//! Instructions built from the programs' IDLs, so that no test depends on how the client builds them.

use anchor_lang::AnchorSerialize;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::idl::Idl;

/// An account by the name of its place.
pub type Named<'a> = (&'a str, Pubkey);

impl Idl {
    /// The program's address.
    pub fn id(&self) -> Pubkey {
        self.address.parse().expect("the program's address")
    }

    /// The account by which the program signs its events: what `#[event_cpi]` of Anchor derives.
    pub fn event_authority(&self) -> Pubkey {
        Pubkey::find_program_address(&[b"__event_authority"], &self.id()).0
    }

    /// The data of an instruction with these arguments, as a tuple where there are several.
    ///
    /// # Panics
    ///
    /// Where the program has no such instruction.
    #[track_caller]
    pub fn data(&self, name: &str, args: &impl AnchorSerialize) -> Vec<u8> {
        let mut instructions = self.instructions.iter();
        let instruction = instructions
            .find(|instruction| instruction.name == name)
            .unwrap_or_else(|| panic!("there is no instruction {name}"));
        let mut data = instruction.discriminator.clone();
        args.serialize(&mut data).expect("a vector takes it all");
        data
    }

    /// The instruction that these data are of.
    ///
    /// Each place takes the first account of its name; there may be more than the instruction has. Places that only one
    /// account can have need none, and an optional place without one stays empty.
    ///
    /// # Panics
    ///
    /// Where the program has no such instruction, or a place no account.
    #[track_caller]
    pub fn call(&self, data: Vec<u8>, accounts: &[Named]) -> Instruction {
        let mut instructions = self.instructions.iter();
        let instruction = instructions
            .find(|instruction| data.starts_with(&instruction.discriminator))
            .expect("an instruction of the program");
        let program = self.id();
        let metas = instruction.accounts.iter().map(|slot| {
            let own = || match (slot.name.as_str(), &slot.address) {
                (_, Some(address)) => Some(address.parse().expect("an address")),
                ("program", _) => Some(program),
                ("event_authority", _) => Some(self.event_authority()),
                _ => None,
            };
            let named = accounts.iter().find(|(name, _)| *name == slot.name);
            let account = named.map(|(_, account)| *account).or_else(own);
            match account {
                Some(pubkey) => AccountMeta {
                    pubkey,
                    is_signer: slot.signer,
                    is_writable: slot.writable,
                },
                None if slot.optional => AccountMeta::new_readonly(program, false),
                None => panic!("{} needs {}", instruction.name, slot.name),
            }
        });
        Instruction {
            program_id: program,
            accounts: metas.collect(),
            data,
        }
    }
}
