//! What is sent for each field of the domain types.

use serde_json::json;
use ticket_core::model::{Attachment, Cursor, Direction, PageRequest, Person, Priority, Status};
use ticket_core::provider::Field;
use ticket_core::{
    CallContext, NewComment, NewTicket, Operation, TicketPatch, TicketProvider as _,
};
use ticket_leadsquared::{LeadSquared, info};
use ticket_sandbox::Sandbox;

use crate::common::{answer, config, connected};
use crate::{CREATED, NOTED, REFUSED, UPDATED, agrees_with_declaration, outcome, sent};

fn file() -> Attachment {
    Attachment::new("a.txt", *b"bytes")
}

#[tokio::test]
async fn each_field_of_a_new_ticket_arrives_as_one_field_or_is_refused() {
    let of = |person| NewTicket::new("S").requester(person);
    let by_id = || of(Person::with_id("G"));
    let by_mail = || of(Person::default().email("E"));
    let rows: Vec<(Field, NewTicket, &str)> = vec![
        (
            Field::Subject,
            by_mail(),
            "Title=S; LeadDetail.EmailAddress=E",
        ),
        (
            Field::RequesterEmail,
            by_mail(),
            "Title=S; LeadDetail.EmailAddress=E",
        ),
        (
            Field::RequesterPhone,
            of(Person::default().phone("P")),
            "Title=S; LeadDetail.Phone=P",
        ),
        (
            Field::RequesterId,
            by_id(),
            "LeadId=G; Title=S; RelatedCustomerId=G",
        ),
        (
            Field::RequesterName,
            of(Person::with_id("G").name("N")),
            REFUSED,
        ),
        (
            Field::Description,
            by_mail().description("D"),
            "Title=S; Description=D; LeadDetail.EmailAddress=E",
        ),
        (
            Field::Category,
            by_mail().category("C"),
            "Title=S; Type=C; LeadDetail.EmailAddress=E",
        ),
        (
            Field::Priority,
            by_mail().priority(Priority::Urgent),
            "Title=S; Priority=Urgent; LeadDetail.EmailAddress=E",
        ),
        (Field::Assignee, by_mail().assignee("A"), REFUSED),
        (Field::Tags, by_mail().tag("T"), REFUSED),
        (
            Field::Attachments,
            by_mail().attachment(file()),
            "Title=S; LeadDetail.EmailAddress=E; files=a.txt - bytes",
        ),
        (
            Field::Attachments,
            by_id()
                .attachment(file().media_type("text/plain"))
                .attachment(Attachment::new("b.png", *b"2")),
            "LeadId=G; Title=S; RelatedCustomerId=G; files=a.txt text/plain bytes; files=b.png - 2",
        ),
    ];
    let (sandbox, provider) = connected().await;
    for (field, ticket, arrives) in &rows {
        if *arrives != REFUSED {
            answer(&sandbox, 200, CREATED);
        }
        let before = sandbox.journal().len();
        let result = provider.create(&CallContext::new(), ticket).await;
        let result = result.map(|created| assert_eq!(created.id.as_str(), "163"));
        assert_eq!(outcome(&sandbox, before, field.as_str(), result), *arrives);
    }
    let rows: Vec<_> = rows
        .iter()
        .map(|(field, _, sent)| (*field, *sent))
        .collect();
    let all = [
        Field::Subject,
        Field::Description,
        Field::RequesterId,
        Field::RequesterName,
        Field::RequesterEmail,
        Field::RequesterPhone,
        Field::Category,
        Field::Priority,
        Field::Assignee,
        Field::Tags,
        Field::Attachments,
    ];
    agrees_with_declaration(Operation::Create, &rows, &all);
}

