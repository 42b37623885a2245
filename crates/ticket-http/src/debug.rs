//! `Debug` for what holds personal data.

/// Implements `Debug` for a struct of a vendor's shape: it prints these fields and no others. A field that is added
/// later stays hidden until it is listed here.
///
/// ```
/// use ticket_http::debug_fields;
///
/// struct Ticket {
///     id: u64,
///     subject: String,
/// }
///
/// debug_fields!(Ticket { id });
///
/// let ticket = Ticket { id: 160, subject: "Refund for Ann".into() };
/// assert_eq!(format!("{ticket:?}"), "Ticket { id: 160, .. }");
/// # let _ = ticket.subject;
/// ```
// Not `derive_more`: its three crates would come along with every provider, and go beyond what one may bring.
#[macro_export]
macro_rules! debug_fields {
    ($Type:ident { $($field:ident),* $(,)? }) => {
        impl ::std::fmt::Debug for $Type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($Type))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    };
}
