//! The native client: one function per endpoint of Redmine, in Redmine's own terms.

use std::sync::Arc;

use ticket_core::model::Attachment;
use ticket_core::provider::Download;
use ticket_core::{Effect, Error, ErrorKind, Operation, ProviderInfo, Result};
use ticket_http::{HttpClient, HttpRequest, HttpResponse, Reply, basic_auth};

use crate::config::RedmineConfig;
use crate::error::{self, Names};
use crate::info::{self, ID};
use crate::site::Site;
use crate::wire;

/// A client of Redmine's REST API, and a [`TicketProvider`](ticket_core::TicketProvider).
///
/// What is said of Redmine here was observed with 5.0.4.
///
/// Cloning is cheap. `Debug` prints neither the key nor the password.
#[derive(Clone, Debug)]
pub struct Redmine {
    pub(crate) http: HttpClient,
    pub(crate) info: ProviderInfo,
    pub(crate) site: Arc<Site>,
}

impl Redmine {
    /// A client with this configuration. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Config` for an unusable base URL or key, and for a key together with a login, or neither.
    pub fn new(config: &RedmineConfig) -> Result<Self> {
        let secret = match (&config.api_key, &config.login, &config.password) {
            (Some(key), None, None) => ("x-redmine-api-key", key.clone()),
            (None, Some(login), Some(password)) => ("authorization", basic_auth(login, password)?),
            _ => {
                return Err(Error::config(
                    "Redmine needs either `api_key`, or `login` and `password`",
                ));
            }
        };
        let product = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        let http = HttpClient::new(
            &config.base_url,
            &config.http.clone().or_user_agent(product),
            &[secret],
        )?;
        Ok(Self {
            http,
            info: info::info(),
            site: Arc::new(Site::new(config)?),
        })
    }

    /// `GET /issues/{id}.json` (observed).
    ///
    /// # Errors
    ///
    /// `NotFound` for an issue that does not exist, also where the caller may see none; `Forbidden` for one that the caller
    /// may not see.
    pub async fn get_issue(&self, id: &str) -> Result<Reply<wire::Issue>> {
        self.read_issue(self.issue(id)).await
    }

    /// The same with the subtasks that the caller may see (observed).
    pub(crate) async fn get_issue_with_subtasks(&self, id: &str) -> Result<Reply<wire::Issue>> {
        let request = self.issue(id).query("include", "children");
        self.read_issue(request).await
    }

    async fn read_issue(&self, request: HttpRequest<'_>) -> Result<Reply<wire::Issue>> {
        let response = self
            .call(Operation::Get, Names::Entry, 200, request)
            .await?;
        let reply: wire::IssueReply = told(&response, Operation::Get)?;
        Ok(reply.issue)
    }

    /// `GET /issues.json` (observed). With a wrong key, it lists the issues that everybody may see.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a filter with a value of the wrong form.
    pub async fn list_issues(&self, query: &wire::ListQuery) -> Result<wire::IssueList> {
        let mut request = self.http.get(&["issues.json"]);
        for (name, value) in query.pairs() {
            request = request.query(&name, &value);
        }
        let response = self
            .call(Operation::List, Names::Nothing, 200, request)
            .await?;
        told(&response, Operation::List)
    }

    /// `POST /issues.json` (observed). Returns the issue as it is. A field that Redmine does not know is dropped without a word.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for wrong values. With an unknown effect the issue may exist.
    pub async fn create_issue(&self, issue: &wire::ChangedIssue) -> Result<Reply<wire::Issue>> {
        let request = self.http.post(&["issues.json"]);
        let request = request.json(&wire::Body { issue });
        let response = self
            .call(Operation::Create, Names::Nothing, 201, request)
            .await?;
        let reply: wire::IssueReply = told(&response, Operation::Create)?;
        Ok(reply.issue)
    }

