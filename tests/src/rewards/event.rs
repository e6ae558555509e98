//! What the networks' program tells, read by the client.

use wayfare_client::event;

pub use wayfare_client::rewards::event::Event;

/// The event that an inner instruction's data tell.
pub fn decode(data: &[u8]) -> Event {
    event::decode(&node_rewards::ID, data)
        .expect("an event")
        .unwrap_or_else(|error| panic!("{error}"))
}
