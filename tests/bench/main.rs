//! Measurements: `cargo xtask bench`.

fn main() {}
