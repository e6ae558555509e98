use anyhow::Result;
use esim_market::state::{Action, Delivery};
use wayfare_client::esim::{OrderFilter, address, instruction};

use crate::context::Context;
use crate::draft::{Draft, Receipt};
use crate::esim::args::OrderArgs;
use crate::esim::find::{find_order, require_online};
use crate::esim::settled;

pub fn run(args: &OrderArgs, ctx: &Context) -> Result<Receipt> {
    let mut draft = Draft::new(ctx, &args.transaction, args.buyer.as_ref(), "the buyer")?;
    require_online(draft.is_offline())?;
    let order = find_order(ctx, &args.order)?;
    let action = if draft.signer == order.buyer {
        Action::CloseOwn
    } else {
        Action::Close
    };
    settled::require_possible(ctx, &order, action, &draft.signer)?;
    let cluster = ctx.cluster()?;
    let delivery = order
        .was_delivered()
        .then(|| cluster.state::<Delivery>(&address::delivery(&args.order)))
        .transpose()?;
    let mut details = vec![
        ("order", args.order.into()),
        ("rent back to", order.payer.into()),
    ];
    if let Some(delivery) = &delivery {
        details.push(("the delivery's rent back to", delivery.rent_payer.into()));
        ctx.note("note: the delivery is deleted from the chain: keep its activation code if it is still needed");
    }
    let children = cluster.orders(&OrderFilter {
        market: Some(order.market),
        buyer: Some(order.buyer),
        ..OrderFilter::default()
    })?;
    let children = children
        .iter()
        .filter(|(_, child)| child.parent == args.order)
        .count();
    if children > 0 {
        ctx.note(format_args!(
            "note: {children} orders top this one up, and the wallet finds their key through it: read their deliveries first"
        ));
    }
    draft.describe("close an order", details);
    draft.add(instruction::close_order(
        args.order,
        &order,
        delivery.map(|delivery| delivery.rent_payer),
        draft.signer,
    ));
    draft.finish(Some(&args.confirm))
}
