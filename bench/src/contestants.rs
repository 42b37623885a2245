//! Who makes the calls. Each one asks for the same and makes sure of the same: that the tickets are gone, that the
//! ticket is the one asked for, that all rows came.

mod by_hand;
mod hyper_by_hand;
mod omnitrack;
mod ours;

use std::future::Future;

pub use by_hand::{Reqwest, ReqwestPerCall};
pub use hyper_by_hand::Hyper;
pub use omnitrack::Omnitrack;
pub use ours::{Provider, Stack};

pub(crate) use by_hand::trash;
pub(crate) use ours::{account, far_quota};

use crate::Error;
use crate::call::Call;

/// Somebody who can make the calls, from many tasks at once.
pub trait Contestant: Send + Sync + 'static {
    /// Makes a call and looks at the answer.
    fn call(&self, call: Call) -> impl Future<Output = Result<(), Error>> + Send;
}

/// An answer that is not what was asked for.
fn expect(answered: bool) -> Result<(), Error> {
    if answered {
        Ok(())
    } else {
        Err("the answer is not what was asked for".into())
    }
}
