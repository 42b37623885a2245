//! Many tickets at LeadSquared, a hundred a call: by the facade, and by the loop that would be written instead.

use futures_util::{StreamExt as _, stream};
use tickets::bulk::BulkOptions;
use tickets::{Change, TicketRef, apply_everywhere, connect};

use crate::call::BATCH;
use crate::contestants::{account, far_quota, trash};
use crate::measure::{Figures, Watch};
use crate::{Error, Who};

/// How many calls are on their way at once: what the facade does for this vendor unless told otherwise.
const AT_ONCE: usize = 4;

/// Deletes so many tickets, their ids made up on the way, and makes sure that each is said to be deleted.
pub(crate) async fn delete(server: &str, who: Who, refs: u64) -> Result<Figures, Error> {
    let deleted = match who {
        Who::Stack => {
            let tickets = connect(&account("leadsquared", server).rates([far_quota()?]))?;
            let watch = Watch::start();
            let accounts = [("desk".to_owned(), tickets)];
            let refs =
                stream::iter((1..=refs).map(|id| ((), TicketRef::new("desk", id.to_string()))));
            let settled =
                apply_everywhere(&Change::Delete, accounts, refs, &BulkOptions::default());
            let deleted = settled.filter(|settled| std::future::ready(settled.outcome.is_done()));
            (deleted.count().await as u64, watch)
        }
        Who::Reqwest => {
            let client = reqwest::Client::new();
            let watch = Watch::start();
            let calls = stream::iter(0..refs.div_ceil(BATCH)).map(|call| {
                let (client, first) = (&client, call * BATCH + 1);
                let last = (first + BATCH - 1).min(refs);
                async move {
                    let ids: Vec<String> = (first..=last).map(|id| id.to_string()).collect();
                    trash(client, server, &ids).await?;
                    Ok::<_, Error>(ids.len() as u64)
                }
            });
            let mut calls = calls.buffer_unordered(AT_ONCE);
            let mut deleted = 0;
            while let Some(ids) = calls.next().await {
                deleted += ids?;
            }
            (deleted, watch)
        }
        _ => return Err("only `stack` and `reqwest` delete in bulk".into()),
    };
    let (deleted, watch) = deleted;
    if deleted != refs {
        return Err(format!("{deleted} of {refs} tickets were deleted").into());
    }
    watch.stop(refs)
}