    /// `PUT /issues/{id}.json` (observed): changes fields, adds a note, attaches files. A field that the caller may not change, a
    /// status that the workflow does not allow and whatever Redmine does not know is dropped without a word: the reply is
    /// the same 204.
    ///
    /// # Errors
    ///
    /// `NotFound`, and `InvalidInput` for wrong values.
    pub async fn update_issue(&self, id: &str, issue: &wire::ChangedIssue) -> Result<()> {
        self.put_issue(Operation::Update, id, issue).await
    }

    pub(crate) async fn put_issue(
        &self,
        operation: Operation,
        id: &str,
        issue: &wire::ChangedIssue,
    ) -> Result<()> {
        let request = self.http.put(&["issues", &format!("{id}.json")]);
        let request = request.json(&wire::Body { issue });
        self.call(operation, Names::Entry, 204, request).await?;
        Ok(())
    }

    /// `DELETE /issues/{id}.json` (observed): deletes for good, with all subtasks, logged time and files.
    ///
    /// # Errors
    ///
    /// `NotFound`, and `Forbidden` without the right to delete.
    pub async fn delete_issue(&self, id: &str) -> Result<()> {
        let request = self.http.delete(&["issues", &format!("{id}.json")]);
        self.call(Operation::Delete, Names::Entry, 204, request)
            .await?;
        Ok(())
    }

    /// The journals of an issue, each with its own JSON.
    pub(crate) async fn journals(
        &self,
        operation: Operation,
        id: &str,
    ) -> Result<wire::IssueWithJournals> {
        let request = self.issue(id).query("include", "journals");
        let response = self.call(operation, Names::Entry, 200, request).await?;
        told(&response, operation)
    }

    /// The files of an issue, each with its own JSON.
    pub(crate) async fn files(&self, id: &str) -> Result<wire::IssueWithFiles> {
        let request = self.issue(id).query("include", "attachments");
        let operation = Operation::Attachments;
        let response = self.call(operation, Names::Entry, 200, request).await?;
        told(&response, operation)
    }

    /// `POST /uploads.json` (observed): sends a file that a create or an update attaches by its token. Redmine deletes it after a day
    /// if none does.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a file that is larger than configured, or than the site allows.
    pub async fn stage_file(&self, file: &Attachment) -> Result<wire::Staged> {
        let request = self.http.post(&["uploads.json"]);
        let request = request.query("filename", &file.name);
        let request = request.file(file.clone(), self.site.max_attachment_bytes);
        let response = self
            .call(Operation::Update, Names::Nothing, 201, request)
            .await?;
        let reply: wire::StagedReply = told(&response, Operation::Update)?;
        Ok(reply.upload)
    }

    /// `GET /attachments/download/{id}` (observed). Everybody may read the files of a public project.
    ///
    /// # Errors
    ///
    /// `NotFound` for a file that does not exist.
    pub async fn download_file(&self, id: &str) -> Result<Download> {
        let request = self.http.get(&["attachments", "download", id]);
        // Of the form of a refusal; otherwise it is a web page.
        let request = request.header("accept", "application/json");
        let begun = async {
            let (response, download) = request.download().await?;
            error::check(&response, 200, Names::Entry)?;
            // Every file comes with it; a sign-in page does not.
            if response.header("content-disposition").is_none() {
                return Err(response.foreign());
            }
            Ok(download)
        };
        begun
            .await
            .map_err(|error| error.in_operation(ID, Operation::Download))
    }

    /// `GET /users/current.json`, with the memberships (observed).
    ///
    /// # Errors
    ///
    /// `Unauthenticated` for a wrong key, with which other reads answer what is public.
    pub async fn current_user(&self) -> Result<wire::User> {
        let request = self.http.get(&["users", "current.json"]);
        let request = request.query("include", "memberships");
        let reply: wire::CurrentUser = self.look_up(request).await?;
        Ok(reply.user)
    }

    /// `GET /users.json?name={text}&status=` (observed): up to a hundred users, also locked ones, whose login or one of whose
    /// addresses has the text, or whose first and last name have its words. All without regard to case.
    ///
    /// # Errors
    ///
    /// `Forbidden` for everybody but an administrator; `Unauthenticated` for a wrong key.
    pub async fn find_users(&self, text: &str) -> Result<wire::FoundUsers> {
        let request = self.http.get(&["users.json"]);
        let request = request.query("name", text).query("status", "");
        self.look_up(request.query("limit", "100")).await
    }

