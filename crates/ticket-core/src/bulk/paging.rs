//! Pages put together into one stream, and vendors found out that lead in circles. Not for what a page is: that is in
//! `query.rs`.

use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ecow::EcoString;
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};

use crate::model::message::Message;
use crate::model::query::{Cursor, Page, PageRequest};
use crate::model::ticket::Ticket;
use crate::provider::error::{Error, ErrorKind, Result, bounded};

/// How many empty pages in a row a list may have before it is taken for endless.
const MAX_EMPTY_PAGES: usize = 100;

/// How many characters of a cursor or an id an error about a list shows.
const MAX_SHOWN: usize = 60;

/// What comes in pages.
pub(crate) trait Paged: Send + 'static {
    /// What one of them is called.
    const NAME: &'static str;

    /// What tells it from the others of its list, fit to be shown.
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

    /// A message without an id is told by its text, which is not for everybody's eyes.
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

/// Everything on all pages, each page asked for when it is needed, in constant memory; ends after the first error.
/// `fetch` reads a page, `place` says of an error found here where it belongs.
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

/// Finds a list that leads in circles, in constant memory (Brent's algorithm): one earlier page is remembered,
/// and a new one after 1, 2, 4, 8, … pages. That it came again is told by its cursor or, where cursors count on while
/// the vendor ignores them, by what is at both its ends: one alone may have moved on since.
#[derive(Default)]
struct Guard {
    cursor: Option<Cursor>,
    /// The ends of the last page, and of the remembered one; where it was empty, of the one before.
    latest: Option<Ends>,
    remembered: Option<Ends>,
    steps: usize,
    span: usize,
    empty_pages: usize,
}

/// What tells the first and the last of a page.
type Ends = (EcoString, EcoString);

impl Guard {
    fn admit<T: Paged>(&mut self, next: &Cursor, items: &[T]) -> Result<()> {
        let bad = |message| Err(Error::new(ErrorKind::BadResponse, message));
        if self.cursor.as_ref() == Some(next) {
            let cursor = bounded(next.as_str(), MAX_SHOWN);
            return bad(format!(
                "the list leads in circles: the cursor `{cursor}` came again"
            ));
        }
        let page = items.first().zip(items.last());
        let page = page.map(|(first, last)| (first.key(), last.key()));
        if let Some((first, last)) = &page {
            if page == self.latest || page == self.remembered {
                let [first, last] = [first, last].map(|key| bounded(key, MAX_SHOWN));
                let name = T::NAME;
                return bad(format!(
                    "the list repeats itself: the page from {name} {first} to {name} {last} came again"
                ));
            }
            self.latest.clone_from(&page);
            self.empty_pages = 0;
        } else {
            self.empty_pages += 1;
        }
        if self.empty_pages >= MAX_EMPTY_PAGES {
            return bad(format!(
                "the list does not end: {MAX_EMPTY_PAGES} empty pages in a row"
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
