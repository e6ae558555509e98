//! Vouchers: whatever is not exactly one signature of the home operator's voucher signer over exactly this voucher, in
//! the instruction just before, moves nothing.

use roaming_escrow::errors::RoamingEscrowError::{self, *};
use roaming_escrow::instruction::RedeemVoucher;
use roaming_escrow::state::Side;
use sha2::{Digest, Sha512};
use solana_account::Account;
use solana_instruction::error::InstructionError;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;
use solana_signer::Signer;
use wayfare_tests::chain::Chain;
use wayfare_tests::keys::person;
use wayfare_tests::roaming::hub::{AgreementFixture, OperatorFixture, usage};
use wayfare_tests::roaming::voucher::{
    Header, Voucher, ed25519, sign, verification, verification_with,
};
use wayfare_tests::roaming::world::{DEPOSIT, Stage, World};
use wayfare_tests::tamper::Tamper;
use wayfare_tests::token::TokenProgram;

/// A token account without extensions.
const TOKEN_ACCOUNT_BYTES: usize = 165;

/// What the honest voucher of these tests is good for.
const AMOUNT: u64 = 5_000;

fn world() -> World {
    World::at(Stage::Funded, TokenProgram::Spl)
}

fn message(deal: &AgreementFixture) -> Vec<u8> {
    deal.voucher(Side::First, 0, AMOUNT).message()
}

/// An attack with these instructions, the last of which redeems, is refused; and then the honest voucher is redeemed.
#[track_caller]
fn refused(world: &mut World, tx: Vec<Instruction>, why: RoamingEscrowError) {
    world.chain.refuse(tx, why);
    let mut twin = world.clone();
    let honest = twin.deal.redeem(Side::First, 0, AMOUNT);
    twin.chain.accept(honest);
}

/// Each instruction index of the header not 0xFFFF, though the runtime finds true bytes where it points. The
/// verification stands first and last of two of its kind, so that every index is one of an instruction that there is.
#[test]
fn vouchers_1_each_instruction_index() {
    type Set = fn(&mut Header, u16);
    let sets: [Set; 3] = [
        |header, index| header.signature_instruction = index,
        |header, index| header.key_instruction = index,
        |header, index| header.message_instruction = index,
    ];
    let mut world = world();
    let deal = world.deal.clone();
    let signer = deal.first.voucher_signer;
    let message = message(&deal);
    let signature = sign(&signer, &message);
    for set in sets {
        for index in [0, 1] {
            let mut header = Header::standard(&message);
            set(&mut header, index);
            // The instruction that the index names has the same bytes at the same places.
            let tx = vec![
                verification(&signer, &message),
                verification_with(&header, &signer, &signature, &message),
                deal.redemption(Side::First, 0, AMOUNT),
            ];
            refused(&mut world, tx, BadVerification);
        }
    }
}

/// The right bytes in place, and the offsets elsewhere: the runtime verifies another message of another signer, which
/// stand behind what the program would read.
#[test]
fn vouchers_2_the_right_bytes_in_place_and_the_offsets_elsewhere() {
    let mut world = world();
    let deal = world.deal.clone();
    let thief = person("thief");
    let wanted = message(&deal);
    let forged = b"anything that the thief signs".to_vec();
    // Behind the standard layout's own message: key, signature and message of the thief.
    let behind = 112 + wanted.len() as u16;
    let header = Header {
        signature_offset: behind + 32,
        key_offset: behind,
        message_offset: behind + 96,
        message_size: forged.len() as u16,
        ..Header::standard(&wanted)
    };
    let mut attack = verification_with(&header, &deal.first.voucher_signer, &[0; 64], &wanted);
    attack.data.extend(thief.to_bytes());
    attack.data.extend(sign(&thief, &forged));
    attack.data.extend(&forged);
    let redemption = deal.redemption(Side::First, 0, AMOUNT);
    refused(
        &mut world,
        vec![attack, redemption.clone()],
        BadVerification,
    );

    // One offset at a time: the others are the standard ones, and what the moved one names is true.
    let signer = deal.first.voucher_signer;
    let signature = sign(&signer, &wanted);
    type Move = fn(&mut Header, u16);
    let moves: [(Move, Vec<u8>); 3] = [
        (
            |header, to| header.key_offset = to,
            signer.to_bytes().into(),
        ),
        (|header, to| header.signature_offset = to, signature.into()),
        (|header, to| header.message_offset = to, wanted.clone()),
    ];
    for (set, bytes) in moves {
        let mut header = Header::standard(&wanted);
        set(&mut header, behind);
        let mut attack = verification_with(&header, &signer, &signature, &wanted);
        attack.data.extend(bytes);
        refused(
            &mut world,
            vec![attack, redemption.clone()],
            BadVerification,
        );
    }
}

