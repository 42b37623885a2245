//! A vendor in this process with tickets that have messages and files, and that logs each call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use ticket_core::call::{RetryPolicy, StackOptions};
use ticket_core::model::{AttachedFile, Cursor, PageRequest, RawJson, RawValue, Status};
use ticket_core::provider::{Capabilities, Download, Field, Fields, Support};
use ticket_core::{
    CallContext, Error, ErrorKind, Message, Operation, Page, ProviderInfo, Result, Ticket,
    TicketId, TicketProvider, TicketQuery, Tickets,
};

/// A file of a ticket: its id, its name, its bytes.
pub(crate) type File = (&'static str, &'static str, Vec<u8>);

#[derive(Clone, Default)]
pub(crate) struct Desk {
    pub(crate) info: Option<ProviderInfo>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub(crate) struct State {
    /// The number of changes of each ticket.
    pub(crate) tickets: BTreeMap<String, u64>,
    pub(crate) files: BTreeMap<String, Vec<File>>,
    pub(crate) log: Vec<String>,
    /// What the call with this text fails with.
    pub(crate) fails: BTreeMap<String, Error>,
    /// The call with this number in the log never ends.
    pub(crate) hangs_at: Option<usize>,
    /// Files are listed with one byte more than they have.
    pub(crate) lying_size: bool,
    /// The list says that it may be incomplete.
    pub(crate) gap: Option<String>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

pub(crate) const ALL: [Operation; 5] = [
    Operation::Get,
    Operation::List,
    Operation::Messages,
    Operation::Attachments,
    Operation::Download,
];

fn raw(json: String) -> RawJson {
    RawJson::from(RawValue::from_string(json).unwrap())
}

impl Desk {
    /// A desk with these tickets. Each has three messages on two pages, and two files.
    pub(crate) fn new(ids: &[&str]) -> Self {
        Self::with_operations(ids, &ALL)
    }

    pub(crate) fn with_operations(ids: &[&str], operations: &[Operation]) -> Self {
        let mut capabilities = Capabilities::none();
        for operation in operations {
            capabilities = capabilities.with(
                *operation,
                Support::new().fields(Fields::carrying(&[Field::Cursor])),
            );
        }
        let desk = Self {
            info: Some(ProviderInfo::new("desk", "Desk", capabilities)),
            ..Self::default()
        };
        for id in ids {
            desk.state().tickets.insert((*id).to_owned(), 0);
            let files = vec![
                ("f1", "../same.txt", b"the same everywhere".to_vec()),
                ("f2", "own.bin", format!("\0{id}").into_bytes()),
            ];
            desk.state().files.insert((*id).to_owned(), files);
        }
        desk
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The calls since the last time.
    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    pub(crate) fn fail(&self, call: &str, error: Error) {
        self.state().fails.insert(call.to_owned(), error);
    }

    pub(crate) fn change(&self, id: &str) {
        *self.state().tickets.get_mut(id).unwrap() += 1;
    }

    pub(crate) fn handle(&self) -> Tickets {
        let mut options = StackOptions::default();
        options.retry = RetryPolicy::default().max_attempts(std::num::NonZeroU32::MIN);
        Tickets::with_options(Arc::new(self.clone()), &options)
    }

    /// Logs a call, which fails or never ends if it is to.
    async fn call(&self, text: String) -> Result<()> {
        let (error, hangs) = {
            let mut state = self.state();
            state.log.push(text.clone());
            let hangs = state.hangs_at == Some(state.log.len());
            (state.fails.get(&text).cloned(), hangs)
        };
        if hangs {
            std::future::pending::<()>().await;
        }
        error.map_or(Ok(()), Err)
    }

    pub(crate) fn raw_of(&self, id: &str) -> String {
        let changes = self.state().tickets[id];
        format!("{{\"no\":  {id:?},\"changes\":{changes}.0}}")
    }

    /// A row of a list has less than the ticket itself.
    fn ticket(&self, id: &str, is_row: bool) -> Ticket {
        let changes = self.state().tickets[id];
        let json = self.raw_of(id);
        let json = if is_row { format!("[{json}]") } else { json };
        let mut ticket = Ticket::new(id, raw(json));
        ticket.subject = Some(format!("Subject of {id}"));
        ticket.status = Some(Status::Open);
        let updated = 1_792_148_400 + i64::try_from(changes).unwrap();
        ticket.updated_at = Some(jiff::Timestamp::from_second(updated).unwrap());
        ticket
    }

    fn is_there(&self, id: &TicketId) -> Result<()> {
        if self.state().tickets.contains_key(id.as_str()) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::NotFound, "no such ticket"))
    }
}

#[async_trait]
impl TicketProvider for Desk {
    fn info(&self) -> &ProviderInfo {
        self.info.as_ref().unwrap()
    }

    async fn get(&self, _: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.call(format!("get {id}")).await?;
        self.is_there(id)?;
        Ok(self.ticket(id.as_str(), false))
    }

    async fn list(&self, _: &CallContext, _: &TicketQuery) -> Result<Page<Ticket>> {
        self.call("list".to_owned()).await?;
        let ids: Vec<_> = self.state().tickets.keys().cloned().collect();
        let rows = ids.iter().map(|id| self.ticket(id, true)).collect();
        Ok(Page::last(rows).gaps(self.state().gap.clone()))
    }

    async fn messages(
        &self,
        _: &CallContext,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<Message>> {
        let cursor = page.cursor.as_ref().map_or("1", Cursor::as_str);
        self.call(format!("messages {id} {cursor}")).await?;
        self.is_there(id)?;
        let message = |number: u32| {
            let text = serde_json::to_string(&format!("{number} of {id}")).unwrap();
            let json = format!("{{\"text\" : {text}}}");
            let mut message = Message::new(format!("{number} of {id}"), raw(json));
            message.id = Some(number.to_string());
            message
        };
        Ok(match cursor {
            "1" => Page::last(vec![message(1), message(2)]).next(Some(Cursor::new("2"))),
            _ => Page::last(vec![message(3)]),
        })
    }

    async fn attachments(
        &self,
        _: &CallContext,
        id: &TicketId,
        _: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        self.call(format!("attachments {id}")).await?;
        let files = self.state().files.get(id.as_str()).cloned();
        let more = usize::from(self.state().lying_size);
        let files = files
            .unwrap_or_default()
            .into_iter()
            .map(|(file, name, bytes)| {
                let mut file = AttachedFile::new(format!("{id}/{file}"), raw("{}".to_owned()));
                file.name = Some(name.to_owned());
                file.media_type = Some("text/plain".to_owned());
                file.size = u64::try_from(bytes.len() + more).ok();
                file
            });
        Ok(Page::last(files.collect()))
    }

    async fn download(&self, _: &CallContext, file: &AttachedFile) -> Result<Download> {
        self.call(format!("download {}", file.id)).await?;
        let (ticket, id) = file.id.rsplit_once('/').unwrap();
        let files = self.state().files[ticket].clone();
        let (_, _, bytes) = files.into_iter().find(|(one, ..)| *one == id).unwrap();
        // Byte by byte, and the last one may never come.
        let parts: Vec<_> = bytes.into_iter().map(|byte| Ok(vec![byte])).collect();
        let desk = self.clone();
        let end = stream::once(async move {
            desk.call("end of file".to_owned())
                .await
                .map(|()| Vec::new())
        });
        Ok(Download::new(stream::iter(parts).chain(end).boxed()))
    }
}
