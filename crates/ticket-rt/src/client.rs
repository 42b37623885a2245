//! The native client: one function per endpoint of the vendor, in the vendor's own terms.
//!
//! All of it was observed with a real RT 5.0.3, unless it says *inferred*.

use serde::Serialize;
use serde_json::Value;
use ticket_core::model::Attachment;
use ticket_core::{Error, ErrorKind, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Multipart, Reply};

use crate::config::RtConfig;
use crate::info::{self, ID};
use crate::{error, wire};

/// The fields of a row of a list of tickets.
const ROW: &str =
    "Subject,Status,Priority,Queue,Owner,Requestor,CustomFields,Created,LastUpdated,Due,Resolved";

/// A client of Request Tracker's REST 2, as observed, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// Cloning is cheap. `Debug` does not print the token or the password.
#[derive(Clone, Debug)]
pub struct Rt {
    pub(crate) http: HttpClient,
    pub(crate) info: ProviderInfo,
}

impl Rt {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL or credentials.
    pub fn new(config: &RtConfig) -> Result<Self> {
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            &[("authorization", config.authorization()?)],
        )?;
        Ok(Self {
            http,
            info: info::info(),
        })
    }

    /// `GET /ticket/{id}` (observed): the ticket and the tag of its version. A deleted ticket is found (observed); for a merged
    /// one the reply is its target (observed).
    ///
    /// # Errors
    ///
    /// `NotFound`; `Forbidden` without the right to see it (observed).
    pub async fn get_ticket(&self, id: &str) -> Result<(Reply<wire::Ticket>, Option<String>)> {
        self.read_ticket(Operation::Get, id).await
    }

    pub(crate) async fn read_ticket(
        &self,
        operation: Operation,
        id: &str,
    ) -> Result<(Reply<wire::Ticket>, Option<String>)> {
        let request = self
            .http
            .get(&["REST", "2.0", "ticket", id])
            .query("fields[Queue]", "Name");
        let read = |response: &HttpResponse| {
            let tag = response.header("etag").map(str::to_owned);
            Ok((response.reply()?, tag))
        };
        self.call(operation, request, 200, read).await
    }

    /// `GET /tickets` (observed).
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a query that RT does not understand, with its words (observed).
    pub async fn search_tickets(
        &self,
        search: &wire::TicketSearch,
    ) -> Result<wire::Collection<wire::Ticket>> {
        let request = self
            .http
            .get(&["REST", "2.0", "tickets"])
            .query("query", &search.query)
            .query("page", &search.page.to_string())
            .query("per_page", &search.per_page.to_string())
            .query("fields", ROW)
            .query("fields[Queue]", "Name")
            .query("fields[Requestor]", "EmailAddress,RealName");
        let request = search
            .order
            .iter()
            .fold(request, |request, (field, order)| {
                request.query("orderby", field).query("order", order)
            });
        self.call(Operation::List, request, 200, collection).await
    }

    /// `POST /ticket` (observed), as a form if there are files (observed).
    ///
    /// # Errors
    ///
    /// `Forbidden` for an unknown queue (observed). With an unknown effect the ticket may exist.
    pub async fn create_ticket(
        &self,
        ticket: &wire::NewTicket,
        files: Vec<Attachment>,
    ) -> Result<Reply<wire::CreatedTicket>> {
        let request = self.http.post(&["REST", "2.0", "ticket"]);
        let request = with_files(request, ticket, files)?;
        self.call(Operation::Create, request, 201, HttpResponse::reply)
            .await
    }

    /// `PUT /ticket/{id}` (observed): RT's sentences about what it changed and what it refused. With a tag, only if the
    /// ticket still has that version.
    ///
    /// # Errors
    ///
    /// `Conflict` if it has another version (observed).
    pub async fn update_ticket(
        &self,
        id: &str,
        update: &wire::TicketUpdate,
        if_match: Option<&str>,
    ) -> Result<Vec<String>> {
        self.change_ticket(Operation::Update, id, update, if_match)
            .await
    }

    pub(crate) async fn change_ticket(
        &self,
        operation: Operation,
        id: &str,
        update: &wire::TicketUpdate,
        if_match: Option<&str>,
    ) -> Result<Vec<String>> {
        let request = self.http.put(&["REST", "2.0", "ticket", id]).json(update);
        let request = condition(request, if_match);
        self.call(operation, request, 200, HttpResponse::json).await
    }

    /// `PUT /tickets/bulk` (observed): for each ticket its id and RT's sentences.
    ///
    /// A merged id deletes its target, which the sentence names.
    ///
    /// # Errors
    ///
    /// For a call that failed as a whole.
    pub async fn delete_tickets(&self, tickets: &[wire::DeletedTicket]) -> Result<Vec<Vec<Value>>> {
        let request = self
            .http
            .put(&["REST", "2.0", "tickets", "bulk"])
            .json(tickets);
        let read = |response: &HttpResponse| response.json::<wire::BulkReply>();
        self.call(Operation::Delete, request, 200, read).await
    }

    /// `DELETE /ticket/{id}` (observed). With a tag, only if the ticket still has that version.
    ///
    /// # Errors
    ///
    /// `Server` with an unknown effect also for a ticket that is deleted already (observed), and without the right to delete
    /// (observed). `Conflict` if it has another version (observed).
    pub async fn delete_ticket(&self, id: &str, if_match: Option<&str>) -> Result<()> {
        let request = self.http.delete(&["REST", "2.0", "ticket", id]);
        let request = condition(request, if_match);
        self.call(Operation::Delete, request, 204, |_| Ok(())).await
    }

    /// `POST /ticket/{id}/comment` (observed): a message that only staff see; as a form if there are files (observed).
    ///
    /// # Errors
    ///
    /// `NotFound` (observed).
    pub async fn comment(
        &self,
        id: &str,
        message: &wire::NewMessage,
        files: Vec<Attachment>,
    ) -> Result<()> {
        self.add_message(id, "comment", "Comments added", message, files)
            .await
    }

    /// `POST /ticket/{id}/correspond` (observed): a message to the requesters. It opens a ticket that is new, closed or deleted
    /// (observed).
    ///
    /// # Errors
    ///
    /// As [`comment`](Self::comment).
    pub async fn correspond(
        &self,
        id: &str,
        message: &wire::NewMessage,
        files: Vec<Attachment>,
    ) -> Result<()> {
        self.add_message(id, "correspond", "Correspondence added", message, files)
            .await
    }

    async fn add_message(
        &self,
        id: &str,
        call: &str,
        expected: &str,
        message: &wire::NewMessage,
        files: Vec<Attachment>,
    ) -> Result<()> {
        let request = self.http.post(&["REST", "2.0", "ticket", id, call]);
        let request = with_files(request, message, files)?;
        let read = |response: &HttpResponse| {
            let said: Vec<String> = response.json()?;
            if said.iter().any(|said| said == expected) {
                return Ok(());
            }
            let message = "the vendor's reply does not confirm the comment";
            Err(response.rejection(ErrorKind::BadResponse, message, &said.join("; ")))
        };
        self.call(Operation::Comment, request, 201, read).await
    }

    /// `GET /ticket/{id}/history` (observed), oldest first. Of a ticket that does not exist it is empty (observed).
    ///
    /// # Errors
    ///
    /// Those of any read.
    pub async fn get_history(
        &self,
        id: &str,
        page: u64,
        per_page: u32,
    ) -> Result<wire::Collection<wire::Transaction>> {
        let fields = "Type,Creator,Created";
        let request = self.pages(
            &["REST", "2.0", "ticket", id, "history"],
            fields,
            page,
            per_page,
        );
        self.call(Operation::Messages, request, 200, collection)
            .await
    }

    /// `GET /ticket/{id}/attachments` (observed), oldest first: files, and the texts of messages. Of a ticket that does not
    /// exist it is empty (observed).
    ///
    /// # Errors
    ///
    /// Those of any read.
    pub async fn get_attachments(
        &self,
        id: &str,
        page: u64,
        per_page: u32,
    ) -> Result<wire::Collection<wire::AttachmentRow>> {
        let fields = "Filename,ContentType,ContentLength,Created";
        let request = self.pages(
            &["REST", "2.0", "ticket", id, "attachments"],
            fields,
            page,
            per_page,
        );
        self.call(Operation::Attachments, request, 200, collection)
            .await
    }

    /// The texts of a ticket's messages, as attachments.
    pub(crate) async fn get_texts(
        &self,
        id: &str,
        page: u64,
    ) -> Result<wire::Collection<wire::AttachmentRow>> {
        let fields = "Filename,ContentType,Content,TransactionId";
        let path = ["REST", "2.0", "ticket", id, "attachments"];
        let request = self.pages(&path, fields, page, info::LARGEST_PAGE);
        self.call(Operation::Messages, request, 200, collection)
            .await
    }

    /// `GET /attachment/{id}` (observed): the content, in base64.
    ///
    /// # Errors
    ///
    /// `Server` for one that does not exist (observed). `Forbidden` without the right to see its ticket.
    pub async fn get_attachment(&self, id: &str) -> Result<Reply<wire::Attachment>> {
        let request = self.http.get(&["REST", "2.0", "attachment", id]);
        self.call(Operation::Download, request, 200, HttpResponse::reply)
            .await
    }

    fn pages(&self, path: &[&str], fields: &str, page: u64, per_page: u32) -> HttpRequest<'_> {
        self.http
            .get(path)
            .query("fields", fields)
            .query("page", &page.to_string())
            .query("per_page", &per_page.to_string())
    }

    async fn call<T>(
        &self,
        operation: Operation,
        request: HttpRequest<'_>,
        expected: u16,
        read: impl FnOnce(&HttpResponse) -> Result<T>,
    ) -> Result<T> {
        let reply = async {
            // RT's sentences are in the language of its user, unless another is asked for.
            let response = request.header("accept-language", "en").send().await?;
            error::check(&response, expected, operation)?;
            read(&response)
        };
        let reply: Result<T> = reply.await;
        reply.map_err(|error| error.in_operation(ID, operation))
    }
}

fn collection<T: serde::de::DeserializeOwned>(
    response: &HttpResponse,
) -> Result<wire::Collection<T>> {
    response.expect_object()?;
    response.json()
}

fn condition<'a>(request: HttpRequest<'a>, if_match: Option<&str>) -> HttpRequest<'a> {
    match if_match {
        Some(tag) => request.header("if-match", tag),
        None => request,
    }
}

/// The body as JSON, or with files as a form, in which RT takes the JSON from the part `JSON` (observed).
fn with_files<'a>(
    request: HttpRequest<'a>,
    body: &impl Serialize,
    files: Vec<Attachment>,
) -> Result<HttpRequest<'a>> {
    if files.is_empty() {
        return Ok(request.json(body));
    }
    let json = serde_json::to_string(body);
    let json =
        json.map_err(|error| Error::invalid_input(format!("the text cannot be sent: {error}")))?;
    let form = Multipart::new().text("JSON", json);
    let form = files
        .into_iter()
        .fold(form, |form, file| form.file("Attachments", file));
    Ok(request.multipart(form))
}