#[tokio::test]
async fn each_field_of_a_patch_arrives_as_one_field_or_is_refused() {
    let patch = TicketPatch::new;
    let rows: Vec<(Field, TicketPatch, &str)> = vec![
        (Field::Subject, patch().subject("S"), "Title=S"),
        (
            Field::Description,
            patch().description("D"),
            "Description=D",
        ),
        (Field::Category, patch().category("C"), "Type=C"),
        (Field::Status, patch().status(Status::Open), "Status=Open"),
        (
            Field::Status,
            patch().status(Status::OnHold),
            "Status=On Hold",
        ),
        (
            Field::Status,
            patch().status(Status::Resolved),
            "Status=Solved",
        ),
        (Field::Status, patch().status(Status::Closed), "Status=Done"),
        (
            Field::Status,
            patch().status(Status::Other("Waiting".to_owned())),
            "Status=Waiting",
        ),
        (
            Field::Priority,
            patch().priority(Priority::Low),
            "Priority=Low",
        ),
        (
            Field::Priority,
            patch().priority(Priority::Medium),
            "Priority=Medium",
        ),
        (
            Field::Priority,
            patch().priority(Priority::High),
            "Priority=High",
        ),
        (
            Field::Priority,
            patch().priority(Priority::Urgent),
            "Priority=Urgent",
        ),
        (
            Field::Priority,
            patch().priority(Priority::Other("P0".to_owned())),
            "Priority=P0",
        ),
        (Field::Assignee, patch().assignee("A"), REFUSED),
        (
            Field::Attachments,
            patch().attachment(file()),
            "files=a.txt - bytes",
        ),
    ];
    let sandbox = Sandbox::start().await.unwrap();
    let config = config(&sandbox)
        .resolved_status("Solved")
        .closed_status("Done");
    let provider = LeadSquared::new(&config).unwrap();
    for (field, patch, arrives) in &rows {
        if *arrives != REFUSED {
            answer(&sandbox, 200, UPDATED);
        }
        let before = sandbox.journal().len();
        let result = provider
            .update(&CallContext::new(), &"143".into(), patch)
            .await;
        assert_eq!(outcome(&sandbox, before, field.as_str(), result), *arrives);
    }
    let before = sandbox.journal().len();
    answer(&sandbox, 200, UPDATED);
    let result = provider.resolve(&CallContext::new(), &"143".into()).await;
    assert_eq!(outcome(&sandbox, before, "status", result), "Status=Solved");

    let rows: Vec<_> = rows
        .iter()
        .map(|(field, _, sent)| (*field, *sent))
        .collect();
    let all = [
        Field::Subject,
        Field::Description,
        Field::Status,
        Field::Priority,
        Field::Category,
        Field::Assignee,
        Field::Attachments,
    ];
    agrees_with_declaration(Operation::Update, &rows, &all);
}

#[tokio::test]
async fn custom_fields_arrive_under_their_own_names_but_none_twice() {
    let (sandbox, provider) = connected().await;
    answer(&sandbox, 200, CREATED);
    let ticket = NewTicket::new("S")
        .requester(Person::with_id("G"))
        .custom("Status", "Open")
        .custom("CustomData.SRC_CS_2", "Online");
    provider.create(&CallContext::new(), &ticket).await.unwrap();
    answer(&sandbox, 200, UPDATED);
    let patch = TicketPatch::new()
        .priority(Priority::Low)
        .custom("Channel", "Chat")
        .custom("Title", "S");
    provider
        .update(&CallContext::new(), &"143".into(), &patch)
        .await
        .unwrap();
    let journal = sandbox.journal();
    assert_eq!(
        sent(&journal[0]),
        "LeadId=G; Title=S; RelatedCustomerId=G; CustomData.SRC_CS_2=Online; Status=Open"
    );
    assert_eq!(sent(&journal[1]), "Priority=Low; Channel=Chat; Title=S");

    let full = || {
        NewTicket::new("S")
            .description("D")
            .category("C")
            .priority(Priority::Low)
            .requester(Person::with_id("G").email("E").phone("P"))
    };
    for name in [
        "Title",
        "Description",
        "Type",
        "Priority",
        "RelatedCustomerId",
        "LeadDetail.EmailAddress",
        "LeadDetail.Phone",
    ] {
        let result = provider
            .create(&CallContext::new(), &full().custom(name, "twice"))
            .await;
        assert_eq!(outcome(&sandbox, 2, name, result.map(drop)), REFUSED);
    }
    let full = || {
        TicketPatch::new()
            .subject("S")
            .description("D")
            .category("C")
            .status(Status::Open)
            .priority(Priority::Low)
    };
    for name in ["Title", "Description", "Type", "Status", "Priority"] {
        let patch = full().custom(name, "twice");
        let result = provider
            .update(&CallContext::new(), &"143".into(), &patch)
            .await;
        assert_eq!(outcome(&sandbox, 2, name, result), REFUSED);
    }
}

