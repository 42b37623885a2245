//! Lists issues, as the readme of omnitrack does.

use omnitrack::linear::linear;
use omnitrack::{IssueFilter, IssueResult, Issues, provider};

#[tokio::main]
async fn main() -> IssueResult<()> {
    let registry = provider().register(linear())?.build();
    for descriptor in registry.descriptors() {
        println!(
            "{} ({})",
            descriptor.display_name(),
            descriptor.id().as_str()
        );
    }
    let token = std::env::var("LINEAR_TOKEN").unwrap_or_default();
    let client = linear().token(token).build();
    let page = client.list(IssueFilter::default(), None).await?;
    println!("{} issues", page.items().len());
    Ok(())
}
