//! Deletes the ticket that is named, and says what became of it. The key is in the environment.

use std::error::Error;

use reqwest::Client;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Case<'a> {
    #[serde(rename = "CaseId")]
    case_id: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Deleted {
    response: bool,
    message: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let id = std::env::args().nth(1).ok_or("which ticket?")?;
    let key = std::env::var("SWEEPPEA_API_KEY")?;
    let reply = Client::new()
        .post("https://api-v3.sweeppea.com/tickets/delete")
        .bearer_auth(key)
        .json(&Case { case_id: &id })
        .send()
        .await?
        .error_for_status()?;
    let deleted: Deleted = reply.json().await?;
    println!("{id}: {} {}", deleted.response, deleted.message);
    Ok(())
}
