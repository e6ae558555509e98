//! Where the accounts of an eSIM market stand, by the seeds that the design names: written down here once more, and not
//! taken from the program.

use solana_pubkey::Pubkey;

fn find(seeds: &[&[u8]]) -> (Pubkey, u8) {
    Pubkey::find_program_address(seeds, &esim_market::ID)
}

pub fn market(name: &str) -> (Pubkey, u8) {
    find(&[b"market", name.as_bytes()])
}

pub fn vault(market: &Pubkey, mint: &Pubkey) -> (Pubkey, u8) {
    find(&[b"vault", market.as_ref(), mint.as_ref()])
}

/// The token account of a vault.
pub fn tokens(vault: &Pubkey) -> (Pubkey, u8) {
    find(&[b"tokens", vault.as_ref()])
}

pub fn seller(market: &Pubkey, authority: &Pubkey) -> (Pubkey, u8) {
    find(&[b"seller", market.as_ref(), authority.as_ref()])
}

pub fn plan(seller: &Pubkey, id: &str) -> (Pubkey, u8) {
    find(&[b"plan", seller.as_ref(), id.as_bytes()])
}

pub fn order(plan: &Pubkey, buyer: &Pubkey, order_id: u64) -> (Pubkey, u8) {
    find(&[
        b"order",
        plan.as_ref(),
        buyer.as_ref(),
        &order_id.to_le_bytes(),
    ])
}

pub fn delivery(order: &Pubkey) -> (Pubkey, u8) {
    find(&[b"delivery", order.as_ref()])
}
