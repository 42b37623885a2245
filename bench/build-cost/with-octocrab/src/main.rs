//! Reads the issue that is named as owner, repository and number. The token is in the environment.

use std::error::Error;

use octocrab::Octocrab;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || {
        arguments
            .next()
            .ok_or("which issue? OWNER REPOSITORY NUMBER")
    };
    let (owner, repository, number) = (next()?, next()?, next()?.parse()?);
    let token = std::env::var("GITHUB_TOKEN")?;
    let github = Octocrab::builder().personal_token(token).build()?;
    let issue = github.issues(owner, repository).get(number).await?;
    println!("{}: {}", issue.number, issue.title);
    Ok(())
}
