use node_rewards::errors::NodeRewardsError::*;
use node_rewards::events::Funded;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use spl_token_2022_interface::error::TokenError;
use spl_token_2022_interface::extension::{
    ExtensionType, confidential_mint_burn, confidential_transfer, confidential_transfer_fee,
    cpi_guard, default_account_state, group_member_pointer, group_pointer, interest_bearing_mint,
    memo_transfer, metadata_pointer, pausable, permissioned_burn, scaled_ui_amount, transfer_fee,
    transfer_hook,
};
use spl_token_2022_interface::instruction::{self as token, AuthorityType};
use spl_token_2022_interface::state::AccountState;
use wayfare_tests::chain::Chain;
use wayfare_tests::honest::stranger;
use wayfare_tests::keys::person;
use wayfare_tests::rewards::event::Event;
use wayfare_tests::rewards::network::{CHALLENGE_PERIOD, EPOCH_LENGTH, LIFETIMES, NetworkFixture};
use wayfare_tests::rewards::world::{FUNDED, OPERATOR_TOKENS, Stage, World, raise};
use wayfare_tests::token::{TokenProgram, mint_authority, set_authority};

/// The instructions that initialise an extension on a mint which is called `mint`, and the extensions without which it
/// cannot be.
pub fn initialise(extension: ExtensionType) -> (Vec<ExtensionType>, Vec<Instruction>) {
    let id = spl_token_2022_interface::ID;
    let (mint, someone) = (&person("mint"), person("extension authority"));
    let fee = || {
        transfer_fee::instruction::initialize_transfer_fee_config(
            &id,
            mint,
            Some(&someone),
            Some(&someone),
            0,
            0,
        )
    };
    let confidential = || {
        confidential_transfer::instruction::initialize_mint(&id, mint, Some(someone), true, None)
    };
    let (extensions, instructions) = match extension {
        ExtensionType::TransferFeeConfig => (vec![], vec![fee()]),
        ExtensionType::MintCloseAuthority => (
            vec![],
            vec![token::initialize_mint_close_authority(
                &id,
                mint,
                Some(&someone),
            )],
        ),
        ExtensionType::ConfidentialTransferMint => (vec![], vec![confidential()]),
        ExtensionType::DefaultAccountState => (
            vec![],
            vec![
                default_account_state::instruction::initialize_default_account_state(
                    &id,
                    mint,
                    &AccountState::Initialized,
                ),
            ],
        ),
        ExtensionType::NonTransferable => (
            vec![],
            vec![token::initialize_non_transferable_mint(&id, mint)],
        ),
        ExtensionType::InterestBearingConfig => (
            vec![],
            vec![interest_bearing_mint::instruction::initialize(
                &id,
                mint,
                Some(someone),
                0,
            )],
        ),
        ExtensionType::PermanentDelegate => (
            vec![],
            vec![token::initialize_permanent_delegate(&id, mint, &someone)],
        ),
        ExtensionType::TransferHook => (
            vec![],
            vec![transfer_hook::instruction::initialize(
                &id,
                mint,
                Some(someone),
                None,
            )],
        ),
        ExtensionType::ConfidentialTransferFeeConfig => (
            vec![
                ExtensionType::TransferFeeConfig,
                ExtensionType::ConfidentialTransferMint,
            ],
            vec![
                fee(),
                confidential(),
                confidential_transfer_fee::instruction::initialize_confidential_transfer_fee_config(
                    &id,
                    mint,
                    Some(someone),
                    &bytemuck::Zeroable::zeroed(),
                ),
            ],
        ),
        ExtensionType::ConfidentialMintBurn => (
            vec![ExtensionType::ConfidentialTransferMint],
            vec![
                confidential(),
                confidential_mint_burn::instruction::initialize_mint(
                    &id,
                    mint,
                    &bytemuck::Zeroable::zeroed(),
                    &bytemuck::Zeroable::zeroed(),
                ),
            ],
        ),
        ExtensionType::ScaledUiAmount => (
            vec![],
            vec![scaled_ui_amount::instruction::initialize(
                &id,
                mint,
                Some(someone),
                1.0,
            )],
        ),
        ExtensionType::Pausable => (
            vec![],
            vec![pausable::instruction::initialize(&id, mint, &someone)],
        ),
        ExtensionType::PermissionedBurn => (
            vec![],
            vec![permissioned_burn::instruction::initialize(
                &id, mint, &someone,
            )],
        ),
        ExtensionType::MetadataPointer => (
            vec![],
            vec![metadata_pointer::instruction::initialize(
                &id,
                mint,
                Some(someone),
                Some(*mint),
            )],
        ),
        ExtensionType::GroupPointer => (
            vec![],
            vec![group_pointer::instruction::initialize(
                &id,
                mint,
                Some(someone),
                Some(*mint),
            )],
        ),
        ExtensionType::GroupMemberPointer => (
            vec![],
            vec![group_member_pointer::instruction::initialize(
                &id,
                mint,
                Some(someone),
                Some(*mint),
            )],
        ),
        other => panic!("{other:?} is no extension of a mint that an instruction initialises"),
    };
    let instructions = instructions
        .into_iter()
        .map(|made| made.expect("Token-2022's id"));
    (
        extensions.into_iter().chain([extension]).collect(),
        instructions.collect(),
    )
}

