use esim_market::errors::EsimMarketError::{self, MintRefused};
use esim_market::state::MarketVault;
use solana_instruction::error::InstructionError;
use spl_token_2022_interface::error::TokenError;
use spl_token_2022_interface::extension::ExtensionType;
use spl_token_2022_interface::instruction::{self as token_instruction, AuthorityType};
use wayfare_tests::chain::Chain;
use wayfare_tests::esim::market::{MarketFixture, OrderFixture, PAID};
use wayfare_tests::esim::world::{Stage, World, buyer, raise};
use wayfare_tests::honest::stranger;
use wayfare_tests::refusal::Refusal;
use wayfare_tests::token::{TokenProgram, set_authority};

use crate::rewards::tokens::initialise;

fn with_extension(extension: ExtensionType) -> World {
    let mut chain = Chain::new();
    let (extensions, instructions) = initialise(extension);
    let program = TokenProgram::Token2022;
    let mint = chain.create_mint_with(program, "mint", &extensions, &instructions);
    let market = MarketFixture::new("travel", mint, program);
    let order = OrderFixture::new(&market.plan, buyer(), 0);
    chain.give_lamports(&market.operator, 100_000_000_000);
    World {
        chain,
        market,
        order,
    }
}

#[test]
fn tokens_1_mints_that_are_refused() {
    use ExtensionType::*;
    for extension in [
        TransferFeeConfig,
        MintCloseAuthority,
        ConfidentialTransferMint,
        DefaultAccountState,
        NonTransferable,
        InterestBearingConfig,
        PermanentDelegate,
        TransferHook,
        ConfidentialTransferFeeConfig,
        ConfidentialMintBurn,
        ScaledUiAmount,
        Pausable,
        PermissionedBurn,
    ] {
        let World {
            mut chain, market, ..
        } = with_extension(extension);
        chain.accept(market.create());
        let refused = chain.attempt(market.accept_mint()).unwrap_err();
        let due: [Refusal; 2] = [
            MintRefused.into(),
            // The newest one Anchor does not know yet.
            InstructionError::InvalidAccountData.into(),
        ];
        assert!(
            due[0].is(&refused.error, 0)
                || extension == PermissionedBurn && due[1].is(&refused.error, 0),
            "{extension:?}: {refused:?}"
        );
    }
}

/// Extensions that only describe: the whole life of an order works with them.
#[test]
fn tokens_1_mints_that_are_allowed() {
    use ExtensionType::*;
    for extension in [MetadataPointer, GroupPointer, GroupMemberPointer] {
        let World {
            mut chain,
            market,
            order,
        } = with_extension(extension);
        raise(&mut chain, &market, &order, Stage::Resolved);
    }
}

/// Nobody who signs can move, burn or take over what a vault holds.
#[test]
fn tokens_2_a_vault_with_a_delegate_or_close_authority() {
    for program in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Paid, program);
        let id = program.id();
        for signer in [
            market.authority,
            market.guardian,
            market.arbiter,
            market.seller.authority,
            order.buyer,
            stranger(),
        ] {
            for attack in [
                token_instruction::approve(&id, &market.tokens, &signer, &signer, &[], u64::MAX)
                    .unwrap(),
                set_authority(
                    program,
                    &market.tokens,
                    AuthorityType::CloseAccount,
                    &signer,
                    Some(&signer),
                ),
                token_instruction::transfer_checked(
                    &id,
                    &market.tokens,
                    &market.mint,
                    &market.tokens_of(&order.buyer),
                    &signer,
                    &[],
                    1,
                    6,
                )
                .unwrap(),
                token_instruction::burn(&id, &market.tokens, &market.mint, &signer, &[], 1)
                    .unwrap(),
            ] {
                chain.refuse(attack, TokenError::OwnerMismatch);
            }
        }
        chain.accept(market.refund(&order));
    }
}

/// A vault that lost tokens to what no program does pays nobody, rather than one at the cost of the others.
#[test]
fn tokens_2_a_vault_that_lost_tokens() {
    let mut world = World::at(Stage::Delivered, TokenProgram::Spl);
    let second = world.buy(1);
    let World {
        mut chain,
        market,
        order,
    } = world;
    let whole = chain.account(&market.tokens).unwrap();
    chain.edit(&market.tokens, |account| {
        account.data[64..72].copy_from_slice(&(2 * PAID - 1).to_le_bytes());
    });
    for call in [market.confirm(&order), market.refund(&second)] {
        let refused = chain.attempt_without_books(call).unwrap_err();
        assert!(
            Refusal::from(EsimMarketError::InvariantBroken).is(&refused.error, 0),
            "{refused:?}"
        );
    }
    chain.put(&market.tokens, whole);
    chain.accept([market.confirm(&order), market.refund(&second)]);
}

/// A frozen vault keeps everything as it is until it thaws: no order ends without its money.
#[test]
fn tokens_3_the_vault_frozen() {
    for program in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Contested, program);
        chain.freeze(program, &market.mint, &market.tokens);
        for call in [
            market.resolve(&order, 5_000),
            market.refund(&order),
            market.confirm(&order),
        ] {
            chain.refuse(call, TokenError::AccountFrozen);
        }
        chain.thaw(program, &market.mint, &market.tokens);
        chain.accept(market.resolve(&order, 5_000));
    }
}

/// Tokens that somebody gave the vault pay no order, and hold none up.
#[test]
fn tokens_4_donations() {
    for program in TokenProgram::ALL {
        let World {
            mut chain,
            market,
            order,
        } = World::at(Stage::Delivered, program);
        chain.mint_to(program, &market.mint, &market.tokens, 12_345);
        assert_eq!(chain.read::<MarketVault>(&market.vault).held, PAID);
        chain.accept(market.confirm(&order));
        assert_eq!(chain.tokens(&market.tokens), 12_345);
        assert_eq!(chain.read::<MarketVault>(&market.vault).held, 0);
    }
}