/// The key that the runtime reads is the first half of a thief's signature, in which the nonce is the thief's secret: such
/// a signature is a true one of the thief. Everything else is as it should be, the key that a voucher needs among it.
#[test]
fn vouchers_2_a_key_inside_the_signature() {
    let mut world = world();
    let deal = world.deal.clone();
    let wanted = message(&deal);
    let thief = wayfare_tests::keys::keypair(&person("thief")).expect("a person");
    let half = Sha512::digest(thief.secret_bytes());
    let mut secret: [u8; 32] = half[..32].try_into().expect("32 bytes");
    secret[0] &= 248;
    secret[31] = secret[31] & 63 | 64;
    let key = thief.pubkey();
    let challenge = Sha512::new()
        .chain_update(key)
        .chain_update(key)
        .chain_update(&wanted)
        .finalize();
    let secret = scalar::times(scalar::ONE, &secret);
    let proof = scalar::sum(secret, scalar::times(secret, &challenge));
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(key.as_ref());
    signature[32..].copy_from_slice(&scalar::bytes(proof));
    // It is true where the key stands in its place, and so a voucher signed by somebody else.
    let redemption = deal.redemption(Side::First, 0, AMOUNT);
    let header = Header::standard(&wanted);
    let own = verification_with(&header, &key, &signature, &wanted);
    refused(
        &mut world,
        vec![own, redemption.clone()],
        WrongVoucherSigner,
    );
    let header = Header {
        key_offset: header.signature_offset,
        ..header
    };
    let signer = deal.first.voucher_signer;
    let attack = verification_with(&header, &signer, &signature, &wanted);
    world.clone().chain.accept(attack.clone());
    refused(&mut world, vec![attack, redemption], BadVerification);
}

/// Numbers modulo the order of ed25519's group, in 64-bit digits, the lowest first.
mod scalar {
    pub type Scalar = [u64; 4];

    pub const ONE: Scalar = [1, 0, 0, 0];

    /// 2^252 + 27742317777372353535851937790883648493.
    const ORDER: Scalar = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 1 << 60];

    pub fn bytes(n: Scalar) -> [u8; 32] {
        let bytes = n.map(u64::to_le_bytes).concat();
        bytes.try_into().expect("32 bytes")
    }

    /// Of two numbers below the order.
    pub fn sum(a: Scalar, b: Scalar) -> Scalar {
        let mut sum = [0; 4];
        let mut carry = 0;
        for i in 0..4 {
            let digit = u128::from(a[i]) + u128::from(b[i]) + carry;
            sum[i] = digit as u64;
            carry = digit >> 64;
        }
        if sum.iter().rev().lt(ORDER.iter().rev()) {
            return sum;
        }
        let mut borrow = false;
        for i in 0..4 {
            let (digit, first) = sum[i].overflowing_sub(ORDER[i]);
            let (digit, second) = digit.overflowing_sub(borrow.into());
            sum[i] = digit;
            borrow = first || second;
        }
        sum
    }

    /// A number below the order times one of little-endian bytes.
    pub fn times(n: Scalar, factor: &[u8]) -> Scalar {
        let bits = factor
            .iter()
            .rev()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
        bits.fold([0; 4], |product, bit| {
            let doubled = sum(product, product);
            if bit == 1 { sum(doubled, n) } else { doubled }
        })
    }
}

