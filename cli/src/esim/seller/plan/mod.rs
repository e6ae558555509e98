mod create;
mod find;
mod retire;
pub mod terms;
mod update;

use clap::Subcommand;

use crate::esim::seller::plan::create::PlanCreateArgs;
use crate::esim::seller::plan::retire::PlanRetireArgs;
use crate::esim::seller::plan::update::PlanUpdateArgs;

#[derive(Subcommand)]
pub enum PlanCommand {
    /// Offer a plan, by flags, a file, or both: a flag counts before the file
    Create(PlanCreateArgs),
    /// Change a plan, for orders to come. Other terms make another version
    Update(PlanUpdateArgs),
    /// Take a plan off the market for good. The rent goes back to who paid it; orders go on
    Retire(PlanRetireArgs),
}
