//! Joins pages into one stream and detects pagination loops. `Page` itself is in `query.rs`.

use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ecow::EcoString;
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use crate::model::message::Message;
use crate::model::query::{Cursor, Page, PageRequest};
use crate::model::ticket::Ticket;
use crate::provider::error::{Error, ErrorKind, Result, bounded};

/// Number of consecutive empty pages after which a list counts as endless.
const MAX_EMPTY_PAGES: usize = 100;

/// Number of characters of a cursor or an id that an error shows.
const MAX_SHOWN: usize = 60;

/// An item of a paginated list.
pub(crate) trait Paged: Send + 'static {
    /// The name of one item, for messages.
    const NAME: &'static str;

    /// A key that identifies the item within its list and that may be shown.
    fn key(&self) -> EcoString;
}

impl Paged for Ticket {
    const NAME: &'static str = "ticket";

    fn key(&self) -> EcoString {
        self.id.as_str().into()
    }
}

impl Paged for Message {
    const NAME: &'static str = "message";

    /// A message without an id is identified by a hash of its content, because the content must not be shown.
    fn key(&self) -> EcoString {
        self.id.as_deref().map_or_else(
            || {
                let mut hasher = DefaultHasher::new();
                self.raw.get().hash(&mut hasher);
                ecow::eco_format!("without an id, {:016x}", hasher.finish())
            },
            EcoString::from,
        )
    }
}

/// All items of all pages, in constant memory. A page is fetched when its items are needed; the stream ends
/// after the first error. `fetch` reads a page; `place` adds the operation to errors of this module.
pub(crate) fn walk<T, F, P>(
    first: PageRequest,
    fetch: impl Fn(PageRequest) -> F + Send,
    place: P,
) -> impl Stream<Item = Result<T>> + Send
where
    T: Paged,
    F: Future<Output = Result<Page<T>>> + Send,
    P: Fn(Error) -> Error + Send,
{
    let walk = (Some(first), Guard::default(), fetch, place);
    stream::unfold(walk, |(at, mut guard, fetch, place)| async move {
        let at = at?;
        let read = fetch(at.clone()).await.and_then(|page| {
            let next = page.next.map(|next| {
                guard.admit(&next, &page.items).map_err(&place)?;
                Ok(PageRequest {
                    cursor: Some(next),
                    ..at
                })
            });
            Ok((page.items, next.transpose()?))
        });
        let (items, next): (Vec<_>, _) = match read {
            Ok((items, next)) => (items.into_iter().map(Ok).collect(), next),
            Err(error) => (vec![Err(error)], None),
        };
        Some((stream::iter(items), (next, guard, fetch, place)))
    })
    .flatten()
}

/// Detects pagination loops in constant memory (Brent's algorithm): it remembers one earlier page, and
/// replaces it after 1, 2, 4, 8, … pages. A page is the same if its cursor is the same or, for vendors that
/// ignore the cursor, if its first and last item are. One item alone may have moved to another page.
#[derive(Default)]
struct Guard {
    cursor: Option<Cursor>,
    /// The first and last item of the latest page and of the remembered one. Empty pages are skipped.
    latest: Option<Ends>,
    remembered: Option<Ends>,
    steps: usize,
    span: usize,
    empty_pages: usize,
}

/// The keys of the first and the last item of a page.
type Ends = (EcoString, EcoString);

impl Guard {
    fn admit<T: Paged>(&mut self, next: &Cursor, items: &[T]) -> Result<()> {
        let bad = |message| Err(Error::new(ErrorKind::BadResponse, message));
        if self.cursor.as_ref() == Some(next) {
            let cursor = bounded(next.as_str(), MAX_SHOWN);
            return bad(format!(
                "pagination loop: the vendor returned cursor `{cursor}` again"
            ));
        }
        let page = items.first().zip(items.last());
        let page = page.map(|(first, last)| (first.key(), last.key()));
        if let Some((first, last)) = &page {
            if page == self.latest || page == self.remembered {
                let [first, last] = [first, last].map(|key| bounded(key, MAX_SHOWN));
                let name = T::NAME;
                return bad(format!(
                    "pagination loop: the vendor returned the page from {name} {first} to {name} {last} again"
                ));
            }
            self.latest.clone_from(&page);
            self.empty_pages = 0;
        } else {
            self.empty_pages += 1;
        }
        if self.empty_pages >= MAX_EMPTY_PAGES {
            return bad(format!(
                "the list does not end: the vendor returned {MAX_EMPTY_PAGES} empty pages in a row"
            ));
        }
        if self.steps == self.span {
            self.cursor = Some(next.clone());
            self.remembered.clone_from(&self.latest);
            self.steps = 0;
            self.span = (self.span * 2).max(1);
        }
        self.steps += 1;
        Ok(())
    }
}
