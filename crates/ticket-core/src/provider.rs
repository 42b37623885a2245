//! The contract: the trait, what a provider declares, what goes in and what comes out of a call.

pub(crate) mod capability;
pub(crate) mod check;
pub(crate) mod concurrency;
pub(crate) mod connect;
pub(crate) mod context;
pub(crate) mod delete;
pub(crate) mod documented;
pub(crate) mod download;
pub(crate) mod error;
pub(crate) mod field;
mod given;
pub(crate) mod id_form;
pub(crate) mod learned;
pub(crate) mod limit;
pub(crate) mod operation;
pub(crate) mod outcome;
mod reference;
pub(crate) mod setting;
pub(crate) mod stop;
pub(crate) mod support;
pub(crate) mod target;
pub(crate) mod ticket_provider;
pub(crate) mod vendor_job;

pub use capability::Capabilities;
pub use concurrency::Concurrency;
pub use connect::Connect;
pub use documented::Documented;
pub use download::Download;
pub use field::{Field, Fields};
pub use id_form::IdForm;
pub use learned::{LearnedLimits, ToldLimit};
pub use limit::{Limit, Quota};
pub use operation::Request;
pub use setting::{Setting, Settings};
pub use support::{LeavesOut, NotFound, Removal, Support};
#[cfg(feature = "mock")]
pub use ticket_provider::MockTicketProvider;
pub use vendor_job::VendorJob;
