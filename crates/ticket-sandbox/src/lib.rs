#![doc = include_str!("../README.md")]

mod answer;
mod body;
mod builder;
mod calendar;
mod control;
pub mod credentials;
mod fault;
mod form;
mod in_process;
mod journal;
mod quota;
mod reply;
mod rewrite;
mod sandbox;
mod server;
mod settings;
mod state;
mod store;
mod ticket;
mod vendor;
mod vendors;

pub use answer::Lost;
pub use builder::SandboxBuilder;
pub use fault::{
    Fault, Gateway, JobFault, OddId, OddRetryAfter, OddRow, Rule, TicketFault, WrongTotal,
};
pub use in_process::Connection;
pub use journal::Exchange;
pub use quota::{Quota, WindowModel};
pub use sandbox::Sandbox;
pub use ticket::{
    AttachmentRecord, MessageKind, MessageRecord, TicketRecord, TicketSeed, TicketState,
};
pub use vendor::{Endpoint, Vendor};
pub use vendors::{LimitHeaders, Wording};