    /// Refuses a wrong key, by `GET /users/current.json`.
    pub(crate) async fn check_key(&self) -> Result<()> {
        let request = self.http.get(&["users", "current.json"]);
        let _: wire::CurrentUser = self.look_up(request).await?;
        Ok(())
    }

    /// `GET /issue_statuses.json`, in the order of the site (observed).
    ///
    /// # Errors
    ///
    /// `Unauthenticated` where the site lets nobody read without a key.
    pub async fn issue_statuses(&self) -> Result<Vec<wire::Status>> {
        let request = self.http.get(&["issue_statuses.json"]);
        let reply: wire::Statuses = self.look_up(request).await?;
        Ok(reply.issue_statuses)
    }

    /// `GET /enumerations/issue_priorities.json`, in the order of the site (observed).
    ///
    /// # Errors
    ///
    /// As [`issue_statuses`](Self::issue_statuses).
    pub async fn issue_priorities(&self) -> Result<Vec<wire::Named>> {
        let request = self.http.get(&["enumerations", "issue_priorities.json"]);
        let reply: wire::Priorities = self.look_up(request).await?;
        Ok(reply.issue_priorities)
    }

    /// `GET /roles/{id}.json` (observed).
    ///
    /// # Errors
    ///
    /// As [`issue_statuses`](Self::issue_statuses).
    pub async fn role(&self, id: u64) -> Result<wire::Role> {
        let request = self.http.get(&["roles", &format!("{id}.json")]);
        let reply: wire::Roles = self.look_up(request).await?;
        Ok(reply.role)
    }

    /// `GET /projects/{identifier}.json` (observed).
    pub(crate) async fn project(&self, identifier: &str) -> Result<wire::Named> {
        let request = self.http.get(&["projects", &format!("{identifier}.json")]);
        let operation = Operation::List;
        let response = self.call(operation, Names::Entry, 200, request).await?;
        let reply: wire::ProjectReply = told(&response, operation)?;
        Ok(reply.project)
    }

    fn issue(&self, id: &str) -> HttpRequest<'_> {
        self.http.get(&["issues", &format!("{id}.json")])
    }

    async fn look_up<T: serde::de::DeserializeOwned>(&self, request: HttpRequest<'_>) -> Result<T> {
        let response = self
            .call(Operation::List, Names::Nothing, 200, request)
            .await?;
        told(&response, Operation::List)
    }

    async fn call(
        &self,
        operation: Operation,
        names: Names,
        documented: u16,
        request: HttpRequest<'_>,
    ) -> Result<HttpResponse> {
        let reply = async {
            let response = request.send().await?;
            error::check(&response, documented, names)?;
            Ok(response)
        };
        reply
            .await
            .map_err(|error: Error| error.in_operation(ID, operation))
    }
}

/// What a reply says.
fn told<T: serde::de::DeserializeOwned>(
    response: &HttpResponse,
    operation: Operation,
) -> Result<T> {
    let told = response.expect_object().and_then(|()| response.json());
    told.map_err(|error| error.in_operation(ID, operation))
}

/// A failure of a request that only prepares an operation: nothing was changed, and nothing is said of the ticket.
pub(crate) fn preparing(operation: Operation) -> impl Fn(Error) -> Error {
    move |error| {
        let error = error.in_operation(ID, operation);
        error.with_effect(Effect::None)
    }
}

/// A failure of the read that confirms a change: the change may have been made.
pub(crate) fn confirming(operation: Operation) -> impl Fn(Error) -> Error {
    move |error| {
        // That the ticket is not found now does not say that it was not.
        let error = match error.kind() {
            ErrorKind::NotFound => Error::new(
                ErrorKind::BadResponse,
                "the change was accepted, and then the ticket was not found",
            ),
            _ => error,
        };
        error
            .in_operation(ID, operation)
            .with_effect(Effect::Unknown)
    }
}
