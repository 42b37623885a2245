//! Joins pages into one stream and detects pagination loops. `Page` itself is in `query.rs`.

use std::collections::HashSet;
use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::vec;

use ecow::EcoString;
use futures_core::Stream;
use futures_util::stream;
use tokio::task::JoinSet;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use crate::model::attached::AttachedFile;
use crate::model::message::Message;
use crate::model::query::{Cursor, Page, PageRequest};
use crate::model::ticket::Ticket;
use crate::provider::error::{Error, ErrorKind, Result, bounded};

/// Number of consecutive empty pages, without any row of the vendor's, after which a list counts as endless.
const MAX_EMPTY_PAGES: usize = 100;

/// How many ids of a list are remembered, as hashes, to notice rows that come again much later. At most 2 MiB.
const MAX_REMEMBERED: usize = 65_536;

/// Number of characters of a cursor or an id that an error shows.
const MAX_SHOWN: usize = 60;

/// An item of a paginated list.
pub(crate) trait Paged: Send + 'static {
    /// The name of one item, for messages.
    const NAME: &'static str;

    /// A key that identifies the item within its list and that may be shown.
    fn key(&self) -> EcoString;

    /// The item's id, if it has one: no two items of a list share it.
    fn id(&self) -> Option<EcoString>;
}

impl Paged for Ticket {
    const NAME: &'static str = "ticket";

    fn key(&self) -> EcoString {
        self.id.as_str().into()
    }

    fn id(&self) -> Option<EcoString> {
        Some(self.key())
    }
}

impl Paged for AttachedFile {
    const NAME: &'static str = "file";

    fn key(&self) -> EcoString {
        self.id.as_str().into()
    }

    fn id(&self) -> Option<EcoString> {
        Some(self.key())
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

    fn id(&self) -> Option<EcoString> {
        self.id.as_deref().map(EcoString::from)
    }
}

/// All items of all pages, with at most two pages in memory: the second page is fetched once half of the first one's items
/// are taken, and each later one with the first item of the page before it: who reads so far reads on. At most `most` items
/// are given, and no page is fetched that they do not need. The stream ends after the first error, which is
/// [`ErrorKind::Incomplete`] if the pages were read to the end but contradict each other. `fetch` reads a page; `place` adds
/// the operation to errors of this module.
pub(crate) fn walk<T, F, P>(
    first: PageRequest,
    most: usize,
    fetch: impl Fn(PageRequest) -> F + Send,
    place: P,
) -> impl Stream<Item = Result<T>> + Send
where
    T: Paged,
    F: Future<Output = Result<Page<T>>> + Send + 'static,
    P: Fn(Error) -> Error + Send,
{
    let walk = Walk {
        items: Vec::new().into_iter(),
        threshold: 0,
        wanted: most,
        next: Some(first),
        ahead: JoinSet::new(),
        guard: Guard::default(),
        tally: Tally::default(),
    };
    // Boxed, so that it is not moved for each item.
    stream::unfold(Box::new((walk, fetch, place)), |mut work| async {
        let (walk, fetch, place) = &mut *work;
        let item = walk.next(fetch, place).await?;
        Some((item, work))
    })
}

/// A list that is read page by page.
struct Walk<T> {
    /// The items of the latest page that are not taken yet.
    items: vec::IntoIter<Result<T>>,
    /// When so many are left, the next page is fetched. 0 before the first page.
    threshold: usize,
    /// How many items are still wanted.
    wanted: usize,
    /// The page after them.
    next: Option<PageRequest>,
    /// The task that fetches it. Dropped, it ends.
    ahead: JoinSet<Result<Page<T>>>,
    guard: Guard,
    tally: Tally,
}

impl<T: Paged> Walk<T> {
    async fn next<F>(
        &mut self,
        fetch: &mut (impl Fn(PageRequest) -> F + Send),
        place: &mut (impl Fn(Error) -> Error + Send),
    ) -> Option<Result<T>>
    where
        F: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        self.wanted = self.wanted.checked_sub(1)?;
        loop {
            if let Some(item) = self.items.next() {
                if self.items.len() <= self.threshold && self.items.len() < self.wanted {
                    self.fetch_ahead(fetch);
                }
                return Some(item);
            }
            let at = self.next.take()?;
            let page = match self.ahead.join_next().await {
                // Nothing was fetched ahead.
                None => fetch(at.clone()).await,
                Some(Ok(page)) => page,
                Some(Err(error)) if error.is_panic() => {
                    std::panic::resume_unwind(error.into_panic())
                }
                Some(Err(_)) => Err(Error::new(
                    ErrorKind::Cancelled,
                    "the list ended with the runtime",
                )),
            };
            let items = self.read(&at, page, place);
            self.threshold = match self.threshold {
                0 => items.len() / 2,
                _ => items.len(),
            };
            self.items = items.into_iter();
        }
    }

    /// Fetches the next page, if there is one and it is not being fetched.
    fn fetch_ahead<F>(&mut self, fetch: &impl Fn(PageRequest) -> F)
    where
        F: Future<Output = Result<Page<T>>> + Send + 'static,
    {
        if let Some(at) = self.next.clone().filter(|_| self.ahead.is_empty()) {
            let page = fetch(at).in_current_span().with_current_subscriber();
            self.ahead.spawn(page);
        }
    }

    /// The items of a page, and the error that ends the list.
    fn read(
        &mut self,
        at: &PageRequest,
        page: Result<Page<T>>,
        place: &impl Fn(Error) -> Error,
    ) -> Vec<Result<T>> {
        let read = page.and_then(|page| {
            let next = page.next.clone().map(|next| {
                self.guard.admit(&next, &page).map_err(place)?;
                Ok(PageRequest {
                    cursor: Some(next),
                    ..at.clone()
                })
            });
            Ok((page, next.transpose()?))
        });
        match read {
            Ok((page, next)) => {
                let items = self.tally.add(page).into_iter().map(Ok);
                let end = if next.is_none() {
                    self.tally.end()
                } else {
                    None
                };
                self.next = next;
                items.chain(end.map(|error| Err(place(error)))).collect()
            }
            Err(error) => vec![Err(error)],
        }
    }
}