#[test]
fn vouchers_3_zero_or_two_signatures() {
    let mut world = world();
    let deal = world.deal.clone();
    let signer = deal.first.voucher_signer;
    let message = message(&deal);
    let redemption = deal.redemption(Side::First, 0, AMOUNT);
    // None. With the voucher behind it, the runtime itself refuses it; alone, it has nothing to verify.
    let mut none = verification(&signer, &message);
    none.data[0] = 0;
    assert!(world.chain.attempt(vec![none, redemption.clone()]).is_err());
    refused(
        &mut world,
        vec![ed25519(vec![0, 0]), redemption.clone()],
        BadVerification,
    );
    // Two, both true: the voucher's, and another's.
    let one = verification(&signer, &message);
    let other = sign(&person("thief"), &message);
    let field = |n: u16| n.to_le_bytes();
    let at = 30;
    let size = message.len() as u16;
    let mut data = vec![2, 0];
    for (key, signature) in [(at, at + 32), (at + 96, at + 128)] {
        for n in [signature, u16::MAX, key, u16::MAX, at + 192, size, u16::MAX] {
            data.extend(field(n));
        }
    }
    data.extend(signer.to_bytes());
    data.extend(sign(&signer, &message));
    data.extend(person("thief").to_bytes());
    data.extend(other);
    data.extend(&message);
    refused(
        &mut world,
        vec![ed25519(data), redemption.clone()],
        BadVerification,
    );
    // A byte of padding that is not zero.
    let mut padded = one;
    padded.data[1] = 1;
    refused(&mut world, vec![padded, redemption], BadVerification);
}

/// A sysvar that is none: an account with the bytes that the sysvar would have.
#[test]
fn vouchers_4_a_fake_instructions_sysvar() {
    let mut world = world();
    let deal = world.deal.clone();
    let fake = person("fake sysvar");
    let honest = deal.redeem(Side::First, 0, AMOUNT);
    let data = serialized(&honest);
    for owner in [
        solana_sdk_ids::sysvar::ID,
        solana_sdk_ids::system_program::ID,
    ] {
        let account = Account {
            lamports: 1_000_000_000,
            data: data.clone(),
            owner,
            ..Account::default()
        };
        world.chain.put(&fake, account);
        let attack = deal
            .redemption(Side::First, 0, AMOUNT)
            .swap(&solana_sdk_ids::sysvar::instructions::ID, &fake);
        // Alone, and behind an instruction that verifies nothing.
        for before in [vec![], vec![ed25519(vec![0, 0])]] {
            let mut tx = before;
            tx.push(attack.clone());
            world.chain.refuse(tx, InstructionError::UnsupportedSysvar);
        }
    }
    world.chain.accept(honest);
}

/// The Instructions sysvar as the runtime writes it (`construct_instructions_data` in `solana-instructions-sysvar`), for
/// instructions without accounts' flags: enough for one who reads only programs and data. The last one runs.
fn serialized(instructions: &[Instruction]) -> Vec<u8> {
    let mut data = (instructions.len() as u16).to_le_bytes().to_vec();
    let offsets = data.len();
    data.resize(offsets + 2 * instructions.len(), 0);
    for (n, instruction) in instructions.iter().enumerate() {
        let at = (data.len() as u16).to_le_bytes();
        data[offsets + 2 * n..][..2].copy_from_slice(&at);
        data.extend((instruction.accounts.len() as u16).to_le_bytes());
        for meta in &instruction.accounts {
            data.push(u8::from(meta.is_signer) | u8::from(meta.is_writable) << 1);
            data.extend(meta.pubkey.to_bytes());
        }
        data.extend(instruction.program_id.to_bytes());
        data.extend((instruction.data.len() as u16).to_le_bytes());
        data.extend(&instruction.data);
    }
    data.extend((instructions.len() as u16 - 1).to_le_bytes());
    data
}

/// Truncated or trailing data, of the message and of the whole instruction, correctly signed each time.
#[test]
fn vouchers_5_truncated_or_trailing_data() {
    let mut world = world();
    let deal = world.deal.clone();
    let signer = deal.first.voucher_signer;
    let message = message(&deal);
    let redemption = deal.redemption(Side::First, 0, AMOUNT);
    for length in 0..message.len() {
        let tx = vec![
            verification(&signer, &message[..length]),
            redemption.clone(),
        ];
        world.chain.refuse(tx, WrongVoucher);
        // What is verified is the beginning of what stands there.
        let header = Header::standard(&message[..length]);
        let signature = sign(&signer, &message[..length]);
        let tx = vec![
            verification_with(&header, &signer, &signature, &message),
            redemption.clone(),
        ];
        world.chain.refuse(tx, BadVerification);
    }
    for extra in [&[0][..], &[0; 8], b"x"] {
        let longer = [&message[..], extra].concat();
        let tx = vec![verification(&signer, &longer), redemption.clone()];
        refused(&mut world, tx, WrongVoucher);
        // Behind what the header names.
        let mut trailing = verification(&signer, &message);
        trailing.data.extend(extra);
        refused(
            &mut world,
            vec![trailing, redemption.clone()],
            BadVerification,
        );
    }
    // Of the redemption itself.
    let mut short = deal.redeem(Side::First, 0, AMOUNT);
    short[1].data.pop();
    world.chain.refuse(
        short,
        anchor_lang::error::ErrorCode::InstructionDidNotDeserialize,
    );
    world.chain.accept(deal.redeem(Side::First, 0, AMOUNT));
}

