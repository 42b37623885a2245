//! Makes calls and prints what they took.

fn main() -> Result<(), ticket_bench::Error> {
    ticket_bench::main(None)
}
