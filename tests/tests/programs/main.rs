//! The programs, instruction by instruction, in LiteSVM: the honest case, then every way to get it wrong.

mod declared;
mod esim_market;
mod node_rewards;
mod roaming_escrow;