#[test]
fn vouchers_6_an_equal_or_lower_cumulative() {
    let mut world = world();
    let deal = world.deal.clone();
    world
        .chain
        .refuse(deal.redeem(Side::First, 0, 0), StaleVoucher);
    world.chain.accept(deal.redeem(Side::First, 0, AMOUNT));
    for cumulative in [0, 1, AMOUNT - 1, AMOUNT] {
        world
            .chain
            .refuse(deal.redeem(Side::First, 0, cumulative), StaleVoucher);
    }
    world.chain.accept(deal.redeem(Side::First, 0, AMOUNT + 1));
}

/// Another agreement, direction, period, amount and program.
#[test]
fn vouchers_7_of_something_else() {
    let mut world = world();
    let deal = world.deal.clone();
    let honest = deal.voucher(Side::First, 0, AMOUNT);
    // The same two operators, in another mint.
    let mint = world.chain.create_mint(deal.token, "another mint");
    let other = AgreementFixture::new(&deal.hub, &deal.first, &deal.second, mint, deal.token);
    let wrong: [(&str, Voucher); 5] = [
        (
            "program",
            Voucher {
                program: node_rewards::ID,
                ..honest
            },
        ),
        (
            "agreement",
            Voucher {
                agreement: other.address,
                ..honest
            },
        ),
        (
            "direction",
            Voucher {
                home: Side::Second,
                ..honest
            },
        ),
        (
            "period",
            Voucher {
                period: 1,
                ..honest
            },
        ),
        (
            "amount",
            Voucher {
                cumulative: AMOUNT - 1,
                ..honest
            },
        ),
    ];
    for (what, voucher) in wrong {
        eprintln!("{what}");
        let tx = vec![
            verification(&deal.first.voucher_signer, &voucher.message()),
            deal.redemption(Side::First, 0, AMOUNT),
        ];
        refused(&mut world, tx, WrongVoucher);
    }
    // Redeemed as what they are, they are for another period and for another side's signer.
    world
        .chain
        .refuse(deal.redeem(Side::First, 1, AMOUNT), WrongVoucher);
    let as_other_side = [
        verification(
            &deal.first.voucher_signer,
            &deal.voucher(Side::Second, 0, AMOUNT).message(),
        ),
        deal.redemption(Side::Second, 0, AMOUNT),
    ];
    world.chain.refuse(as_other_side, WrongVoucherSigner);
    // The home network that is named is not the operator's side.
    let confused = deal
        .redemption(Side::First, 0, AMOUNT)
        .swap(&deal.first.address, &deal.second.address);
    let tx = [
        verification(&deal.second.voucher_signer, &message(&deal)),
        confused,
    ];
    world.chain.refuse(tx, NotHome);
    // Nor is an operator of another hub a party.
    let elsewhere = world.add_hub("elsewhere", Stage::Funded);
    let stranger = deal
        .redemption(Side::First, 0, AMOUNT)
        .swap(&deal.first.address, &elsewhere.first.address);
    let tx = [
        verification(&elsewhere.first.voucher_signer, &message(&deal)),
        stranger,
    ];
    world.chain.refuse(tx, NotAParty);
    // And a voucher of another agreement is good there alone.
    world.chain.accept(elsewhere.redeem(Side::First, 0, AMOUNT));
    assert_eq!(world.balances(), [DEPOSIT, DEPOSIT, 0]);
    let tx = [
        verification(
            &deal.first.voucher_signer,
            &elsewhere.voucher(Side::First, 0, AMOUNT).message(),
        ),
        deal.redemption(Side::First, 0, AMOUNT),
    ];
    world.chain.refuse(tx, WrongVoucher);
}

