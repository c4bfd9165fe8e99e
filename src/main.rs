//! rolodeck
fn main() {}
