//! What the programs told in a transaction.

use solana_message::inner_instruction::InnerInstructionsList;
use solana_pubkey::Pubkey;
use wayfare_client::event;

pub use wayfare_client::rewards::event::Event;

/// The events of node-rewards among the inner instructions of a transaction with these accounts, in order.
pub fn of_node_rewards(keys: &[Pubkey], inner: &InnerInstructionsList) -> Vec<Event> {
    calls_of_itself(&node_rewards::ID, keys, inner)
        .map(|data| {
            event::decode(&node_rewards::ID, data)
                .expect("an event")
                .unwrap_or_else(|error| panic!("{error}"))
        })
        .collect()
}

/// The events of esim-market, likewise.
pub fn of_esim_market(
    keys: &[Pubkey],
    inner: &InnerInstructionsList,
) -> Vec<crate::esim::event::Event> {
    calls_of_itself(&esim_market::ID, keys, inner)
        .map(crate::esim::event::decode)
        .collect()
}

/// The events of roaming-escrow, likewise.
pub fn of_roaming_escrow(
    keys: &[Pubkey],
    inner: &InnerInstructionsList,
) -> Vec<crate::roaming::event::Event> {
    calls_of_itself(&roaming_escrow::ID, keys, inner)
        .map(crate::roaming::event::decode)
        .collect()
}

/// A program calls itself for nothing but to tell an event.
fn calls_of_itself<'a>(
    program: &'a Pubkey,
    keys: &'a [Pubkey],
    inner: &'a InnerInstructionsList,
) -> impl Iterator<Item = &'a [u8]> {
    inner
        .iter()
        .flatten()
        .map(|inner| &inner.instruction)
        .filter(move |call| keys[usize::from(call.program_id_index)] == *program)
        .map(|call| call.data.as_slice())
}
