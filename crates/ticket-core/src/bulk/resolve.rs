//! The calls that resolve one batch, and the looks after them.

use super::called::{Called, Contact};
use super::change::Change;
use super::look::look_at_each;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteTarget;
use crate::provider::error::{Effect, ErrorKind};
use crate::provider::outcome::Outcome;
use crate::provider::ticket_provider::TicketProvider;

/// Resolves each ticket with a call of its own.
pub(super) async fn resolve(
    provider: &dyn TicketProvider,
    context: &CallContext,
    targets: &[DeleteTarget],
) -> Called {
    let mut outcomes = Vec::with_capacity(targets.len());
    let mut contact = Contact::Unclear;
    for target in targets {
        let id = &target.id;
        let outcome = match provider.resolve(context, id).await {
            Ok(()) => {
                contact = Contact::Vendor;
                Outcome::Done
            }
            Err(error) if error.effect() == Effect::Unknown => {
                let targets = std::slice::from_ref(target);
                let called =
                    look_at_each(&Change::Resolve, provider, context, targets, error).await;
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
    }
}