/// A past period's vouchers after its statement, and the next period's before.
#[test]
fn vouchers_8_a_period_that_is_stated_or_not_yet_next() {
    let mut world = world();
    let deal = world.deal.clone();
    world
        .chain
        .refuse(deal.redeem(Side::First, 1, 10), WrongVoucher);
    world
        .chain
        .accept(deal.state(Side::First, 0, usage(0, 1, 100)));
    world
        .chain
        .refuse(deal.redeem(Side::First, 0, 10), WrongVoucher);
    world.chain.accept(deal.redeem(Side::First, 1, 10));
    // The other direction's period is still the one before.
    world
        .chain
        .refuse(deal.redeem(Side::Second, 1, 10), WrongVoucher);
    world.chain.accept(deal.redeem(Side::Second, 0, 10));
}

/// Signed by the payee, and by everybody else who is not the voucher signer.
#[test]
fn vouchers_9_signed_by_somebody_else() {
    let mut world = world();
    let deal = world.deal.clone();
    for signer in [
        deal.second.voucher_signer,
        deal.second.authority,
        deal.first.authority,
        deal.first.payout,
        deal.hub.authority,
        person("stranger"),
    ] {
        let tx = vec![
            verification(&signer, &message(&deal)),
            deal.redemption(Side::First, 0, AMOUNT),
        ];
        refused(&mut world, tx, WrongVoucherSigner);
    }
}

/// A signature that is none: the runtime refuses it before the program is asked.
#[test]
fn vouchers_10_a_false_signature() {
    let mut world = world();
    let deal = world.deal.clone();
    let signer = deal.first.voucher_signer;
    let message = message(&deal);
    let others = sign(&person("thief"), &message);
    for signature in [[0; 64], others] {
        let attack = verification_with(&Header::standard(&message), &signer, &signature, &message);
        let tx = [attack, deal.redemption(Side::First, 0, AMOUNT)];
        assert!(world.chain.attempt(tx).is_err());
    }
    world.chain.accept(deal.redeem(Side::First, 0, AMOUNT));
}

#[test]
fn vouchers_11_above_the_balance() {
    let mut world = world();
    let deal = world.deal.clone();
    for cumulative in [DEPOSIT + 1, u64::from(u32::MAX) + 1, u64::MAX] {
        world
            .chain
            .refuse(deal.redeem(Side::First, 0, cumulative), AboveBalance);
    }
    world.chain.accept(deal.redeem(Side::First, 0, 1));
    world
        .chain
        .refuse(deal.redeem(Side::First, 0, DEPOSIT + 1), AboveBalance);
    world.chain.accept(deal.redeem(Side::First, 0, DEPOSIT));
}

/// The same verification serving two redemptions: in one transaction, of one agreement and of two.
#[test]
fn vouchers_12_one_verification_for_two() {
    let mut world = world();
    let deal = world.deal.clone();
    let [verified, redemption] = deal.redeem(Side::First, 0, AMOUNT);
    // The instruction before the second one is the first.
    world.chain.refuse(
        vec![verified.clone(), redemption.clone(), redemption.clone()],
        BadVerification,
    );
    world.chain.refuse(
        vec![
            verified.clone(),
            redemption.clone(),
            verified.clone(),
            redemption.clone(),
        ],
        StaleVoucher,
    );
    // Two operators with the same voucher signer: the voucher names the agreement.
    let mut other = AgreementFixture::new(
        &deal.hub,
        &OperatorFixture::new(&deal.hub.address, b"ITAO1"),
        &OperatorFixture::new(&deal.hub.address, b"ESPV1"),
        deal.mint,
        deal.token,
    );
    for operator in [&mut other.first, &mut other.second] {
        operator.voucher_signer = deal.first.voucher_signer;
    }
    raise_beside(&mut world.chain, &other);
    world.chain.refuse(
        vec![verified.clone(), other.redemption(Side::First, 0, AMOUNT)],
        WrongVoucher,
    );
    world.chain.accept(vec![verified, redemption]);
}

/// A second agreement at the hub that there is.
fn raise_beside(chain: &mut Chain, deal: &AgreementFixture) {
    for operator in [&deal.first, &deal.second] {
        let tokens = chain.create_associated(deal.token, &deal.mint, &operator.payout);
        chain.mint_to(deal.token, &deal.mint, &tokens, DEPOSIT);
        chain.accept(deal.hub.register(operator));
    }
    chain.accept(deal.propose());
    chain.accept(deal.accept());
    for &side in Side::ALL {
        chain.accept(deal.deposit(side, DEPOSIT));
    }
}

