//! Mints and token accounts, made by the token programs themselves.

use solana_instruction::Instruction;
use solana_program_pack::Pack;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::extension::ExtensionType;
use spl_token_2022_interface::instruction::{self as token, AuthorityType};
use spl_token_2022_interface::state::{Account, Mint, Multisig};
use wayfare_client::token::create_token_account;

use crate::chain::Chain;
use crate::keys::person;

/// Decimals of every mint.
pub const DECIMALS: u8 = 6;

/// One of the two token programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum TokenProgram {
    Spl,
    Token2022,
}

impl TokenProgram {
    pub const ALL: [Self; 2] = [Self::Spl, Self::Token2022];

    pub fn id(self) -> Pubkey {
        match self {
            // `ID` of `spl-token-interface`.
            Self::Spl => Pubkey::from_str_const("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
            Self::Token2022 => spl_token_2022_interface::ID,
        }
    }

    /// The one that it is not.
    pub fn other(self) -> Self {
        match self {
            Self::Spl => Self::Token2022,
            Self::Token2022 => Self::Spl,
        }
    }
}

/// Who can make more of every mint.
pub fn mint_authority() -> Pubkey {
    person("mint authority")
}

/// Who can freeze accounts of every mint.
pub fn freeze_authority() -> Pubkey {
    person("freeze authority")
}

impl Chain {
    /// A mint without extensions.
    pub fn create_mint(&mut self, program: TokenProgram, name: &str) -> Pubkey {
        self.create_mint_with(program, name, &[], &[])
    }

    /// A mint with extensions, and the instructions that initialise them. They come before the mint's own.
    pub fn create_mint_with(
        &mut self,
        program: TokenProgram,
        name: &str,
        extensions: &[ExtensionType],
        initialise: &[Instruction],
    ) -> Pubkey {
        let mint = person(name);
        let space = match program {
            TokenProgram::Spl => Mint::LEN,
            TokenProgram::Token2022 => {
                ExtensionType::try_calculate_account_len::<Mint>(extensions).expect("sized")
            }
        };
        let mut instructions = vec![self.allocate(&mint, space, &program.id())];
        instructions.extend_from_slice(initialise);
        instructions.push(
            token::initialize_mint2(
                &program.id(),
                &mint,
                &mint_authority(),
                Some(&freeze_authority()),
                DECIMALS,
            )
            .expect("a token program"),
        );
        self.accept(instructions);
        mint
    }

    /// A token account at an address of its own.
    pub fn create_token_account(
        &mut self,
        program: TokenProgram,
        name: &str,
        mint: &Pubkey,
        owner: &Pubkey,
    ) -> Pubkey {
        let account = person(name);
        self.accept([
            self.allocate(&account, Account::LEN, &program.id()),
            token::initialize_account3(&program.id(), &account, mint, owner)
                .expect("a token program"),
        ]);
        account
    }

    /// A wallet's associated token account.
    pub fn create_associated(
        &mut self,
        program: TokenProgram,
        mint: &Pubkey,
        wallet: &Pubkey,
    ) -> Pubkey {
        self.accept(create_token_account(
            &Self::fee_payer(),
            wallet,
            mint,
            &program.id(),
        ));
        wayfare_client::token::token_account(wallet, mint, &program.id())
    }

    /// A multisig of one signer.
    pub fn create_multisig(
        &mut self,
        program: TokenProgram,
        name: &str,
        signer: &Pubkey,
    ) -> Pubkey {
        let multisig = person(name);
        self.accept([
            self.allocate(&multisig, Multisig::LEN, &program.id()),
            token::initialize_multisig2(&program.id(), &multisig, &[signer], 1)
                .expect("a token program"),
        ]);
        multisig
    }

    /// Makes tokens out of nothing.
    pub fn mint_to(&mut self, program: TokenProgram, mint: &Pubkey, account: &Pubkey, amount: u64) {
        self.accept(
            token::mint_to(&program.id(), mint, account, &mint_authority(), &[], amount)
                .expect("a token program"),
        );
    }

    pub fn freeze(&mut self, program: TokenProgram, mint: &Pubkey, account: &Pubkey) {
        self.accept(
            token::freeze_account(&program.id(), account, mint, &freeze_authority(), &[])
                .expect("a token program"),
        );
    }

    pub fn thaw(&mut self, program: TokenProgram, mint: &Pubkey, account: &Pubkey) {
        self.accept(
            token::thaw_account(&program.id(), account, mint, &freeze_authority(), &[])
                .expect("a token program"),
        );
    }

    /// Base units in a token account.
    pub fn tokens(&self, account: &Pubkey) -> u64 {
        let account = self
            .account(account)
            .unwrap_or_else(|| panic!("no account at {account}"));
        wayfare_core::mint::token_account(&account.data)
            .expect("a token account")
            .amount
    }

    /// An account of so many zero bytes for a program, to be initialised in the same transaction.
    pub fn allocate(&self, account: &Pubkey, space: usize, program: &Pubkey) -> Instruction {
        solana_system_interface::instruction::create_account(
            &Self::fee_payer(),
            account,
            self.rent(space),
            space as u64,
            program,
        )
    }
}

/// Hands an account of a token program over.
pub fn set_authority(
    program: TokenProgram,
    account: &Pubkey,
    of: AuthorityType,
    from: &Pubkey,
    to: Option<&Pubkey>,
) -> Instruction {
    token::set_authority(&program.id(), account, to, of, from, &[]).expect("a token program")
}
