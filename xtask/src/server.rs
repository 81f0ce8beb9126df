//! Builds and runs the server.

use std::ffi::OsString;

use anyhow::Result;

use crate::{
    cargo,
    places::Places,
    process::{self, command},
};

/// `cargo xtask server [--] [args…]`.
pub fn run(places: &Places, arguments: Vec<OsString>) -> Result<()> {
    let server = cargo::build(places, "server", "gridwalk-server", "dev")?;
    process::run(command(server).args(for_the_server(arguments)))
}

/// A `--` in front only says that the rest is the server's.
fn for_the_server(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_double_hyphen_is_not_the_servers() {
        let words = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(for_the_server(words("-- run --data d")), words("run --data d"));
        assert_eq!(for_the_server(words("run --data d -- --")), words("run --data d -- --"));
        assert_eq!(for_the_server(vec![]), words(""));
    }
}
