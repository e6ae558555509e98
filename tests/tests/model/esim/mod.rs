//! Random lives of a market and its orders.
//!
//! [`reference`] is the model: what should happen, in wide integers and without a line of the program. [`system`] lets
//! the same happen on a chain, and compares outcomes and the whole state after each step. At the end everybody but one
//! side of an order stops, and that side gets out alone what is its own; then everything ends, and nothing is left.

mod reference;
mod system;

use self::system::Life;

#[test]
fn random_lives() {
    super::lives::try_lives::<Life>();
}
