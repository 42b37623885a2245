//! A ticket's reference read from text, with the error of every call: `model` knows of no errors.

use std::str::FromStr;

use crate::model::reference::TicketRef;
use crate::provider::error::Error;

impl FromStr for TicketRef {
    type Err = Error;

    /// # Errors
    ///
    /// `InvalidInput` where there is no colon, or nothing on one side of it.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(Error::invalid_input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::error::ErrorKind;

    #[test]
    fn a_reference_without_account_or_id_is_refused() {
        for text in [
            "", " ", "121", ":", " : ", ":121", " :121", "desk:", "desk: ",
        ] {
            let error = text.parse::<TicketRef>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(
                error.to_string().contains("is not a ticket reference"),
                "{error}"
            );
        }
    }
}
