//! What the program told in a transaction.

use solana_message::inner_instruction::InnerInstructionsList;
use solana_pubkey::Pubkey;
use wayfare_client::event;

pub use wayfare_client::event::Event;

/// The events among the inner instructions of a transaction with these accounts, in order. The program calls itself for
/// nothing else.
pub fn decode(keys: &[Pubkey], inner: &InnerInstructionsList) -> Vec<Event> {
    inner
        .iter()
        .flatten()
        .map(|inner| &inner.instruction)
        .map(|call| (keys[usize::from(call.program_id_index)], &call.data))
        .filter(|(program, _)| *program == node_rewards::ID)
        .map(|(program, data)| {
            event::decode(&program, data)
                .expect("an event")
                .unwrap_or_else(|error| panic!("{error}"))
        })
        .collect()
}
