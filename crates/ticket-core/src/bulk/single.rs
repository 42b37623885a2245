//! The calls of a change that names one ticket per call, and the looks after them.

use super::called::{Called, Contact};
use super::change::Change;
use super::look::look_at_each;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, ErrorKind};
use crate::provider::outcome::Outcome;
use crate::provider::ticket_provider::TicketProvider;

/// Changes each ticket with a call of its own.
pub(super) async fn change_each(
    change: &Change,
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
) -> Called {
    let mut outcomes = Vec::with_capacity(targets.len());
    let mut contact = Contact::Unclear;
    for target in targets {
        let id = &target.id;
        let result = match change {
            Change::Restore => provider.restore(context, id).await,
            _ => provider.resolve(context, id).await,
        };
        let outcome = match result {
            Ok(()) => {
                contact = Contact::Vendor;
                Outcome::Done
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let targets = std::slice::from_ref(target);
                let called = look_at_each(change, provider, context, targets, error).await;
                match called.result {
                    Ok(seen) => {
                        contact = called.contact;
                        outcomes.extend(seen);
                        continue;
                    }
                    Err(_) => return called,
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                contact = Contact::Vendor;
                Outcome::NotFound(error.on_ticket(id))
            }
            Err(error) => return Called::failed(error),
        };
        outcomes.push((id.clone(), outcome));
    }
    Called {
        result: Ok(outcomes),
        contact,
        ..Called::default()
    }
}
