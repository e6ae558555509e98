//! Random lives of a network, honest and hostile, compared step by step with an independent model.
//!
//! [`reference`] is the model: what should happen, in wide integers and without a line of the program. [`system`] lets
//! the same happen on a chain, and compares outcomes and the whole state after each step. At the end everybody but the
//! owners stops, and each owner gets out alone what it is owed.

mod reference;
mod system;

use self::system::Life;

#[test]
fn random_lives() {
    super::lives::try_lives::<Life>();
}
