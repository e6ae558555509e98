mod apply;
mod create_plan;
mod deliver;
mod retire_plan;
mod update_plan;
mod update_seller;

pub use {apply::*, create_plan::*, deliver::*, retire_plan::*, update_plan::*, update_seller::*};