/// A network that is to be created with a mint that has an extension.
fn with_extension(extension: ExtensionType) -> World {
    let mut chain = Chain::new();
    let (extensions, instructions) = initialise(extension);
    let program = TokenProgram::Token2022;
    let mint = chain.create_mint_with(program, "mint", &extensions, &instructions);
    let net = NetworkFixture::new("metro", mint, program);
    chain.give_lamports(&net.operator, 100_000_000_000);
    World { chain, net }
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
        let World { mut chain, net } = with_extension(extension);
        chain.refuse(net.create(), MintRefused);
    }
}

/// What a later version of Token-2022 may bring, and what it puts on accounts but on no mint.
#[test]
fn tokens_1_an_extension_that_nobody_knows() {
    use ExtensionType::*;
    // Behind the account type stands the kind of the first extension.
    const KIND: std::ops::Range<usize> = 166..168;
    let World { mut chain, net } = with_extension(MetadataPointer);
    let of_accounts = [ImmutableOwner, MemoTransfer, CpiGuard].map(u16::from);
    for kind in [29, 1_000, u16::MAX].into_iter().chain(of_accounts) {
        let mut chain = chain.clone();
        chain.edit(&net.mint, |mint| {
            mint.data[KIND].copy_from_slice(&kind.to_le_bytes());
        });
        chain.refuse(net.create(), MintRefused);
    }
    chain.accept(net.create());
}

/// Extensions that only describe. The whole life of a network works with them, and with all of them together.
#[test]
fn tokens_1_mints_that_are_allowed() {
    use ExtensionType::*;
    let allowed = [MetadataPointer, GroupPointer, GroupMemberPointer];
    for extension in allowed {
        let World { mut chain, net } = with_extension(extension);
        raise(&mut chain, &net, Stage::Claimed);
    }

    let mut chain = Chain::new();
    let instructions: Vec<_> = allowed
        .into_iter()
        .flat_map(|extension| initialise(extension).1)
        .collect();
    let program = TokenProgram::Token2022;
    let mint = chain.create_mint_with(program, "mint", &allowed, &instructions);
    let id = program.id();
    // Metadata and group lie in the mint itself, behind the pointers.
    chain.give_lamports(&mint, 100_000_000);
    chain.accept([
        spl_token_metadata_interface::instruction::initialize(
            &id,
            &mint,
            &mint_authority(),
            &mint,
            &mint_authority(),
            "Wayfare".to_owned(),
            "WAY".to_owned(),
            "https://example.com/wayfare.json".to_owned(),
        ),
        spl_token_group_interface::instruction::initialize_group(
            &id,
            &mint,
            &mint,
            &mint_authority(),
            None,
            10,
        ),
    ]);
    let net = NetworkFixture::new("metro", mint, program);
    raise(&mut chain, &net, Stage::Claimed);
}

/// No extension can be added to a mint that a network has accepted, and no authority can be gained over it.
#[test]
fn tokens_1_a_mint_that_changes_afterwards() {
    let World { mut chain, net } = World::at(Stage::Active, TokenProgram::Token2022);
    for extension in [
        ExtensionType::TransferFeeConfig,
        ExtensionType::PermanentDelegate,
    ] {
        let (_, instructions) = initialise(extension);
        assert!(chain.attempt(instructions).is_err());
    }
    chain.accept(net.claim(0));
}