#[tokio::test]
async fn each_direction_of_a_comment_has_its_call_or_is_refused() {
    let (sandbox, provider) = connected().await;
    let note = json!({
        "TextPart": "B", "ActivityType": "CreateInternalNote", "StorageType": "Permament",
        "RelatedTicketId": 143,
    });
    let activity = json!({ "Text": "B", "Direction": "INBOUND" });
    let portal = r#"{"Id":"1","Status":"Success","Message":null}"#;
    let rows = [
        (Direction::Internal, NOTED, "internalnote/upload", note),
        (
            Direction::Inbound,
            portal,
            "ticket/143/portal/activity",
            activity,
        ),
    ];
    for (direction, reply, path, body) in rows {
        answer(&sandbox, 200, reply);
        let comment = NewComment::new("B", direction);
        provider
            .comment(&CallContext::new(), &"143".into(), &comment)
            .await
            .unwrap();
        let seen = sandbox.journal().pop().unwrap();
        assert_eq!(
            (seen.method.as_str(), seen.path.as_str()),
            (
                "POST",
                format!("/leadsquared/api/tenants/22824/{path}").as_str()
            )
        );
        assert_eq!(seen.json().unwrap(), body);
    }
    for (comment, name) in [
        (NewComment::outbound("B"), "outbound"),
        (NewComment::internal(" \n"), "body"),
        (NewComment::inbound(""), "body"),
        (NewComment::internal("B").attachment(file()), "attachments"),
        (NewComment::inbound("B").attachment(file()), "attachments"),
    ] {
        let result = provider
            .comment(&CallContext::new(), &"143".into(), &comment)
            .await;
        assert_eq!(outcome(&sandbox, 2, name, result), REFUSED);
    }
    let capabilities = info().capabilities;
    let fields = capabilities.fields(Operation::Comment).unwrap();
    assert_eq!(
        fields.carried(),
        [Field::Body, Field::Internal, Field::Inbound]
    );
}

#[tokio::test]
async fn messages_are_asked_for_by_numbers_and_come_in_one_page() {
    let (sandbox, provider) = connected().await;
    answer(&sandbox, 200, r#"{"Total":3,"ConversationList":[]}"#);
    let page = provider
        .messages(&CallContext::new(), &"143".into(), &PageRequest::first())
        .await
        .unwrap();
    assert_eq!(
        (page.items.len(), page.next, page.total),
        (0, None, Some(3))
    );
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/leadsquared/api/tenants/22824/conversation/filter")
    );
    assert_eq!(
        seen.json().unwrap(),
        json!({
            "TicketId": 143, "OrgId": 22824,
            "ActivityType": ["InboundEmail", "OutboundEmail", "PortalInbound", "PortalOutbound"],
        })
    );
    for (page, name) in [
        (PageRequest::first().limit(1), "limit"),
        (PageRequest::first().at(Cursor::new("1")), "cursor"),
    ] {
        let result = provider
            .messages(&CallContext::new(), &"143".into(), &page)
            .await;
        assert_eq!(outcome(&sandbox, 1, name, result.map(drop)), REFUSED);
    }
}