/// The instruction before is another program's, or there is none, or the verification comes after.
#[test]
fn vouchers_13_no_verification_just_before() {
    let mut world = world();
    let deal = world.deal.clone();
    let [verified, redemption] = deal.redeem(Side::First, 0, AMOUNT);
    world
        .chain
        .refuse(vec![redemption.clone()], BadVerification);
    world.chain.refuse_at(
        vec![redemption.clone(), verified.clone()],
        0,
        BadVerification,
    );
    let between = solana_system_interface::instruction::transfer(
        &Chain::fee_payer(),
        &person("stranger"),
        1_000_000,
    );
    world.chain.refuse(
        vec![verified.clone(), between.clone(), redemption.clone()],
        BadVerification,
    );
    // The same bytes, as data of a program that verifies nothing.
    for program in [
        solana_sdk_ids::secp256k1_program::ID,
        solana_sdk_ids::system_program::ID,
    ] {
        let mut fake = verified.clone();
        fake.program_id = program;
        assert!(world.chain.attempt(vec![fake, redemption.clone()]).is_err());
    }
    // A program that reads the first byte alone, as the tag of its instruction, and is content with the rest: SPL Token
    // initialises an account by data that say that the voucher signer signed.
    let account = person("account that says so");
    let rent = world.chain.rent(TOKEN_ACCOUNT_BYTES);
    let create = solana_system_interface::instruction::create_account(
        &Chain::fee_payer(),
        &account,
        rent,
        TOKEN_ACCOUNT_BYTES as u64,
        &TokenProgram::Spl.id(),
    );
    let content = Instruction {
        program_id: TokenProgram::Spl.id(),
        accounts: vec![
            AccountMeta::new(account, false),
            AccountMeta::new_readonly(deal.mint, false),
            AccountMeta::new_readonly(person("thief"), false),
            AccountMeta::new_readonly(solana_sdk_ids::sysvar::rent::ID, false),
        ],
        data: verification_with(
            &Header::standard(&message(&deal)),
            &deal.first.voucher_signer,
            &[0; 64],
            &message(&deal),
        )
        .data,
    };
    world
        .clone()
        .chain
        .accept(vec![create.clone(), content.clone()]);
    world
        .chain
        .refuse(vec![create, content, redemption.clone()], BadVerification);
    world.chain.accept(vec![between, verified, redemption]);
}

/// A voucher of before stays good for nothing once its agreement is closed: agreements never begin anew.
#[test]
fn vouchers_14_after_the_end() {
    let mut world = World::at(Stage::WoundUp, TokenProgram::Spl);
    let deal = world.deal.clone();
    for period in [0, 1] {
        world
            .chain
            .refuse(deal.redeem(Side::First, period, AMOUNT), AgreementClosed);
    }
    for &side in Side::ALL {
        world.chain.accept(deal.withdraw(side));
        world.chain.accept(deal.close_statement(side, 0));
    }
    assert!(world.chain.attempt(deal.propose()).is_err());
    world
        .chain
        .refuse(deal.redeem(Side::First, 0, AMOUNT), AgreementClosed);
}

/// Every bit of the redemption's arguments, against one honest signature.
#[test]
fn vouchers_15_every_bit_of_the_arguments() {
    let mut world = world();
    let deal = world.deal.clone();
    let [verified, redemption] = deal.redeem(Side::First, 0, AMOUNT);
    let arguments = <RedeemVoucher as anchor_lang::Discriminator>::DISCRIMINATOR.len();
    let mut tried = 0;
    for at in arguments..redemption.data.len() {
        for bit in 0..8 {
            let mut other = redemption.clone();
            other.data[at] ^= 1 << bit;
            assert!(
                world.chain.attempt(vec![verified.clone(), other]).is_err(),
                "byte {at}, bit {bit}"
            );
            tried += 1;
        }
    }
    assert_eq!(tried, (1 + 4 + 8) * 8);
    world.chain.accept(vec![verified, redemption]);
}

/// The key that signs for nobody: the zero key can be no voucher signer.
#[test]
fn vouchers_16_the_zero_key() {
    let mut world = World::at(Stage::Created, TokenProgram::Spl);
    let hub = world.hub.clone();
    let mut operator = world.deal.first.clone();
    operator.voucher_signer = Pubkey::default();
    world.chain.refuse(hub.register(&operator), ZeroKey);
    world.chain.accept(hub.register(&world.deal.first));
}
