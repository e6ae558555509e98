//! Measures what the programs cost whoever uses them, in LiteSVM on the built program, and prints it as JSON: compute
//! units and transaction bytes of every instruction, rent of every account, program size. The same on every machine.

use anyhow::{Context, Result};
use esim_market::state::{Delivery, Market, MarketVault, Order, Plan, Seller};
use node_rewards::state::{ClaimPage, Epoch, Network, Node, Payout};
use roaming_escrow::state::{Agreement, Hub, Operator, Statement};
use serde::Serialize;
use solana_pubkey::Pubkey;
use wayfare_client::rewards::instruction;
use wayfare_core::esim::MAX_CIPHERTEXT;
use wayfare_core::merkle;
use wayfare_tests::chain::{Chain, Tx};
use wayfare_tests::honest::Honest;
use wayfare_tests::idl::{ESIM_MARKET, Idl, NODE_REWARDS, ROAMING_ESCROW};
use wayfare_tests::keys::person;
use wayfare_tests::rewards::world::{Stage, World};
use wayfare_tests::token::TokenProgram;
use wayfare_tests::{esim, rewards, roaming};

/// Roam's nodes, the size that the costs are told for.
const RECIPIENTS: u32 = 1_700_000;

/// Bytes of a token account without extensions, as every vault is.
const TOKEN_ACCOUNT_SPACE: usize = 165;

/// One line of the table.
#[derive(Serialize)]
struct Figure {
    figure: String,
    value: f64,
    unit: &'static str,
}

/// The figures so far.
#[derive(Default)]
struct Table(Vec<Figure>);

impl Table {
    fn add(&mut self, figure: impl Into<String>, value: f64, unit: &'static str) {
        self.0.push(Figure {
            figure: figure.into(),
            value,
            unit,
        });
    }
}

fn main() -> Result<()> {
    let mut table = Table::default();
    program_size(&mut table, "node_rewards")?;
    instructions(
        &mut table,
        "node_rewards",
        &NODE_REWARDS,
        rewards::crowd::honest,
    );
    claims(&mut table)?;
    rents(&mut table);
    program_size(&mut table, "esim_market")?;
    instructions(&mut table, "esim_market", &ESIM_MARKET, esim::crowd::honest);
    market_rents(&mut table);
    rent_left(&mut table);
    program_size(&mut table, "roaming_escrow")?;
    instructions(
        &mut table,
        "roaming_escrow",
        &ROAMING_ESCROW,
        roaming::crowd::honest,
    );
    hub_rents(&mut table);
    println!("{}", serde_json::to_string_pretty(&table.0)?);
    Ok(())
}

fn program_size(table: &mut Table, program: &str) -> Result<()> {
    let dir = std::env::var("WAYFARE_PROGRAMS").unwrap_or_else(|_| "target/deploy".to_owned());
    let path = format!("{dir}/{program}.so");
    let size = std::fs::metadata(&path)
        .with_context(|| format!("cannot read {path}: run `cargo xtask build` first"))?
        .len();
    table.add(format!("{program}.program.bytes"), size as f64, "bytes");
    Ok(())
}

/// Every instruction in the IDL, as the tests call it.
fn instructions(
    table: &mut Table,
    program: &str,
    idl: &Idl,
    honest: fn(&str, TokenProgram) -> Vec<Honest>,
) {
    for instruction in &idl.instructions {
        // A figure is called as what the buyer does.
        let figure_name = match instruction.name.as_str() {
            "confirm_delivery" => "confirm",
            name => name,
        };
        for call in honest(&instruction.name, TokenProgram::Spl) {
            let figure = match call.case {
                "" => format!("{program}.{figure_name}"),
                case => format!("{program}.{figure_name}.{}", case.replace(' ', "_")),
            };
            let tx = call.tx(call.call.clone());
            measure(table, &figure, &mut call.chain.clone(), || {
                tx.clone().into()
            });
            bytes(table, &figure, &mut call.chain.clone(), tx);
        }
    }
}

/// The compute units of a transaction with nothing else in it.
fn measure(table: &mut Table, figure: &str, chain: &mut Chain, tx: impl FnOnce() -> Tx) -> u64 {
    let accepted = chain
        .attempt_without_books(tx())
        .unwrap_or_else(|refused| panic!("{figure}: {refused:?}"));
    table.add(format!("{figure}.cu"), accepted.compute_units as f64, "CU");
    accepted.compute_units
}

/// The bytes of the legacy transaction that a client sends: with a compute unit limit and a price.
fn bytes(
    table: &mut Table,
    figure: &str,
    chain: &mut Chain,
    call: impl IntoIterator<Item = solana_instruction::Instruction>,
) {
    let mut tx = vec![
        wayfare_client::send::compute_unit_limit(1_400_000),
        wayfare_client::send::compute_unit_price(1),
    ];
    tx.extend(call);
    let accepted = chain
        .attempt_without_books(tx)
        .unwrap_or_else(|refused| panic!("{figure}: {refused:?}"));
    table.add(format!("{figure}.bytes"), accepted.bytes as f64, "bytes");
}

