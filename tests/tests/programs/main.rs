//! The programs, instruction by instruction, in LiteSVM: the honest case, then every way to get it wrong.

mod declared;
mod errors;
mod esim_market;
mod governance;
mod node_rewards;
mod release;
mod roaming_escrow;