/// Without a freeze authority and with a fixed supply, the mint is as good.
#[test]
fn tokens_1_a_mint_without_authorities() {
    for program in TokenProgram::ALL {
        let mut world = World::at(Stage::Minted, program);
        let (mint, freezer) = (world.net.mint, wayfare_tests::token::freeze_authority());
        world.chain.accept([
            set_authority(
                program,
                &mint,
                AuthorityType::MintTokens,
                &mint_authority(),
                None,
            ),
            set_authority(program, &mint, AuthorityType::FreezeAccount, &freezer, None),
        ]);
        world.chain.accept([world.net.create(), world.net.fund(5)]);
    }
}

/// Nobody who signs can put a delegate or a close authority on the vault, or take it over: only the network's own
/// address could, and the program signs for it to transfer and to do nothing else.
#[test]
fn tokens_2_a_vault_with_a_delegate_or_close_authority() {
    for program in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, program);
        let id = program.id();
        for signer in [
            net.authority,
            net.guardian,
            net.operator,
            net.publishers[0],
            stranger(),
        ] {
            for attack in [
                token::approve(&id, &net.vault, &signer, &signer, &[], u64::MAX).unwrap(),
                set_authority(
                    program,
                    &net.vault,
                    AuthorityType::CloseAccount,
                    &signer,
                    Some(&signer),
                ),
                token::transfer_checked(
                    &id,
                    &net.vault,
                    &net.mint,
                    &net.tokens_of(&net.operator),
                    &signer,
                    &[],
                    1,
                    6,
                )
                .unwrap(),
                token::burn(&id, &net.vault, &net.mint, &signer, &[], 1).unwrap(),
            ] {
                chain.refuse(attack, TokenError::OwnerMismatch);
            }
            let take = set_authority(
                program,
                &net.vault,
                AuthorityType::AccountOwner,
                &signer,
                Some(&signer),
            );
            assert!(chain.attempt(take).is_err());
        }
        assert_eq!(chain.tokens(&net.vault), FUNDED);
        chain.accept(net.claim(0));
    }
}

/// A delegate of the funder may fund, with no more than it was lent, and takes nothing from the vault.
#[test]
fn tokens_2_a_source_with_a_delegate() {
    for program in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, program);
        let source = net.tokens_of(&net.operator);
        let lend =
            token::approve(&program.id(), &source, &stranger(), &net.operator, &[], 10).unwrap();
        chain.accept(lend);
        let fund = |amount| {
            wayfare_tests::rewards::instruction::fund(&net.accounts(), stranger(), source, amount)
        };
        chain.refuse(fund(11), TokenError::InsufficientFunds);
        chain.accept(fund(10));
        chain.refuse(fund(1), TokenError::OwnerMismatch);
    }
}

/// A mint's freeze authority can stop the vault. Nothing is lost: the claims work when it is thawed.
#[test]
fn tokens_3_a_frozen_vault() {
    for program in TokenProgram::ALL {
        let mut world = World::at(Stage::Active, program);
        let net = world.net.clone();
        world.chain.freeze(program, &net.mint, &net.vault);
        world.chain.refuse(net.claim(0), TokenError::AccountFrozen);
        world.chain.refuse(net.fund(1), TokenError::AccountFrozen);
        world.chain.thaw(program, &net.mint, &net.vault);
        world.chain.accept([net.claim(0), net.fund(1)]);
        assert_eq!(world.paid(0), LIFETIMES[0]);
    }
}

/// Tokens that left the vault past the program, which no token program lets happen: the books say so, and nothing is
/// paid out of what others are owed.
#[test]
fn tokens_2_a_vault_that_lost_tokens() {
    for program in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, program);
        let owed = net.ledger.total();
        // The amount of a token account stands at byte 64.
        let set = |chain: &mut Chain, amount: u64| {
            chain.edit(&net.vault, |account| {
                account.data[64..72].copy_from_slice(&amount.to_le_bytes());
            });
        };
        set(&mut chain, owed - 1);
        chain.refuse(net.claim(0), InvariantBroken);
        set(&mut chain, owed - 2);
        chain.refuse(net.fund(1), InvariantBroken);
        set(&mut chain, LIFETIMES[0] - 1);
        chain.refuse(net.claim(0), Underfunded);
        set(&mut chain, owed);
        chain.accept(net.claim(0));
    }
}

