mod create;
mod find;
mod retire;
pub mod terms;
mod update;

use clap::Subcommand;

#[derive(Subcommand)]
pub enum PlanCommand {
    /// Offer a plan, by flags, a file, or both: a flag counts before the file
    Create(create::PlanCreateArgs),
    /// Change a plan, for orders to come. Other terms make another version
    Update(update::PlanUpdateArgs),
    /// Take a plan off the market for good. The rent goes back to its payer; orders continue
    Retire(retire::PlanRetireArgs),
}