/// Number of contradictions that an error names.
const MAX_GAPS: usize = 5;

/// Compares the pages of a list with each other and with the vendor's totals, in constant memory.
#[derive(Default)]
struct Tally {
    /// Number of different items.
    items: u64,
    /// Number of items that the page before had too.
    repeated: u64,
    first_total: Option<u64>,
    total: Option<u64>,
    /// The ids of the latest page.
    latest: HashSet<EcoString>,
    /// The hashes of the first [`MAX_REMEMBERED`] ids.
    remembered: HashSet<u64>,
    gaps: Vec<String>,
}

impl Tally {
    /// Counts a page, and returns its items without those that came before.
    fn add<T: Paged>(&mut self, page: Page<T>) -> Vec<T> {
        page.gaps.into_iter().for_each(|gap| self.note(gap));
        if let (Some(before), Some(now)) = (self.total, page.total) {
            if now < before {
                self.note(format!(
                    "the vendor's total fell from {before} to {now}, so that items may have moved to a page that was \
                     already read"
                ));
            }
        }
        self.total = page.total.or(self.total);
        self.first_total = self.first_total.or(page.total);
        let mut items = page.items;
        let mut latest = HashSet::new();
        let mut came = items.len();
        items.retain(|item| item.id().is_none_or(|id| latest.insert(id)));
        if items.len() < came {
            let twice = came - items.len();
            self.note(format!(
                "{twice} items came twice in one page, in the place of others"
            ));
        }
        came = items.len();
        let before = std::mem::take(&mut self.latest);
        items.retain(|item| item.id().is_none_or(|id| !before.contains(&id)));
        let came_again = came - items.len();
        came = items.len();
        items.retain(|item| item.id().is_none_or(|id| self.is_new(&id)));
        if items.len() < came {
            let again = came - items.len();
            self.note(format!(
                "{again} items came again that had come pages before, in the place of others"
            ));
        }
        let count = |items: usize| u64::try_from(items).unwrap_or(u64::MAX);
        self.repeated += count(came_again);
        self.items += count(items.len());
        if let Some(total) = page.total.filter(|total| *total < self.items) {
            let items = self.items;
            self.note(format!(
                "the vendor's total was {total} when {items} items had come"
            ));
        }
        self.latest = if latest.is_empty() { before } else { latest };
        items
    }

    /// Whether no earlier page had this id, as far as they are remembered.
    fn is_new(&mut self, id: &EcoString) -> bool {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let hash = hasher.finish();
        if self.remembered.len() < MAX_REMEMBERED {
            return self.remembered.insert(hash);
        }
        !self.remembered.contains(&hash)
    }

    fn note(&mut self, gap: String) {
        if self.gaps.len() < MAX_GAPS {
            self.gaps.push(gap);
        }
    }

    /// The error of a list that may be incomplete.
    fn end(&mut self) -> Option<Error> {
        let (items, repeated) = (self.items, self.repeated);
        let totals = self.first_total.zip(self.total);
        // Items that are added while the list is read move others to the next page, where they come again.
        let added = totals.map_or(0, |(first, last)| last.saturating_sub(first));
        if repeated > added {
            self.note(format!(
                "{repeated} items came twice, so that others may have been skipped"
            ));
        }
        if let Some((first, last)) = totals {
            if items > last.max(first) || items < last.min(first) {
                self.note(format!(
                    "the vendor's total is {last}, but {items} items came"
                ));
            }
        }
        if self.gaps.is_empty() {
            return None;
        }
        let gaps = self.gaps.join("; ");
        let message = format!("the list may be incomplete: {gaps}");
        Some(Error::new(ErrorKind::Incomplete, message))
    }
}

/// Detects pagination loops in constant memory (Brent's algorithm): it remembers one earlier page, and
/// replaces it after 1, 2, 4, 8, … pages. A page is the same if its cursor is the same or, for vendors that
/// ignore the cursor, if its first and last item are. One item alone may have moved to another page.
#[derive(Default)]
struct Guard {
    cursor: Option<Cursor>,
    /// The first and last item of the latest page and of the remembered one. Pages without items are skipped.
    latest: Option<Ends>,
    remembered: Option<Ends>,
    steps: usize,
    span: usize,
    empty_pages: usize,
}

/// The keys of the first and the last item of a page.
type Ends = (EcoString, EcoString);

impl Guard {
    fn admit<T: Paged>(&mut self, next: &Cursor, page: &Page<T>) -> Result<()> {
        let bad = |message| Err(Error::new(ErrorKind::BadResponse, message));
        if self.cursor.as_ref() == Some(next) {
            let cursor = bounded(next.as_str(), MAX_SHOWN);
            return bad(format!(
                "pagination loop: the vendor returned cursor `{cursor}` again"
            ));
        }
        let ends = page.items.first().zip(page.items.last());
        let ends = ends.map(|(first, last)| (first.key(), last.key()));
        if let Some((first, last)) = &ends {
            if ends == self.latest || ends == self.remembered {
                let [first, last] = [first, last].map(|key| bounded(key, MAX_SHOWN));
                let name = T::NAME;
                return bad(format!(
                    "pagination loop: the vendor returned the page from {name} {first} to {name} {last} again"
                ));
            }
            self.latest.clone_from(&ends);
        }
        // A page of rows that the provider left out is a full one of the vendor's.
        if ends.is_some() || page.left_out > 0 {
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