/// Gifts to the vault are a surplus. They count for nobody, stand in nobody's way, and can back later epochs.
#[test]
fn tokens_4_tokens_donated_to_a_vault() {
    for program in TokenProgram::ALL {
        let mut world = World::at(Stage::Created, program);
        let net = world.net.clone();
        let give = |amount| {
            token::transfer_checked(
                &program.id(),
                &net.tokens_of(&net.operator),
                &net.mint,
                &net.vault,
                &net.operator,
                &[],
                amount,
                6,
            )
            .unwrap()
        };
        world.chain.accept([give(600_000), net.create_page(0)]);
        assert_eq!(world.state().funded_total, 0);
        let event = world.chain.accept(net.fund(400_000)).event();
        assert_eq!(
            event,
            Event::Funded(Funded {
                network: net.address,
                sequence: world.state().scope.sequence,
                funder: net.operator,
                amount: 400_000,
                funded_total: 400_000,
                vault_balance: 1_000_000,
            })
        );
        world.chain.pass(EPOCH_LENGTH);
        world.chain.accept([net.propose(), net.approve(1)]);
        world.chain.pass(CHALLENGE_PERIOD);
        world.chain.accept(net.activate());
        // Before, between and in the same transaction as claims.
        world.chain.accept([give(1), net.claim(0), give(2)]);
        world.chain.accept(net.claim(1));
        assert_eq!(world.vault(), 1_000_003 - LIFETIMES[0] - LIFETIMES[1]);
        let operator = world.chain.tokens(&net.tokens_of(&net.operator));
        assert_eq!(operator, OPERATOR_TOKENS - 1_000_003);
    }
}

/// The tokens of another mint cannot even be sent to the vault.
#[test]
fn tokens_4_tokens_of_another_mint() {
    for program in TokenProgram::ALL {
        let World { mut chain, net } = World::at(Stage::Active, program);
        let other: Pubkey = chain.create_mint(program, "another mint");
        let source = chain.create_associated(program, &other, &net.operator);
        chain.mint_to(program, &other, &source, 10);
        let give = |mint: &Pubkey| {
            token::transfer_checked(
                &program.id(),
                &source,
                mint,
                &net.vault,
                &net.operator,
                &[],
                1,
                6,
            )
            .unwrap()
        };
        for mint in [other, net.mint] {
            chain.refuse(give(&mint), TokenError::MintMismatch);
        }
    }
}

/// An owner that asks for a memo with each transfer cannot be paid until it stops asking. Nobody else is held up.
#[test]
fn tokens_5_an_account_that_requires_memos() {
    let mut world = World::at(Stage::Active, TokenProgram::Token2022);
    let (net, id) = (world.net.clone(), TokenProgram::Token2022.id());
    let owner = net.owner(0);
    let account = net.tokens_of(&owner);
    let grow = |extension| {
        let payer = Chain::fee_payer();
        token::reallocate(&id, &account, &payer, &owner, &[], &[extension]).unwrap()
    };
    let ask = memo_transfer::instruction::enable_required_transfer_memos;
    let stop = memo_transfer::instruction::disable_required_transfer_memos;
    world.chain.accept([
        grow(ExtensionType::MemoTransfer),
        ask(&id, &account, &owner, &[]).unwrap(),
    ]);
    world.chain.refuse(net.claim(0), TokenError::NoMemo);
    world.chain.accept(net.claim(1));
    world
        .chain
        .accept([stop(&id, &account, &owner, &[]).unwrap(), net.claim(0)]);
    assert_eq!(world.paid(0), LIFETIMES[0]);
}

/// A guard against programs that spend with an owner's signature lets claims in, and funds not out.
#[test]
fn tokens_5_an_account_with_a_cpi_guard() {
    let mut world = World::at(Stage::Active, TokenProgram::Token2022);
    let (net, id) = (world.net.clone(), TokenProgram::Token2022.id());
    let owner = net.owner(0);
    let account = net.tokens_of(&owner);
    let payer = Chain::fee_payer();
    let extension = &[ExtensionType::CpiGuard];
    world.chain.accept([
        token::reallocate(&id, &account, &payer, &owner, &[], extension).unwrap(),
        cpi_guard::instruction::enable_cpi_guard(&id, &account, &owner, &[]).unwrap(),
    ]);
    world.chain.accept(net.claim(0));
    assert_eq!(world.paid(0), LIFETIMES[0]);
    let fund = wayfare_tests::rewards::instruction::fund(&net.accounts(), owner, account, 1);
    world
        .chain
        .refuse(fund.clone(), TokenError::CpiGuardTransferBlocked);
    let lower = cpi_guard::instruction::disable_cpi_guard(&id, &account, &owner, &[]).unwrap();
    world.chain.accept([lower, fund]);
}