/// Claims from trees of three depths, to a token account that exists.
///
/// A claim's cost depends on two things that no one chooses. The index: a left child is cheaper to hash than a right
/// one, so its bits alternate here. The owner: its payout address is searched from the highest bump down, and half of
/// all owners have it at the first; what each further one costs is a figure of its own.
fn claims(table: &mut Table) -> Result<()> {
    for (token, suffix) in [
        (TokenProgram::Spl, ""),
        (TokenProgram::Token2022, ".token_2022"),
    ] {
        for depth in [0u8, 10, 21] {
            let figure = format!("node_rewards.claim.depth{depth}{suffix}");
            let (mut world, call) = claim(token, depth, u8::MAX)?;
            let first = measure(table, &figure, &mut world.chain.clone(), || {
                call.clone().into()
            });
            bytes(table, &figure, &mut world.chain, [call]);
            if depth == 21 && token == TokenProgram::Spl {
                let (mut world, call) = claim(token, depth, u8::MAX - 1)?;
                let second = world
                    .chain
                    .attempt_without_books(call)
                    .map_err(|refused| anyhow::anyhow!("{refused:?}"))?
                    .compute_units;
                table.add(
                    "node_rewards.claim.further_bump.cu",
                    (second - first) as f64,
                    "CU",
                );
            }
        }
    }
    Ok(())
}

/// A network whose active tree has this depth, and a claim from it for an owner whose payout address has this bump.
fn claim(
    token: TokenProgram,
    depth: u8,
    bump: u8,
) -> Result<(World, solana_instruction::Instruction)> {
    let mut world = World::at(Stage::Active, token);
    let net = world.net.clone();
    let owner: Pubkey = (0..)
        .map(|n| person(&format!("owner {n} of the benchmark")))
        .find(|owner| Payout::find_address(&net.address, owner).1 == bump)
        .context("no owner with this bump")?;
    world.chain.create_associated(token, &net.mint, &owner);

    let index = 0x0015_5555 & ((1 << depth) - 1);
    let (page, _) = ClaimPage::locate(index);
    if page > 0 {
        world.chain.accept(net.create_page(page));
    }
    let (lifetime, detail_root) = (1_000, [7; 32]);
    let proof: Vec<u8> = (0..depth).flat_map(|level| [level; 32]).collect();
    let leaf = merkle::reward_leaf(
        net.address.as_array(),
        index,
        owner.as_array(),
        lifetime,
        &detail_root,
    );
    let root = merkle::fold_proof(leaf, index, &proof).context("the proof has the tree's depth")?;
    world.chain.edit(&net.address, |account| {
        let network: &mut Network = bytemuck::from_bytes_mut(&mut account.data[8..]);
        network.root = root;
        network.depth = depth;
        network.leaf_count = 1 << depth;
    });
    let claim = instruction::Claim {
        owner,
        wallet: owner,
        index,
        lifetime,
        detail_root,
        proof,
    };
    Ok((world, instruction::claim(&net.accounts(), claim)))
}

/// At the default rent, in lamports.
fn rents(table: &mut Table) {
    let chain = World::at(Stage::Minted, TokenProgram::Spl).chain;
    let mut rent = |account: &str, space: usize| {
        let lamports = chain.rent(space);
        table.add(
            format!("node_rewards.rent.{account}.lamports"),
            lamports as f64,
            "lamports",
        );
        lamports
    };
    let network = rent("network", Network::SPACE);
    let vault = rent("vault", TOKEN_ACCOUNT_SPACE);
    let epoch = rent("epoch", Epoch::SPACE);
    let page = rent("claim_page", ClaimPage::SPACE);
    rent("payout", Payout::SPACE);
    rent("node", Node::SPACE);

    let (last_page, _) = ClaimPage::locate(RECIPIENTS - 1);
    let pages = u64::from(last_page) + 1;
    let total = network + vault + epoch + pages * page;
    table.add(
        "node_rewards.recipient_state.lamports",
        (total as f64 / f64::from(RECIPIENTS)).ceil(),
        "lamports",
    );
    table.add(
        "node_rewards.state_1_7m_recipients.sol",
        total as f64 / 1e9,
        "SOL",
    );
}

/// At the default rent, in lamports.
fn market_rents(table: &mut Table) {
    let chain = World::at(Stage::Minted, TokenProgram::Spl).chain;
    for (account, space) in [
        ("market", Market::SPACE),
        ("market_vault", MarketVault::SPACE),
        ("tokens", TOKEN_ACCOUNT_SPACE),
        ("seller", Seller::SPACE),
        ("plan", Plan::SPACE),
        ("order", Order::SPACE),
        ("delivery", Delivery::space(MAX_CIPHERTEXT)),
    ] {
        table.add(
            format!("esim_market.rent.{account}.lamports"),
            chain.rent(space) as f64,
            "lamports",
        );
    }
}

/// At the default rent, in lamports.
fn hub_rents(table: &mut Table) {
    let chain = World::at(Stage::Minted, TokenProgram::Spl).chain;
    for (account, space) in [
        ("hub", Hub::SPACE),
        ("operator", Operator::SPACE),
        ("agreement", Agreement::SPACE),
        ("vault", TOKEN_ACCOUNT_SPACE),
        ("statement", Statement::SPACE),
    ] {
        table.add(
            format!("roaming_escrow.rent.{account}.lamports"),
            chain.rent(space) as f64,
            "lamports",
        );
    }
}

/// Lamports that an order's life from the purchase to the close costs its payer and its seller together, less the fees.
fn rent_left(table: &mut Table) {
    use esim::world::{Stage, World};
    let World {
        mut chain,
        market,
        order,
    } = World::at(Stage::OnSale, TokenProgram::Spl);
    let plan: Plan = chain.read(&order.plan.address);
    let has =
        |chain: &Chain| chain.lamports(&order.payer) + chain.lamports(&order.plan.seller.authority);
    let before = has(&chain);
    for call in [
        market.purchase(&order, plan.terms_version, plan.terms.price),
        market.deliver(&order),
        market.confirm(&order),
        market.close(&order),
    ] {
        chain.accept(call);
    }
    table.add(
        "esim_market.close_order.rent_left",
        (before - has(&chain)) as f64,
        "lamports",
    );
}
